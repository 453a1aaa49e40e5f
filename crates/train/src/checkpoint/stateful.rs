//! What has a state besides models, optimizers, schedulers and loaders.

use ondol_optim::{AveragedModel, GradScaler, ReduceLROnPlateau};
use ondol_tensor::{Result, Value};

use crate::History;

/// What a [`Checkpoint`](crate::Checkpoint) can hold as a part.
///
/// ```
/// use ondol_train::{Checkpoint, Stateful};
/// use ondol_tensor::{Result, Value};
/// /// How many epochs in a row brought nothing.
/// struct Patience(i64);
/// impl Stateful for Patience {
///     fn state_dict(&self) -> Value {
///         self.0.into()
///     }
///     fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
///         self.0 = state_dict.as_int()?;
///         Ok(())
///     }
/// }
/// let checkpoint = Checkpoint::new().part("patience", &Patience(4));
/// let mut patience = Patience(0);
/// checkpoint.restore().part("patience", &mut patience).apply()?;
/// assert_eq!(patience.0, 4);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub trait Stateful {
    /// The state of now, as a snapshot.
    fn state_dict(&self) -> Value;

    /// Takes over a state that [`state_dict`](Stateful::state_dict) gave.
    ///
    /// # Errors
    /// A state that does not fit; everything must then be as before.
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()>;
}

/// Hands on to the type's own methods of these names.
macro_rules! stateful {
    ($($t:ty),*) => {$(
        impl Stateful for $t {
            fn state_dict(&self) -> Value {
                <$t>::state_dict(self)
            }
            fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
                <$t>::load_state_dict(self, state_dict)
            }
        }
    )*};
}
stateful!(GradScaler, AveragedModel, ReduceLROnPlateau, History);
