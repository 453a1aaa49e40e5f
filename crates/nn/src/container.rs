//! Layers one after another.

use ondol_autograd::{Scope, Tensor};

use crate::module::repr::shown;
use crate::{Forward, Module, Visitor};

/// A layer of any type.
pub type Layer = Box<dyn Forward + Send + Sync>;

/// Layers that each take what the one before gives, `torch.nn.Sequential`. Keys begin with the
/// layer's place: `0.weight`; or with its name.
///
/// ```
/// use ondol_nn::{Forward, Linear, Module, ReLU, Sequential, Tensor, sequential};
/// let model = sequential![Linear::new(784, 512), ReLU, Linear::new(512, 10)];
/// assert_eq!(model.forward(&Tensor::zeros([64, 784])).shape(), [64, 10]);
///
/// let named = Sequential::new().named("hidden", Linear::new(784, 512)).named("act", ReLU);
/// assert_eq!(named.named_parameters()[0].0, "hidden.weight");
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<(String, Layer)>,
}

impl Sequential {
    /// Without layers: what comes in goes out.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// One more layer at the end, under its place.
    #[expect(
        clippy::should_implement_trait,
        reason = "a layer is added, not summed"
    )]
    pub fn add(self, layer: impl Forward + Send + Sync + 'static) -> Sequential {
        let place = self.layers.len().to_string();
        self.named(place, layer)
    }

    /// One more layer at the end, under a name.
    ///
    /// # Panics
    /// Where a layer has that name.
    #[track_caller]
    pub fn named(
        mut self,
        name: impl Into<String>,
        layer: impl Forward + Send + Sync + 'static,
    ) -> Sequential {
        let name = name.into();
        assert!(
            self.layers.iter().all(|(other, _)| *other != name),
            "Sequential: there is a layer {name:?} already"
        );
        self.layers.push((name, Box::new(layer)));
        self
    }

    /// How many layers there are.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The layer at a place.
    pub fn get(&self, place: usize) -> Option<&Layer> {
        self.layers.get(place).map(|(_, layer)| layer)
    }

    /// The layers, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Layer> {
        self.layers.iter().map(|(_, layer)| layer)
    }
}

impl Module for Sequential {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        for (name, layer) in &self.layers {
            visitor.field(name, layer);
        }
    }
}
shown!(Sequential);

impl Forward for Sequential {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::enter("Sequential", &[]).of(self);
        let mut layers = self.layers.iter();
        let Some((_, first)) = layers.next() else {
            return x.clone();
        };
        layers.fold(first.forward(x), |x, (_, layer)| layer.forward(&x))
    }
}

impl FromIterator<Layer> for Sequential {
    fn from_iter<I: IntoIterator<Item = Layer>>(layers: I) -> Sequential {
        layers.into_iter().fold(Sequential::new(), Sequential::add)
    }
}

/// A [`Sequential`] of the layers given.
///
/// ```
/// use ondol_nn::{Flatten, Linear, sequential};
/// assert_eq!(sequential![Flatten::new(), Linear::new(784, 10)].len(), 2);
/// ```
#[macro_export]
macro_rules! sequential {
    ($($layer:expr),* $(,)?) => {
        $crate::Sequential::new()$(.add($layer))*
    };
}
