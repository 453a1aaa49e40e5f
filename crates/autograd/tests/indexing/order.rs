//! Order, ranks, search and counts; the numbers are PyTorch 2.15's.

use ondol_autograd::{Interpolation, Tensor, tensor};

use crate::{bools, floats, inputs, ints, list};

#[test]
fn sorting() {
    let (x, _, m) = inputs();
    let parts =
        list(tensor!(vec![1.0f32, f32::NAN, -1.0, f32::NAN, f32::INFINITY, 1.0]).sort(0, false));
    assert_eq!(parts.len(), 2);
    floats(
        &parts[0],
        &[6],
        &[-1.0, 1.0, 1.0, f64::INFINITY, f64::NAN, f64::NAN],
    );
    ints(&parts[1], &[6], &[2, 0, 5, 4, 1, 3]);
    let parts =
        list(tensor!(vec![1.0f32, f32::NAN, -1.0, f32::NAN, f32::INFINITY, 1.0]).sort(0, true));
    assert_eq!(parts.len(), 2);
    floats(
        &parts[0],
        &[6],
        &[f64::NAN, f64::NAN, f64::INFINITY, 1.0, 1.0, -1.0],
    );
    ints(&parts[1], &[6], &[1, 3, 4, 0, 5, 2]);
    floats(
        &m.neg().msort(),
        &[2, 3],
        &[-3.0, -4.0, -5.0, -0.0, -1.0, -2.0],
    );
    let parts = list(tensor!([true, false, true]).sort(0, false));
    assert_eq!(parts.len(), 2);
    bools(&parts[0], &[3], &[false, true, true]);
    ints(&parts[1], &[3], &[1, 0, 2]);
    let parts = list(tensor!(vec![1.0f32, f32::NAN, 3.0]).topk(2, 0, true));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[2], &[f64::NAN, 3.0]);
    ints(&parts[1], &[2], &[1, 2]);
    let parts = list(tensor!(vec![1.0f32, f32::NAN, 3.0]).topk(3, 0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[3], &[1.0, 3.0, f64::NAN]);
    ints(&parts[1], &[3], &[0, 2, 1]);
    let parts = list(tensor!(vec![3.0f32, 1.0, f32::NAN, 2.0]).kthvalue(3, 0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[], &[3.0]);
    ints(&parts[1], &[], &[0]);
    let parts = list(tensor!(vec![3.0f32, 1.0, f32::NAN, 2.0]).kthvalue(4, 0, true));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[1], &[f64::NAN]);
    ints(&parts[1], &[1], &[2]);
    let parts = list(x.kthvalue(2, 1, false));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[2, 4], &[4, 5, 6, 7, 16, 17, 18, 19]);
    ints(&parts[1], &[2, 4], &[1, 1, 1, 1, 1, 1, 1, 1]);
    let parts = list(tensor!(3.0).kthvalue(1, 0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[], &[3.0]);
    ints(&parts[1], &[], &[0]);
}

