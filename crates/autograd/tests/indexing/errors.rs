//! What cannot be, said as PyTorch says it.

use ondol_autograd::functional::pad;
use ondol_autograd::{
    DType, Error, Index, Indexing, Interpolation, PadMode, Tensor, catch, tensor,
};

use crate::inputs;

/// The error's text without its place must hold `text`, and its place must be in this file.
#[track_caller]
fn says<T>(text: &str, f: impl FnOnce() -> T) {
    let Err(error) = catch(f) else {
        panic!("no error; expected `{text}`")
    };
    let message = error.root().to_string();
    assert!(message.contains(text), "`{message}` does not say `{text}`");
    let place = error.location().map(|at| at.file().to_owned());
    assert!(
        place
            .as_ref()
            .is_some_and(|file| file.ends_with("errors.rs")),
        "`{message}` was placed in {place:?}"
    );
}

#[test]
fn indices_that_do_not_fit() {
    let (x, _, m) = inputs();
    says(
        "index 2 is out of bounds for dimension 0 with size 2",
        || x.i([0, 2]),
    );
    says(
        "index -3 is out of bounds for dimension 0 with size 2",
        || x.i([0, -3]),
    );
    says(
        "index 5 is out of bounds for dimension 1 with size 3",
        || x.i((0, [0, 5])),
    );
    says(
        "index 9 is out of bounds for dimension 2 with size 4",
        || x.i(([1, 0], .., [0, 9])),
    );
    says(
        "index -4 is out of bounds for dimension 1 with size 3",
        || x.i(([1, 0], [0, -4])),
    );
    says(
        "index 7 is out of bounds for dimension 1 with size 3",
        || x.i((0, 7)),
    );
    says("too many indices for tensor of dimension 2", || {
        m.i((0, 0, 0))
    });
    says("too many indices for tensor of dimension 2", || {
        m.i(([0], [0], [0]))
    });
    says("too many indices for tensor of dimension 0", || {
        tensor!(1).i(0)
    });
    says("too many indices for tensor of dimension 0", || {
        tensor!(1).i([true])
    });
    says(
        "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3] at index 0",
        || m.i([true, false, true]),
    );
    says(
        "The shape of the mask [3, 3] at index 1 does not match the shape of the indexed tensor [2, 3, 4] at index 2",
        || x.i((.., Tensor::ones([3, 3]).bool())),
    );
    says(
        "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
        || x.i(([0, 1], [0, 1, 2])),
    );
    says(
        "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
        || x.i(([true, true], [0, 1, 2])),
    );
    says(
        "tensors used as indices must be long, int, byte or bool tensors",
        || m.i(tensor!([0.0])),
    );
    says("single ellipsis", || {
        m.i((Index::Ellipsis, Index::Ellipsis))
    });
    says(
        "index 0 is out of bounds for dimension 0 with size 0",
        || Tensor::zeros([0, 3]).i([0]),
    );
}

#[test]
fn values_that_do_not_fit() {
    let (_, _, m) = inputs();
    says(
        "shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape [2, 3]",
        || m.set([0, 1], tensor!([1.0, 2.0])),
    );
    says(
        "shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape [3]",
        || m.set(m.gt(2.0), tensor!([1.0, 2.0])),
    );
    says("must broadcast to the part", || {
        m.set(0, tensor!([1.0, 2.0]))
    });
    says(
        "index 4 is out of bounds for dimension 0 with size 2",
        || m.set([0, 4], 1),
    );
    says("source and destination dtypes match", || {
        m.index_put([0, 1], tensor!(1), false)
    });
    says("index -1 is out of bounds", || {
        m.scatter(0, &tensor!([[-1]]), 1.0)
    });
    says("an index of u8", || m.gather(0, &tensor!([[0]]).byte()));
    says("same slice shapes", || {
        m.index_copy(0, &tensor!([0]), &Tensor::ones([1, 2]))
    });
    says(
        "Number of indices (2) should be equal to source.size(dim): (1)",
        || m.index_add(0, &tensor!([0, 1]), &Tensor::ones([1, 3])),
    );
    says("Number of indices (2)", || {
        m.index_add_(0, &tensor!([0, 1]), &Tensor::ones([1, 3]))
    });
    says("Index is supposed to be a vector", || {
        m.index_copy(0, &tensor!([[0]]), &Tensor::ones([1, 3]))
    });
    says("0-dimensional value", || {
        m.index_fill(0, &tensor!([0]), tensor!([1.0]))
    });
    says("same number of elements", || {
        m.put(&tensor!([0, 1]), &tensor!([1.0]), false)
    });
    says("same number of dimensions", || {
        m.take_along_dim(&tensor!([1]), 1)
    });
    says(
        "Number of elements of source < number of ones in mask",
        || m.masked_scatter(&tensor!([true, false, true]), &tensor!([1.0, 2.0, 3.0])),
    );
    says("same dtypes", || {
        m.masked_scatter(&tensor!(true), &tensor!([1]))
    });
    says(
        "expected src to have a size equal to the slice of self",
        || m.select_scatter(&tensor!([1.0]), 0, 1),
    );
    says(
        "output with shape [3] doesn't match the broadcast shape [2, 3]",
        || Tensor::zeros(3).masked_fill_(&m.gt(2.0), 1.0),
    );
}

