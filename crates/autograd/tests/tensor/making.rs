//! Tensors from literals, vectors and random numbers.

use ondol_autograd::{
    DType, Device, Generator, Scalar, Tensor, catch, fork_rng_guard, manual_seed, tensor,
};

use crate::floats;

#[test]
fn literals_get_pytorchs_types() {
    assert_eq!(tensor!([1, 2]).dtype(), DType::I64);
    assert_eq!(tensor!([1.0, -2.5]).dtype(), DType::F32);
    assert_eq!(tensor!([true, false]).dtype(), DType::Bool);
    assert_eq!((tensor!(1.5).dtype(), tensor!(1.5).ndim()), (DType::F32, 0));
    assert_eq!(
        (tensor!(-3).dtype(), tensor!(-3).item()),
        (DType::I64, -3.0)
    );
    assert_eq!(tensor!([-1.0, 2.0]).item_sum(), 1.0);
    assert_eq!(tensor!([]).shape(), [0]);
}

/// Sums in the tests' shorthand.
trait ItemSum {
    fn item_sum(&self) -> f64;
}
impl ItemSum for Tensor {
    fn item_sum(&self) -> f64 {
        self.sum().item()
    }
}

#[test]
fn literals_nest() {
    let x = tensor!([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]);
    assert_eq!(x.shape(), [2, 2, 3]);
    assert_eq!(x.to_vec::<i64>(), (1..=12).collect::<Vec<i64>>());
    assert_eq!(tensor!([[1.0], [2.0]]).shape(), [2, 1]);
    assert_eq!(tensor!([[1.0, 2.0,], [3.0, 4.0,],]).shape(), [2, 2]);
}

#[test]
fn variables_stand_in_literals() {
    let (a, b) = (1.5, -2.0);
    assert_eq!(floats(&tensor!([a, b, a + b])), [1.5, -2.0, -0.5]);
    let n = 3i64;
    assert_eq!(tensor!([n, n * 2]).to_vec::<i64>(), [3, 6]);
}

#[test]
fn other_data_keep_their_type() {
    let v = vec![1.0f64, 2.0];
    assert_eq!(tensor!(v).dtype(), DType::F64);
    let rows = vec![vec![1i32, 2], vec![3, 4]];
    assert_eq!(
        (tensor!(rows).dtype(), tensor!(rows).shape()),
        (DType::I32, [2, 2].into())
    );
    let fixed = [[1.0f32; 2]; 3];
    assert_eq!(tensor!(fixed).shape(), [3, 2]);
    assert_eq!(Tensor::from(vec![1u8, 2]).dtype(), DType::U8);
    assert_eq!(Tensor::from(2.5f32).item(), 2.5);
}

#[test]
fn ragged_rows_are_refused_by_place() {
    let rows = vec![vec![vec![1, 2], vec![3, 4]], vec![vec![5, 6], vec![7]]];
    let error = catch(|| tensor!(rows)).unwrap_err().to_string();
    assert!(
        error.contains("expected sequence of length 2 at dim 2 (got 1) in row [1, 1]"),
        "{error}"
    );
}

#[test]
fn made_from_nothing() {
    assert_eq!(floats(&Tensor::zeros([2])), [0.0; 2]);
    assert_eq!(Tensor::ones_with([2], DType::I32).to_vec::<i32>(), [1, 1]);
    assert_eq!(Tensor::full([2], 7).to_vec::<i64>(), [7, 7]);
    assert_eq!(Tensor::full(2, true).dtype(), DType::Bool);
    assert_eq!(floats(&Tensor::eye(2)), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(Tensor::arange(0, 5, 2).to_vec::<i64>(), [0, 2, 4]);
    assert_eq!(floats(&Tensor::arange(1.0, 0.0, -0.5)), [1.0, 0.5]);
    assert_eq!(Tensor::arange(3, 3, 1).shape(), [0]);
    assert!(catch(|| Tensor::arange(0, 5, 0)).is_err());
    assert_eq!(
        floats(&Tensor::linspace(0.0, 1.0, 5)),
        [0.0, 0.25, 0.5, 0.75, 1.0]
    );
    assert_eq!(floats(&Tensor::linspace(3.0, 9.0, 1)), [3.0]);
    let like = Tensor::zeros_with([2, 1], (DType::F16, &Device::cpu())).ones_like();
    assert_eq!((like.shape(), like.dtype()), ([2, 1].into(), DType::F16));
    assert_eq!(Tensor::zeros(()).ndim(), 0);
    assert!(catch(|| Tensor::from_vec(vec![1.0f32], [2])).is_err());
}

#[test]
fn a_seed_repeats_everything() {
    let _own = fork_rng_guard();
    let draw = || {
        manual_seed(7);
        let x = [
            Tensor::rand(100),
            Tensor::randn([10, 10]),
            Tensor::randint(-5, 5, 100).float(),
        ];
        let order = Tensor::randperm(100);
        (
            x.map(|t| floats(&t)),
            order.to_vec::<i64>(),
            Tensor::full(100, 0.3).bernoulli().sum().item(),
        )
    };
    let first = draw();
    assert_eq!(draw(), first);
    let ([uniform, normal, integers], order, heads) = first;
    assert!(uniform.iter().all(|v| (0.0..1.0).contains(v)));
    assert!(
        integers
            .iter()
            .all(|v| (-5.0..5.0).contains(v) && v.fract() == 0.0)
    );
    assert!(normal.iter().any(|v| *v < 0.0) && normal.iter().sum::<f32>().abs() < 50.0);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert!(sorted.iter().copied().eq(0..100) && order != sorted);
    assert!((5.0..60.0).contains(&heads));
    manual_seed(8);
    assert_ne!(floats(&Tensor::rand(100)), uniform);
    // Draws go on where the last ended.
    assert_ne!(floats(&Tensor::rand(100)), floats(&Tensor::rand(100)));
}

#[test]
fn a_generator_of_ones_own_repeats_alone() {
    let draw = |generator: &Generator| {
        let uniform = ondol_autograd::Distribution::Uniform {
            low: 0.0,
            high: 1.0,
        };
        floats(&Tensor::random_with(uniform, 5, DType::F32, generator))
    };
    let (a, b) = (Generator::new(3), Generator::new(3));
    assert_eq!(draw(&a), draw(&b));
    assert_ne!(draw(&a), draw(&Generator::new(4)));
}

#[test]
fn numbers_know_their_scalar() {
    assert_eq!(Scalar::from(3i64).dtype(), DType::I64);
    assert_eq!(Scalar::from(true).dtype(), DType::Bool);
}
