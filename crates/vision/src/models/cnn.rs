//! A small convolutional network for small pictures.

use ondol_nn::{Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, sequential};

/// Two convolutions of 32 and 64 channels with a maximum after each, then 128 features:
/// `x [N, 1, 28, 28]` → `[N, classes]`, for MNIST and its family.
///
/// ```
/// use ondol_nn::{Forward, Module, Tensor};
/// use ondol_vision::models::cnn;
/// let model = cnn(10);
/// assert_eq!(model.forward(&Tensor::zeros([2, 1, 28, 28])).shape(), [2, 10]);
/// assert_eq!(model.num_parameters(), 421_642);
/// ```
pub fn cnn(num_classes: usize) -> Sequential {
    sequential![
        Conv2d::new(1, 32, 3).padding(1),
        ReLU,
        MaxPool2d::new(2),
        Conv2d::new(32, 64, 3).padding(1),
        ReLU,
        MaxPool2d::new(2),
        Flatten::new(),
        Linear::new(64 * 7 * 7, 128),
        ReLU,
        Linear::new(128, num_classes),
    ]
}
