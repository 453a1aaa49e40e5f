//! Placing along dimensions, reductions to places, masks; the numbers are PyTorch 2.15's.

use ondol_autograd::{ScatterReduce, Tensor, tensor};

use crate::{floats, inputs, ints, list};

#[test]
fn placing_along_a_dimension() {
    let (x, _, m) = inputs();
    floats(
        &m.scatter(1, &tensor!([[2], [0]]), -1.0),
        &[2, 3],
        &[0.0, 1.0, -1.0, -1.0, 4.0, 5.0],
    );
    floats(
        &m.scatter(0, &tensor!([[1, 0, 1]]), tensor!([[7.0, 8.0, 9.0]])),
        &[2, 3],
        &[0.0, 8.0, 2.0, 7.0, 4.0, 9.0],
    );
    floats(
        &m.gather(0, &tensor!([[1, 0, 1]]).int()),
        &[1, 3],
        &[3.0, 1.0, 5.0],
    );
    floats(
        &m.index_copy(1, &tensor!([2, 0]), &tensor!([[7.0, 8.0], [9.0, 10.0]])),
        &[2, 3],
        &[8.0, 1.0, 7.0, 10.0, 4.0, 9.0],
    );
    floats(
        &tensor!(1.0).index_copy(0, &tensor!([0]), &tensor!([5.0])),
        &[],
        &[5.0],
    );
    floats(
        &m.index_fill(1, &tensor!([-1, 0]), 9),
        &[2, 3],
        &[9.0, 1.0, 9.0, 9.0, 4.0, 9.0],
    );
    floats(&tensor!(1.0).index_fill(0, &tensor!([0]), 5), &[], &[5.0]);
    floats(
        &m.index_add(1, &tensor!([1, 1]), &tensor!([[7.0, 8.0], [9.0, 10.0]])),
        &[2, 3],
        &[0.0, 16.0, 2.0, 3.0, 23.0, 5.0],
    );
    floats(
        &m.index_add_alpha(0, &tensor!([1, 1]), &Tensor::ones([2, 3]), 2),
        &[2, 3],
        &[0.0, 1.0, 2.0, 7.0, 8.0, 9.0],
    );
    floats(
        &m.index_reduce(
            0,
            &tensor!([1, 1]),
            &Tensor::full([2, 3], 2.0),
            ScatterReduce::Prod,
            true,
        ),
        &[2, 3],
        &[0.0, 1.0, 2.0, 12.0, 16.0, 20.0],
    );
    floats(
        &m.index_reduce(
            1,
            &tensor!([1, 1, 0]),
            &m.mul(2.0),
            ScatterReduce::Mean,
            false,
        ),
        &[2, 3],
        &[4.0, 1.0, 2.0, 10.0, 7.0, 5.0],
    );
    ints(
        &x.take(&tensor!([[-1, 0], [5, 23]])),
        &[2, 2],
        &[23, 0, 5, 23],
    );
    floats(
        &m.put(&tensor!([-1, 0]), &tensor!([1.5, 2.5]), false),
        &[2, 3],
        &[2.5, 1.0, 2.0, 3.0, 4.0, 1.5],
    );
    floats(
        &m.put(&tensor!([0, 0]), &tensor!([1.5, 2.5]), true),
        &[2, 3],
        &[4.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    floats(&m.take_along_dim(&tensor!([[1]]), 1), &[2, 1], &[1.0, 4.0]);
    floats(&m.take_along_dim(&tensor!([[-1]]), 1), &[2, 1], &[2.0, 5.0]);
    floats(
        &m.take_along_dim(&tensor!([[1, 2]]), None),
        &[2],
        &[1.0, 2.0],
    );
    floats(
        &m.select_scatter(&tensor!([7.0, 8.0]), 1, -1),
        &[2, 3],
        &[0.0, 1.0, 7.0, 3.0, 4.0, 8.0],
    );
    floats(
        &m.slice_scatter(&Tensor::ones([2, 2]), 1, 0, 3, 2),
        &[2, 3],
        &[1.0, 1.0, 1.0, 1.0, 4.0, 1.0],
    );
    floats(
        &m.diagonal_scatter(&tensor!([7.0, 8.0]), 1, 0, 1),
        &[2, 3],
        &[0.0, 7.0, 2.0, 3.0, 4.0, 8.0],
    );
    ints(
        &x.narrow_copy(2, 1, 2),
        &[2, 3, 2],
        &[1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22],
    );
}

#[test]
fn reducing_to_places() {
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Sum,
            true,
        ),
        &[4],
        &[f64::NAN, 3.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Sum,
            true,
        ),
        &[4],
        &[21, 3, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Sum,
            false,
        ),
        &[4],
        &[f64::NAN, 1.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Sum,
            false,
        ),
        &[4],
        &[20, 1, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Prod,
            true,
        ),
        &[4],
        &[f64::NAN, -112.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Prod,
            true,
        ),
        &[4],
        &[270, -112, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Prod,
            false,
        ),
        &[4],
        &[f64::NAN, -56.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Prod,
            false,
        ),
        &[4],
        &[270, -56, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Mean,
            true,
        ),
        &[4],
        &[f64::NAN, 1.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Mean,
            true,
        ),
        &[4],
        &[5, 1, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Mean,
            false,
        ),
        &[4],
        &[f64::NAN, 0.5, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Mean,
            false,
        ),
        &[4],
        &[6, 0, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Amax,
            true,
        ),
        &[4],
        &[f64::NAN, 8.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Amax,
            true,
        ),
        &[4],
        &[9, 8, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Amax,
            false,
        ),
        &[4],
        &[f64::NAN, 8.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Amax,
            false,
        ),
        &[4],
        &[9, 8, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Amin,
            true,
        ),
        &[4],
        &[f64::NAN, -7.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Amin,
            true,
        ),
        &[4],
        &[1, -7, 3, 4],
    );
    floats(
        &tensor!([1.0, 2.0, 3.0, 4.0]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!(vec![5.0f32, 6.0, -7.0, 8.0, f32::NAN]),
            ScatterReduce::Amin,
            false,
        ),
        &[4],
        &[f64::NAN, -7.0, 3.0, 4.0],
    );
    ints(
        &tensor!([1, 2, 3, 4]).scatter_reduce(
            0,
            &tensor!([0, 0, 1, 1, 0]),
            &tensor!([5, 6, -7, 8, 9]),
            ScatterReduce::Amin,
            false,
        ),
        &[4],
        &[5, -7, 3, 4],
    );
}

