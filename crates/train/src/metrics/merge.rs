//! Figures that were counted in several places.

/// A figure whose counts can be put together with those of another, such as another process's:
/// `ondol-distributed` reduces it over ranks.
///
/// ```
/// use ondol_train::{Mean, metrics::Merge};
/// let (mut here, mut there) = (Mean::new(), Mean::new());
/// here.update(1.0, 64);
/// there.update(4.0, 32);
/// here.count_in(&there.counted());
/// assert_eq!(here.compute(), 2.0);
/// ```
pub trait Merge {
    /// What has been counted, as numbers; counts are exact up to 2⁵³.
    fn counted(&self) -> Vec<f64>;

    /// Counts in what another of the same kind [counted](Merge::counted).
    ///
    /// # Panics
    /// Where the numbers are not those of such a one.
    fn count_in(&mut self, counted: &[f64]);

    /// Forgets all that was counted.
    fn forget(&mut self);
}

/// For figures that are a few numbers, which add up.
macro_rules! adds_up {
    ($($t:ty { $($field:ident: $kind:ty),* })*) => {$(
        impl $crate::metrics::Merge for $t {
            fn counted(&self) -> Vec<f64> {
                vec![$(self.$field as f64),*]
            }

            fn count_in(&mut self, counted: &[f64]) {
                let mut counted = counted.iter();
                $(self.$field += *counted.next().expect("a number for each count") as $kind;)*
            }

            fn forget(&mut self) {
                self.reset();
            }
        }
    )*};
}
pub(super) use adds_up;
