//! Linear layers one after another.

use ondol_nn::{Flatten, Linear, ReLU, Sequential};

/// Pictures flattened, then linear layers with ReLU between them: `sizes` are the numbers of features
/// from the input to the classes.
///
/// ```
/// use ondol_nn::{Forward, Module, Tensor};
/// use ondol_vision::models::mlp;
/// let model = mlp(&[784, 512, 10]);
/// assert_eq!(model.forward(&Tensor::zeros([64, 1, 28, 28])).shape(), [64, 10]);
/// assert_eq!(model.num_parameters(), 784 * 512 + 512 + 512 * 10 + 10);
/// ```
pub fn mlp(sizes: &[usize]) -> Sequential {
    let mut model = Sequential::new().add(Flatten::new());
    for (i, pair) in sizes.windows(2).enumerate() {
        if i > 0 {
            model = model.add(ReLU);
        }
        model = model.add(Linear::new(pair[0], pair[1]));
    }
    model
}