#[test]
fn masked() {
    let (x, _, m) = inputs();
    floats(
        &m.masked_select(&tensor!([true, false, true])),
        &[4],
        &[0.0, 2.0, 3.0, 5.0],
    );
    ints(
        &tensor!(3).masked_select(&tensor!([true, false, true])),
        &[2],
        &[3, 3],
    );
    ints(&tensor!(3).masked_select(&tensor!(true)), &[1], &[3]);
    floats(
        &m.masked_scatter(
            &tensor!([true, false, true]),
            &tensor!([9.0, 8.0, 7.0, 6.0, 5.0]),
        ),
        &[2, 3],
        &[9.0, 1.0, 8.0, 7.0, 4.0, 6.0],
    );
    floats(
        &Tensor::zeros(3).masked_scatter(&tensor!([[true, false, true], [true, true, true]]), &m),
        &[2, 3],
        &[0.0, 0.0, 1.0, 2.0, 3.0, 4.0],
    );
    floats(
        &m.masked_scatter(&tensor!(false), &Tensor::zeros(0)),
        &[2, 3],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    ints(
        &tensor!(vec![vec![0.0f32, f32::NAN], vec![1.0, 0.0]]).nonzero(),
        &[2, 2],
        &[0, 1, 1, 0],
    );
    ints(
        &x.remainder(7).eq(0).nonzero(),
        &[4, 3],
        &[0, 0, 0, 0, 1, 3, 1, 0, 2, 1, 2, 1],
    );
    ints(&tensor!(5.0).nonzero(), &[1, 0], &[]);
    ints(&tensor!(0.0).argwhere(), &[0, 0], &[]);
    let parts = list(x.remainder(7).eq(0).nonzero_columns());
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[4], &[0, 0, 1, 1]);
    ints(&parts[1], &[4], &[0, 1, 0, 2]);
    ints(&parts[2], &[4], &[0, 3, 2, 1]);
    let parts = list(tensor!(5.0).nonzero_columns());
    assert_eq!(parts.len(), 1);
    ints(&parts[0], &[1], &[0]);
}
