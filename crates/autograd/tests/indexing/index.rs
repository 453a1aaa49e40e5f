//! Parts by index tensors, masks and lists; the numbers are PyTorch 2.15's.

use ondol_autograd::{Index, ScatterReduce, Tensor, tensor};

use crate::{floats, inputs, ints, list, written};

#[test]
fn several_index_tensors() {
    let (x, _, m) = inputs();
    ints(&x.i(([0, 1], .., [0, 1])), &[2, 3], &[0, 4, 8, 13, 17, 21]);
    ints(&x.i((0, .., [0, 1])), &[3, 2], &[0, 1, 4, 5, 8, 9]);
    ints(&x.i((.., [0, 2], [1, -1])), &[2, 2], &[1, 11, 13, 23]);
    ints(&x.i(([0, 1], 1, [0, 3])), &[2], &[4, 19]);
    ints(
        &x.i(([0, 1], Index::NewAxis, [0, 2])),
        &[2, 1, 4],
        &[0, 1, 2, 3, 20, 21, 22, 23],
    );
    ints(
        &x.i((tensor!([[0], [1]]), tensor!([0, 2]))),
        &[2, 2, 4],
        &[0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 20, 21, 22, 23],
    );
    ints(
        &x.i((tensor!(0), .., tensor!([0, 1]))),
        &[3, 2],
        &[0, 1, 4, 5, 8, 9],
    );
    ints(
        &x.i((tensor!([0, 1]), .., tensor!(-1))),
        &[2, 3],
        &[3, 7, 11, 15, 19, 23],
    );
    ints(&x.i((tensor!(1), tensor!(2), tensor!(3))), &[], &[23]);
    ints(
        &x.i((Index::Ellipsis, [3, 0])),
        &[2, 3, 2],
        &[3, 0, 7, 4, 11, 8, 15, 12, 19, 16, 23, 20],
    );
    ints(
        &x.i(tensor!([[1, 0], [0, -2]])),
        &[2, 2, 3, 4],
        &[
            12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
        ],
    );
    ints(
        &x.i((1.., [2, 2, 0], Index::ALL.step(3))),
        &[1, 3, 2],
        &[20, 23, 20, 23, 12, 15],
    );
    ints(
        &x.i((.., .., tensor!([1, 2]).int())),
        &[2, 3, 2],
        &[1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22],
    );
    ints(
        &x.i((vec![1i64], [0usize, 2])),
        &[2, 4],
        &[12, 13, 14, 15, 20, 21, 22, 23],
    );
    ints(&x.i(vec![0i64; 0]), &[0, 3, 4], &[]);
    ints(
        &x.transpose(0, 2).i((.., [0, 1], [1, 0])),
        &[4, 2],
        &[12, 4, 13, 5, 14, 6, 15, 7],
    );
    ints(
        &x.transpose(0, 1).i(([2, 0], ..=0, [1, 1])),
        &[2, 1],
        &[9, 1],
    );
    floats(&m.i(([0, 1], [-1, 0])), &[2], &[2.0, 3.0]);
}

