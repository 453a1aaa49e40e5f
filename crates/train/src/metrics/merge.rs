//! Figures that were counted in several places, or at several times.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Device, Error, Result, Value};

/// A figure whose counts can be put together with those of another: of another process
/// (`ondol-distributed` reduces it over ranks), or of a training that was interrupted.
///
/// ```
/// use ondol_train::{Mean, metrics::Merge};
/// let (mut here, mut there) = (Mean::new(), Mean::new());
/// here.update(1.0, 64);
/// there.update(4.0, 32);
/// here.count_in(&there.counted())?;
/// assert_eq!(here.compute(), 2.0);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub trait Merge {
    /// What has been counted, as numbers; counts are exact up to 2⁵³.
    fn counted(&self) -> Vec<f64>;

    /// Counts in what another of the same kind [counted](Merge::counted).
    ///
    /// # Errors
    /// Where the numbers are not those of such a one; nothing has been counted in then.
    fn count_in(&mut self, counted: &[f64]) -> Result<()>;

    /// Forgets all that was counted.
    fn forget(&mut self);
}

/// What a figure has counted, as a value of a file: a tensor, which files hold as it is.
pub(crate) fn save(figure: &impl Merge) -> Value {
    let counted = figure.counted();
    let n = counted.len();
    Value::Tensor(Tensor::from_vec(counted, [n]).value())
}

/// Takes over what [`save`] gave.
pub(crate) fn load(figure: &mut (impl Merge + Clone), state: &Value) -> Result<()> {
    let counted = state.as_tensor()?.to_device(&Device::cpu())?;
    let mut loaded = figure.clone();
    loaded.forget();
    loaded.count_in(&counted.cast(DType::F64)?.to_vec::<f64>()?)?;
    *figure = loaded;
    Ok(())
}

/// The error of numbers that are another figure's.
pub(super) fn misfit(found: usize, expected: impl std::fmt::Display) -> Error {
    let message = format!("the state of a metric has {found} numbers, expected {expected}");
    Error::StateDict { message }
}

/// For figures that are a few numbers, which add up.
macro_rules! adds_up {
    ($($t:ty { $($field:ident: $kind:ty),* })*) => {$(
        impl $crate::metrics::Merge for $t {
            fn counted(&self) -> Vec<f64> {
                vec![$(self.$field as f64),*]
            }

            fn count_in(&mut self, counted: &[f64]) -> ondol_tensor::Result<()> {
                let &[$($field),*] = counted else {
                    let fields = [$(stringify!($field)),*];
                    return Err($crate::metrics::merge::misfit(counted.len(), fields.len()));
                };
                $(self.$field += $field as $kind;)*
                Ok(())
            }

            fn forget(&mut self) {
                self.reset();
            }
        }
    )*};
}
pub(super) use adds_up;