#[test]
fn orders_that_do_not_exist() {
    let (_, _, m) = inputs();
    let linear = Interpolation::Linear;
    says("k out of range", || m.kthvalue(0, 1, false));
    says("k out of range", || m.kthvalue(4, 1, false));
    says("Expected reduction dim 0 to have non-zero size", || {
        Tensor::zeros([0, 2]).kthvalue(1, 0, false)
    });
    says("Expected reduction dim 0 to have non-zero size", || {
        Tensor::zeros([0, 2]).median_dim(0, false)
    });
    says("Expected reduction dim 1 to have non-zero size", || {
        Tensor::zeros([2, 0]).mode(1, false)
    });
    says("must be non-empty", || {
        Tensor::zeros(0).quantile(0.5, None, false, linear)
    });
    says("float or double", || {
        tensor!([1, 2]).quantile(0.5, None, false, linear)
    });
    says("float or double", || {
        m.half().quantile(0.5, None, false, linear)
    });
    says("in the range [0, 1] but got 1.5", || {
        m.quantile(1.5, None, false, linear)
    });
    says("in the range [0, 1]", || {
        m.quantile(tensor!([1.5]), None, false, linear)
    });
    says("scalar or 1D", || {
        m.quantile(tensor!([[0.5]]), None, false, linear)
    });
    says("input's dtype", || {
        m.double().quantile(tensor!([0.5]), None, false, linear)
    });
    says("There are 0 sized dimensions", || {
        Tensor::zeros([0, 2]).unique(1)
    });
    says("first N-1 dimensions", || {
        Tensor::zeros([2, 2]).searchsorted(tensor!([1.0, 2.0]), false)
    });
    says("positive dimension", || {
        tensor!(1.0).searchsorted(tensor!([1.0]), false)
    });
    says("must be 1 dimension, but got dim(2)", || {
        m.bucketize(&m, false)
    });
    for bad in [tensor!([1, -1]), tensor!([1.0]), tensor!([[1]])] {
        says("1-d non-negative integral", || bad.bincount(None, 0));
    }
    says("same length", || {
        tensor!([1, 2]).bincount(Some(&tensor!([1.0])), 0)
    });
    says("max must be larger than min", || m.histc(4, 3.0, 1.0));
    says("is not finite", || {
        tensor!(vec![1.0f32, f32::NAN]).histc(4, 0.0, 0.0)
    });
    says("floating-point", || tensor!([1]).histc(4, 0.0, 1.0));
    says("bins must be > 0", || m.histc(0, 0.0, 1.0));
    says("Can not infer total number of classes", || {
        tensor!([]).long().one_hot(-1)
    });
    says("out of bounds", || tensor!([0, -2]).one_hot(-1));
    says("out of bounds", || tensor!([0, 2]).one_hot(2));
    says("LongTensor", || tensor!([0]).int().one_hot(2));
    says("1D vector", || m.combinations(2, false));
    says("1D vector", || Tensor::cartesian_prod(&[&m]));
}

