//! The first convolutional network that read digits.

use ondol_nn::{Conv2d, Forward, Linear, MaxPool2d, Module, Scope, Tensor};

/// LeNet-5 as it is written today, with ReLU and maxima: `x [N, 1, 28, 28]` → `[N, classes]`.
#[derive(Module)]
pub struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

/// A [`LeNet`].
///
/// ```
/// use ondol_nn::{Forward, Module, Tensor};
/// use ondol_vision::models::lenet;
/// let model = lenet(10);
/// assert_eq!(model.forward(&Tensor::zeros([2, 1, 28, 28])).shape(), [2, 10]);
/// assert_eq!(model.num_parameters(), 61_706);
/// ```
pub fn lenet(num_classes: usize) -> LeNet {
    LeNet {
        conv1: Conv2d::new(1, 6, 5).padding(2),
        conv2: Conv2d::new(6, 16, 5),
        pool: MaxPool2d::new(2),
        fc1: Linear::new(16 * 5 * 5, 120),
        fc2: Linear::new(120, 84),
        fc3: Linear::new(84, num_classes),
    }
}

impl Forward for LeNet {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("LeNet", &[]).of(self);
        let x = self.pool.forward(&self.conv1.forward(x).relu());
        let x = self.pool.forward(&self.conv2.forward(&x).relu());
        let x = self.fc1.forward(&x.flatten(1, -1)).relu();
        self.fc3.forward(&self.fc2.forward(&x).relu())
    }
}
