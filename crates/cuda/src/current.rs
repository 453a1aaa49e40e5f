//! The calling thread's current device.

use std::cell::Cell;

use ondol_tensor::Error;

use crate::driver;

thread_local! {
    // Per thread, as the CUDA runtime's own is.
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

/// The ordinal of this thread's current device, 0 until [`set_device`] says otherwise;
/// `torch.cuda.current_device`.
pub fn current_device() -> usize {
    CURRENT.get()
}

/// Makes a device this thread's current one, `torch.cuda.set_device`.
///
/// Fails, and changes nothing, where there is no such device.
pub fn set_device(ordinal: usize) -> Result<(), Error> {
    driver::check(ordinal)?;
    CURRENT.set(ordinal);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_not_there_leaves_the_current_one() {
        assert_eq!(current_device(), 0);
        assert!(set_device(driver::device_count()).is_err());
        assert_eq!(current_device(), 0);
    }

    #[test]
    fn the_last_device_can_be_chosen_where_there_is_one() {
        let Some(last) = driver::device_count().checked_sub(1) else {
            return;
        };
        set_device(last).unwrap();
        assert_eq!(current_device(), last);
        let other_thread = std::thread::spawn(current_device).join().unwrap();
        assert_eq!(other_thread, 0);
    }
}