#[test]
fn medians_and_modes() {
    let (x, _, _) = inputs();
    floats(&tensor!([3.0, 1.0, 4.0, 2.0]).median(), &[], &[2.0]);
    ints(&tensor!([3, 1, 2, 2]).median(), &[], &[2]);
    floats(
        &tensor!(vec![3.0f32, f32::NAN, 4.0, 2.0]).median(),
        &[],
        &[f64::NAN],
    );
    floats(&Tensor::zeros(0).median(), &[], &[f64::NAN]);
    let parts = list(tensor!(vec![3.0f32, f32::NAN, 4.0, f32::NAN]).median_dim(0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[], &[f64::NAN]);
    ints(&parts[1], &[], &[1]);
    let parts = list(tensor!([2.0, 1.0, 2.0, 2.0, 3.0]).median_dim(0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[], &[2.0]);
    ints(&parts[1], &[], &[2]);
    let parts = list(x.neg().median_dim(1, true));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[2, 1, 4], &[-4, -5, -6, -7, -16, -17, -18, -19]);
    ints(&parts[1], &[2, 1, 4], &[1, 1, 1, 1, 1, 1, 1, 1]);
    let parts = list(Tensor::zeros([0, 2]).median_dim(1, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[0], &[]);
    ints(&parts[1], &[0], &[]);
    let parts = list(tensor!(3.0).median_dim(0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[], &[3.0]);
    ints(&parts[1], &[], &[0]);
    floats(
        &tensor!(vec![3.0f32, f32::NAN, 4.0, 2.0]).nanmedian(),
        &[],
        &[3.0],
    );
    floats(
        &tensor!(vec![f32::NAN, f32::NAN]).nanmedian(),
        &[],
        &[f64::NAN],
    );
    let parts = list(tensor!(vec![3.0f32, f32::NAN, 4.0, 2.0]).nanmedian_dim(0, true));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[1], &[3.0]);
    ints(&parts[1], &[1], &[0]);
    let parts =
        list(tensor!([[3.0, 1.0, 3.0, 1.0, 2.0], [5.0, 5.0, 4.0, 4.0, 4.0]]).mode(1, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[2], &[1.0, 4.0]);
    ints(&parts[1], &[2], &[3, 4]);
    let parts = list(tensor!([[3.0, 1.0, 3.0, 1.0, 2.0], [5.0, 5.0, 4.0, 4.0, 4.0]]).mode(0, true));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[1, 5], &[3.0, 1.0, 3.0, 1.0, 2.0]);
    ints(&parts[1], &[1, 5], &[0, 0, 0, 0, 0]);
    let parts = list(tensor!([1, 2, 2, 1, 3, 3]).mode(0, false));
    assert_eq!(parts.len(), 2);
    ints(&parts[0], &[], &[1]);
    ints(&parts[1], &[], &[3]);
    let parts = list(tensor!(1.0).mode(0, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[], &[1.0]);
    ints(&parts[1], &[], &[0]);
}

#[test]
fn quantiles() {
    let (_, f, m) = inputs();
    floats(
        &tensor!(vec![3.0f64, 1.0, 4.0, 1.0, 5.0]).quantile(
            tensor!(vec![0.0f64, 0.3, 0.5, 0.625, 1.0]),
            None,
            false,
            Interpolation::Linear,
        ),
        &[5],
        &[1.0, 1.4, 3.0, 3.5, 5.0],
    );
    floats(
        &tensor!(vec![3.0f64, 1.0, 4.0, 1.0, 5.0]).quantile(
            tensor!(vec![0.0f64, 0.3, 0.5, 0.625, 1.0]),
            None,
            false,
            Interpolation::Lower,
        ),
        &[5],
        &[1.0, 1.0, 3.0, 3.0, 5.0],
    );
    floats(
        &tensor!(vec![3.0f64, 1.0, 4.0, 1.0, 5.0]).quantile(
            tensor!(vec![0.0f64, 0.3, 0.5, 0.625, 1.0]),
            None,
            false,
            Interpolation::Higher,
        ),
        &[5],
        &[1.0, 3.0, 3.0, 4.0, 5.0],
    );
    floats(
        &tensor!(vec![3.0f64, 1.0, 4.0, 1.0, 5.0]).quantile(
            tensor!(vec![0.0f64, 0.3, 0.5, 0.625, 1.0]),
            None,
            false,
            Interpolation::Midpoint,
        ),
        &[5],
        &[1.0, 2.0, 3.0, 3.5, 5.0],
    );
    floats(
        &tensor!(vec![3.0f64, 1.0, 4.0, 1.0, 5.0]).quantile(
            tensor!(vec![0.0f64, 0.3, 0.5, 0.625, 1.0]),
            None,
            false,
            Interpolation::Nearest,
        ),
        &[5],
        &[1.0, 1.0, 3.0, 3.0, 5.0],
    );
    floats(
        &f.double().quantile(0.25, 0, false, Interpolation::Linear),
        &[3, 4],
        &[
            3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0,
        ],
    );
    floats(
        &f.double()
            .quantile(tensor!(vec![0.25f64, 0.5]), 1, true, Interpolation::Linear),
        &[2, 2, 1, 4],
        &[
            2.0, 3.0, 4.0, 5.0, 14.0, 15.0, 16.0, 17.0, 4.0, 5.0, 6.0, 7.0, 16.0, 17.0, 18.0, 19.0,
        ],
    );
    floats(
        &f.double().quantile(
            tensor!(vec![0.25f64, 0.5]),
            -1,
            false,
            Interpolation::Linear,
        ),
        &[2, 2, 3],
        &[
            0.75, 4.75, 8.75, 12.75, 16.75, 20.75, 1.5, 5.5, 9.5, 13.5, 17.5, 21.5,
        ],
    );
    floats(
        &m.quantile(0.25, None, true, Interpolation::Linear),
        &[1, 1],
        &[1.25],
    );
    floats(
        &tensor!(3.0).quantile(0.5, 0, false, Interpolation::Linear),
        &[],
        &[3.0],
    );
    floats(
        &tensor!(vec![3.0f32, f32::NAN, 1.0]).quantile(0.0, None, false, Interpolation::Lower),
        &[],
        &[f64::NAN],
    );
    floats(
        &tensor!(vec![vec![3.0f32, f32::NAN, 1.0], vec![f32::NAN; 3]]).nanquantile(
            tensor!([0.25, 0.5]),
            1,
            true,
            Interpolation::Linear,
        ),
        &[2, 2, 1],
        &[1.5, f64::NAN, 2.0, f64::NAN],
    );
}

#[test]
fn distinct_elements() {
    let (x, _, _) = inputs();
    let parts = list(tensor!([[3, 1], [3, 2]]).unique(None));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[3], &[1, 2, 3]);
    ints(&parts[1], &[2, 2], &[2, 0, 2, 1]);
    ints(&parts[2], &[3], &[1, 1, 2]);
    let parts = list(tensor!(vec![f32::NAN, 1.0, f32::NAN, 0.0]).unique(None));
    assert_eq!(parts.len(), 3);
    floats(&parts[0], &[4], &[0.0, 1.0, f64::NAN, f64::NAN]);
    ints(&parts[1], &[4], &[2, 1, 3, 0]);
    ints(&parts[2], &[4], &[1, 1, 1, 1]);
    let parts = list(tensor!([[3, 1], [1, 2], [3, 1]]).unique(0));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[2, 2], &[1, 2, 3, 1]);
    ints(&parts[1], &[3], &[1, 0, 1]);
    ints(&parts[2], &[2], &[1, 2]);
    let parts = list(tensor!([[3, 1, 3, 3], [1, 2, 1, 0]]).unique(1));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[2, 3], &[1, 3, 3, 2, 0, 1]);
    ints(&parts[1], &[4], &[2, 0, 2, 1]);
    ints(&parts[2], &[3], &[1, 1, 2]);
    let parts = list(x.remainder(5).unique(1));
    assert_eq!(parts.len(), 3);
    ints(
        &parts[0],
        &[2, 3, 4],
        &[
            0, 1, 2, 3, 3, 4, 0, 1, 4, 0, 1, 2, 2, 3, 4, 0, 0, 1, 2, 3, 1, 2, 3, 4,
        ],
    );
    ints(&parts[1], &[3], &[0, 2, 1]);
    ints(&parts[2], &[3], &[1, 1, 1]);
    let parts = list(Tensor::zeros(0).unique(None));
    assert_eq!(parts.len(), 3);
    floats(&parts[0], &[0], &[]);
    ints(&parts[1], &[0], &[]);
    ints(&parts[2], &[0], &[]);
    let parts = list(Tensor::zeros([0, 2]).unique(0));
    assert_eq!(parts.len(), 3);
    floats(&parts[0], &[0, 2], &[]);
    ints(&parts[1], &[0], &[]);
    ints(&parts[2], &[0], &[]);
    let parts = list(tensor!(3).unique(None));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[1], &[3]);
    ints(&parts[1], &[], &[0]);
    ints(&parts[2], &[1], &[1]);
    let parts = list(tensor!([1, 1, 2, 2, 1]).unique_consecutive(None));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[3], &[1, 2, 1]);
    ints(&parts[1], &[5], &[0, 0, 1, 1, 2]);
    ints(&parts[2], &[3], &[2, 2, 1]);
    let parts = list(tensor!([[1, 1], [1, 2]]).unique_consecutive(None));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[2], &[1, 2]);
    ints(&parts[1], &[2, 2], &[0, 0, 0, 1]);
    ints(&parts[2], &[2], &[3, 1]);
    let parts = list(tensor!([[1, 2], [1, 2], [0, 1], [1, 2]]).unique_consecutive(0));
    assert_eq!(parts.len(), 3);
    ints(&parts[0], &[3, 2], &[1, 2, 0, 1, 1, 2]);
    ints(&parts[1], &[4], &[0, 0, 1, 2]);
    ints(&parts[2], &[3], &[2, 1, 1]);
}