#[test]
fn arrangements_that_do_not_exist() {
    let (x, f, m) = inputs();
    says("shifts: 2, dims:1", || m.roll([1, 2], 0));
    says("total dims >= 2", || tensor!([1]).rot90(1, [0, 1]));
    says("rotation dims to be different", || m.rot90(1, [1, -1]));
    says("Input must be >= 2-d", || tensor!([1]).fliplr());
    says("Input must be >= 1-d", || tensor!(1).flipud());
    says("can not be negative", || m.repeat_interleave(-1, 0));
    says("can not be negative", || {
        m.repeat_interleave(tensor!([1, -1]), 0)
    });
    says("same size as input along dim", || {
        m.repeat_interleave(tensor!([1, 1, 1]), 0)
    });
    says("integers", || m.repeat_interleave(1.5, 0));
    says("sum exactly to 3", || m.split_with_sizes(&[1, 1], 1));
    says("larger than 0", || m.tensor_split(0, 0));
    says("at least 1 dimension", || tensor!(1).tensor_split(1, 0));
    says("at least 1 dimension", || tensor!(1).unbind(0));
    says("not divisible", || m.hsplit(2));
    says("at least 2 dimension", || tensor!([1]).vsplit(1));
    says("at least 3 dimension", || m.dsplit(1));
    says("non-empty", || Tensor::hstack::<Tensor>(&[]));
    says("sizes must match", || Tensor::hstack(&[&m, &m.t()]));
    says("repeated dim", || x.movedim([0, 0], [2, 0]));
    says("same number of dims", || x.movedim([0, 1], 2));
    says("don't multiply up to the size of dim 0 (2)", || {
        m.unflatten(0, (4, -1))
    });
    says("non-empty", || m.unflatten(0, ()));
    says("dtype", || {
        Tensor::meshgrid(&[tensor!([1]), tensor!([1.0])], Indexing::Ij)
    });
    says("0D or 1D", || Tensor::meshgrid(&[&m], Indexing::Ij));
    says("non-empty", || {
        Tensor::meshgrid::<Tensor>(&[], Indexing::Ij)
    });
    says("at least 2 dimensions", || tensor!([1.0]).tril(0));
    says("Supports 1D or 2D tensors. Got 3D", || x.diag(0));
    says("cannot be identical", || x.diagonal(0, 1, -2));
    says("Dimension out of range", || tensor!([1]).diagonal(0, 0, 1));
    says("has none", || tensor!(1).diag_embed(0, 0, 1));
    says("expected a matrix", || x.trace());
    says("numbers", || {
        Tensor::ones([2, 2]).to_dtype(DType::Bool).trace()
    });
    says("2 or fewer dimensions", || Tensor::block_diag(&[&m, &f]));
    says("one-dimensional", || m.vander(None, false));
    says("Got 1-D tensor", || tensor!([1]).mt());
    says("Got 3-D tensor", || x.h());
    says("out of the tensor's own elements", || {
        m.as_strided([2, 5], [1, 2], 0)
    });
    says("contiguous", || m.t().as_strided([2], [1], 0));
    let p = m.unsqueeze(0);
    says("divisible by 2", || pad(&p, &[1], PadMode::Reflect));
    says("less than the corresponding input dimension", || {
        pad(&p, &[3, 0], PadMode::Reflect)
    });
    says("wrapping around more than once", || {
        pad(&p, &[4, 0], PadMode::Circular)
    });
    says("not supported", || {
        pad(&tensor!([1.0, 2.0]), &[1, 1], PadMode::Replicate)
    });
    says("two times the input dimension", || {
        pad(&p, &[1; 8], PadMode::Constant(0.0))
    });
    says("less than nothing", || {
        pad(&p, &[-2, -2], PadMode::Constant(0.0))
    });
}

#[test]
fn writes_that_would_be_lost() {
    let (_, _, m) = inputs();
    let error = catch(|| m.i(0).scatter_(0, &tensor!([0]), 1.0)).unwrap_err();
    assert!(matches!(error.root(), Error::Autograd { .. }), "{error}");
    // What is picked is a copy, and may be written to.
    m.i([0]).scatter_(1, &tensor!([[0]]), 1.0);
    let leaf = m.clone_data().requires_grad_(true);
    says("leaf Variable", || leaf.set([0], 1.0));
    says("leaf Variable", || leaf.index_fill_(0, &tensor!([0]), 1.0));
}