#[test]
fn masks() {
    let (x, _, m) = inputs();
    ints(&x.i(x.gt(20)), &[3], &[21, 22, 23]);
    ints(
        &x.i([false, true]),
        &[1, 3, 4],
        &[12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23],
    );
    ints(&x.i((.., [true, false, true], 0)), &[2, 2], &[0, 8, 12, 20]);
    ints(
        &x.i((.., [true, false, true], [1, 3])),
        &[2, 2],
        &[1, 11, 13, 23],
    );
    ints(
        &x.i(([true, false], .., [0, 1])),
        &[2, 3],
        &[0, 4, 8, 1, 5, 9],
    );
    ints(
        &x.i(x.select(2, 0).remainder(8).eq(0)),
        &[3, 4],
        &[0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19],
    );
    ints(
        &x.i((x.select(2, 0).remainder(8).eq(0), 1..3)),
        &[3, 2],
        &[1, 2, 9, 10, 17, 18],
    );
    ints(
        &x.i((0, x.select(0, 0).remainder(5).eq(0))),
        &[3],
        &[0, 5, 10],
    );
    floats(&m.i(true), &[1, 2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    floats(&m.i(false), &[0, 2, 3], &[]);
    floats(
        &m.i((.., tensor!(true))),
        &[2, 1, 3],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    floats(
        &m.i((tensor!(true), [1, 0])),
        &[2, 3],
        &[3.0, 4.0, 5.0, 0.0, 1.0, 2.0],
    );
    floats(
        &m.i(([1, 0], .., tensor!(true))),
        &[2, 3],
        &[3.0, 4.0, 5.0, 0.0, 1.0, 2.0],
    );
    ints(&tensor!(5).i(tensor!(true)), &[1], &[5]);
    ints(&tensor!(5).i(tensor!(false)), &[0], &[]);
    floats(&m.i(tensor!([1, 0]).byte()), &[1, 3], &[0.0, 1.0, 2.0]);
    floats(&m.i(m.gt(9.0)), &[0], &[]);
    floats(
        &Tensor::zeros([0, 2]).i(Tensor::zeros(0).bool()),
        &[0, 2],
        &[],
    );
}

#[test]
fn writing() {
    let (x, _, m) = inputs();
    floats(
        &written(&m, |y| y.set([0, 1], tensor!([[7.0], [8.0]]))),
        &[2, 3],
        &[7.0, 7.0, 7.0, 8.0, 8.0, 8.0],
    );
    floats(
        &written(&m, |y| y.set([0, 0], tensor!([[7.0], [8.0]]))),
        &[2, 3],
        &[8.0, 8.0, 8.0, 3.0, 4.0, 5.0],
    );
    floats(
        &written(&m, |y| y.set((.., [2, 0]), tensor!([7.0, 8.0]))),
        &[2, 3],
        &[8.0, 1.0, 7.0, 8.0, 4.0, 7.0],
    );
    floats(
        &written(&m, |y| y.set((1, [2, 0]), 9)),
        &[2, 3],
        &[0.0, 1.0, 2.0, 9.0, 4.0, 9.0],
    );
    floats(
        &written(&m, |y| y.set([-1], Tensor::ones([1, 1, 3]))),
        &[2, 3],
        &[0.0, 1.0, 2.0, 1.0, 1.0, 1.0],
    );
    floats(
        &written(&m, |y| y.set(0, Tensor::ones([1, 1, 3]))),
        &[2, 3],
        &[1.0, 1.0, 1.0, 3.0, 4.0, 5.0],
    );
    floats(
        &written(&m, |y| y.set(y.gt(2.0), -1)),
        &[2, 3],
        &[0.0, 1.0, 2.0, -1.0, -1.0, -1.0],
    );
    floats(
        &written(&m, |y| y.set(y.gt(2.0), tensor!([7.0, 8.0, 9.0]))),
        &[2, 3],
        &[0.0, 1.0, 2.0, 7.0, 8.0, 9.0],
    );
    floats(
        &written(&m, |y| y.set([false, true], 5)),
        &[2, 3],
        &[0.0, 1.0, 2.0, 5.0, 5.0, 5.0],
    );
    floats(
        &written(&m, |y| y.set((.., [true, false, true]), 5)),
        &[2, 3],
        &[5.0, 1.0, 5.0, 5.0, 4.0, 5.0],
    );
    floats(
        &written(&m, |y| {
            y.set((.., [true, false, true]), tensor!([5.0, 6.0]))
        }),
        &[2, 3],
        &[5.0, 1.0, 6.0, 5.0, 4.0, 6.0],
    );
    floats(
        &written(&m, |y| y.set((.., tensor!(true)), 5)),
        &[2, 3],
        &[5.0, 5.0, 5.0, 5.0, 5.0, 5.0],
    );
    floats(
        &written(&m, |y| y.set(tensor!(false), 5)),
        &[2, 3],
        &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    );
    ints(
        &written(&x, |y| y.set(([1, 0], .., [0, 3]), tensor!([[-1], [-2]]))),
        &[2, 3, 4],
        &[
            0, 1, 2, -2, 4, 5, 6, -2, 8, 9, 10, -2, -1, 13, 14, 15, -1, 17, 18, 19, -1, 21, 22, 23,
        ],
    );
    ints(
        &written(&x.transpose(0, 2), |y| {
            y.set(([3, 0], .., [0, 1]), tensor!([[-1], [-2]]))
        }),
        &[4, 3, 2],
        &[
            0, -2, 4, -2, 8, -2, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, -1, 15, -1, 19, -1, 23,
        ],
    );
    ints(
        &written(&x.transpose(0, 2), |y| y.set(([3, 0], [0, 1]), -1)),
        &[4, 3, 2],
        &[
            0, 12, -1, -1, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, -1, -1, 7, 19, 11, 23,
        ],
    );
    ints(
        &written(&x, |y| y.set((tensor!(1), .., tensor!([0, 0])), -1)),
        &[2, 3, 4],
        &[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -1, 13, 14, 15, -1, 17, 18, 19, -1, 21, 22, 23,
        ],
    );
    ints(
        &written(&x, |y| y.set((..2, 1.., [0]), -1)),
        &[2, 3, 4],
        &[
            0, 1, 2, 3, -1, 5, 6, 7, -1, 9, 10, 11, 12, 13, 14, 15, -1, 17, 18, 19, -1, 21, 22, 23,
        ],
    );
    floats(
        &m.index_put([0, 0], 1.0, true),
        &[2, 3],
        &[2.0, 3.0, 4.0, 3.0, 4.0, 5.0],
    );
    floats(
        &m.index_put(([0, 1, 0], [2, 0, 2]), tensor!([1.0, 2.0, 4.0]), true),
        &[2, 3],
        &[0.0, 1.0, 7.0, 5.0, 4.0, 5.0],
    );
    floats(
        &m.index_put(m.gt(2.0), tensor!([1.0, 2.0, 4.0]), true),
        &[2, 3],
        &[0.0, 1.0, 2.0, 4.0, 6.0, 9.0],
    );
    floats(
        &m.index_put(m.gt(2.0), 10.0, true),
        &[2, 3],
        &[0.0, 1.0, 2.0, 13.0, 14.0, 15.0],
    );
    floats(
        &written(&m, |y| {
            y.index_put_(([1], [1]), tensor!([9.0]), false);
        }),
        &[2, 3],
        &[0.0, 1.0, 2.0, 3.0, 9.0, 5.0],
    );
}

#[test]
fn placing_along_a_dimension() {
    let (x, _, m) = inputs();
    floats(
        &m.scatter(1, &tensor!([[2], [0]]), -1.0),
        &[2, 3],
        &[0.0, 1.0, -1.0, -1.0, 4.0, 5.0],
    );
    floats(
        &m.scatter(0, &tensor!([[1, 0, 1]]), &tensor!([[7.0, 8.0, 9.0]])),
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