#[test]
fn searching() {
    ints(
        &tensor!([1.0, 3.0, 3.0, 5.0]).searchsorted(
            tensor!(vec![vec![3.0f32, 0.0, 6.0], vec![f32::NAN, 1.0, 2.0]]),
            false,
        ),
        &[2, 3],
        &[1, 0, 4, 4, 0, 1],
    );
    ints(
        &tensor!([[1.0, 3.0], [5.0, 7.0]])
            .searchsorted(tensor!([[3.0, 0.0, 9.0], [6.0, 5.0, 4.0]]), false),
        &[2, 3],
        &[1, 0, 2, 1, 0, 0],
    );
    ints(
        &tensor!([[3, 0], [6, 1]]).bucketize(&tensor!([1.5, 3.0, 5.0]), false),
        &[2, 2],
        &[1, 0, 3, 0],
    );
    ints(
        &tensor!([1.0, 3.0, 3.0, 5.0]).searchsorted(
            tensor!(vec![vec![3.0f32, 0.0, 6.0], vec![f32::NAN, 1.0, 2.0]]),
            true,
        ),
        &[2, 3],
        &[3, 0, 4, 4, 1, 1],
    );
    ints(
        &tensor!([[1.0, 3.0], [5.0, 7.0]])
            .searchsorted(tensor!([[3.0, 0.0, 9.0], [6.0, 5.0, 4.0]]), true),
        &[2, 3],
        &[2, 0, 2, 1, 1, 0],
    );
    ints(
        &tensor!([[3, 0], [6, 1]]).bucketize(&tensor!([1.5, 3.0, 5.0]), true),
        &[2, 2],
        &[2, 0, 3, 0],
    );
    ints(&tensor!([1.0, 3.0]).searchsorted(2.0, false), &[], &[1]);
    ints(&tensor!([]).searchsorted(tensor!([2.0]), false), &[1], &[0]);
    ints(
        &Tensor::arange(0, 100, 1).searchsorted(tensor!([-1, 0, 37, 99, 100]), true),
        &[5],
        &[0, 1, 38, 100, 100],
    );
    bools(
        &tensor!(vec![vec![1.0f32, 2.0], vec![3.0, f32::NAN]])
            .isin(tensor!(vec![2.0f32, f32::NAN, 3.0]), false),
        &[2, 2],
        &[false, true, true, false],
    );
    bools(
        &tensor!([1, 2]).isin(tensor!([2]), true),
        &[2],
        &[true, false],
    );
    bools(&tensor!([1, 2]).isin(2, false), &[2], &[false, true]);
    bools(
        &tensor!([1, 2]).isin(tensor!([]).long(), false),
        &[2],
        &[false, false],
    );
}

