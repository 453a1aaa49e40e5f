//! All parameters in one vector.

use ondol_autograd::{Error, Tensor, raise};

/// All elements of the tensors in one vector, `torch.nn.utils.parameters_to_vector`. Gradients flow
/// back into them.
///
/// ```
/// use ondol_nn::{Linear, Module, utils};
/// let model = Linear::new(3, 2);
/// let vector = utils::parameters_to_vector(&model.parameters());
/// assert_eq!(vector.shape(), [3 * 2 + 2]);
/// utils::vector_to_parameters(&vector.mul(2.0), &model.parameters());
/// ```
///
/// # Panics
/// Without tensors.
#[track_caller]
pub fn parameters_to_vector(parameters: &[Tensor]) -> Tensor {
    let mut flat = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        flat.push(parameter.reshape(-1));
    }
    Tensor::cat(&flat, 0)
}

/// Gives the tensors the elements of a vector, in order, `torch.nn.utils.vector_to_parameters`. They
/// stay the same tensors.
///
/// # Panics
/// Where the vector does not have as many elements as they do; PyTorch leaves those too many out.
#[track_caller]
pub fn vector_to_parameters(vector: &Tensor, parameters: &[Tensor]) {
    let count: usize = parameters.iter().map(Tensor::numel).sum();
    if vector.shape() != [count] {
        raise(Error::Input {
            op: "vector_to_parameters",
            shape: vector.shape().to_vec(),
            rule: format!("the parameters have {count} elements"),
        });
    }
    let (vector, mut start) = (vector.detach(), 0);
    for parameter in parameters {
        let part = vector.narrow(0, start, parameter.numel());
        start += parameter.numel();
        let part = part.reshape(parameter.shape()).to_dtype(parameter.dtype());
        parameter.set_data(part.to(parameter.device()).contiguous().value());
    }
}