#[test]
fn counting() {
    ints(&tensor!([1, 1, 3]).bincount(None, 0), &[4], &[0, 2, 0, 1]);
    floats(
        &tensor!([1, 1, 3]).bincount(Some(&tensor!([1.0, 2.0, 3.0])), 6),
        &[6],
        &[0.0, 3.0, 0.0, 3.0, 0.0, 0.0],
    );
    floats(
        &tensor!([1, 1, 3]).bincount(Some(&tensor!([1, 2, 3])), 0),
        &[4],
        &[0.0, 3.0, 0.0, 3.0],
    );
    ints(&tensor!([]).long().bincount(None, 2), &[2], &[0, 0]);
    floats(
        &tensor!(vec![1.0f32, 2.0, 1.0, 4.0, f32::NAN, 5.0]).histc(4, 0.0, 4.0),
        &[4],
        &[0.0, 2.0, 1.0, 1.0],
    );
    floats(
        &tensor!([1.0, 2.0, 1.0, 4.0]).histc(4, 0.0, 0.0),
        &[4],
        &[2.0, 1.0, 0.0, 1.0],
    );
    floats(
        &tensor!([2.0, 2.0]).histc(4, 0.0, 0.0),
        &[4],
        &[0.0, 0.0, 2.0, 0.0],
    );
    floats(&Tensor::zeros(0).histc(3, 0.0, 0.0), &[3], &[0.0, 0.0, 0.0]);
    let parts = list(tensor!([1.0, 2.0, 1.0, 4.0]).histogram(4, Some((0.0, 4.0)), None, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[4], &[0.0, 2.0, 1.0, 1.0]);
    floats(&parts[1], &[5], &[0.0, 1.0, 2.0, 3.0, 4.0]);
    let parts = list(tensor!([1.0, 2.0, 1.0, 5.0]).histogram(
        4,
        Some((0.0, 4.0)),
        Some(&tensor!([1.0, 2.0, 5.0, 4.0])),
        true,
    ));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[4], &[0.0, 0.75, 0.25, 0.0]);
    floats(&parts[1], &[5], &[0.0, 1.0, 2.0, 3.0, 4.0]);
    floats(
        &tensor!(vec![1.0f32, 2.0, 1.0, 4.0, f32::NAN]).histogram_edges(
            &tensor!([0.0, 1.0, 4.0]),
            None,
            false,
        ),
        &[2],
        &[0.0, 4.0],
    );
    let parts = list(tensor!([1.0, 2.0, 1.0, 4.0]).histogram(3, None, None, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[3], &[2.0, 1.0, 1.0]);
    floats(&parts[1], &[4], &[1.0, 2.0, 3.0, 4.0]);
    let parts = list(tensor!([1.0, 1.0]).histogram(2, None, None, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[2], &[0.0, 2.0]);
    floats(&parts[1], &[3], &[0.5, 1.0, 1.5]);
    let parts = list(tensor!([]).histogram(2, None, None, false));
    assert_eq!(parts.len(), 2);
    floats(&parts[0], &[2], &[0.0, 0.0]);
    floats(&parts[1], &[3], &[0.0, 0.5, 1.0]);
    ints(&tensor!([0, 2]).one_hot(-1), &[2, 3], &[1, 0, 0, 0, 0, 1]);
    ints(&tensor!(1).one_hot(3), &[3], &[0, 1, 0]);
    ints(
        &Tensor::cartesian_prod(&[tensor!([1, 2]), tensor!([3, 4, 5])]),
        &[6, 2],
        &[1, 3, 1, 4, 1, 5, 2, 3, 2, 4, 2, 5],
    );
    ints(&Tensor::cartesian_prod(&[tensor!([1, 2])]), &[2], &[1, 2]);
    ints(
        &tensor!([1, 2, 3, 4]).combinations(2, false),
        &[6, 2],
        &[1, 2, 1, 3, 1, 4, 2, 3, 2, 4, 3, 4],
    );
    ints(
        &tensor!([1, 2, 3]).combinations(3, true),
        &[10, 3],
        &[
            1, 1, 1, 1, 1, 2, 1, 1, 3, 1, 2, 2, 1, 2, 3, 1, 3, 3, 2, 2, 2, 2, 2, 3, 2, 3, 3, 3, 3,
            3,
        ],
    );
    ints(&tensor!([1, 2]).combinations(0, false), &[0], &[]);
    ints(&tensor!([1, 2]).combinations(3, false), &[0, 3], &[]);
}
