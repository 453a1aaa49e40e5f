//! The name `cuda`, registered with `ondol-tensor` when this crate is linked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ondol_tensor::{Device, Error, Provider};

use crate::driver;
use crate::gpu::Gpu;

inventory::submit! { Provider { name: "cuda", open } }

/// The device of an ordinal, opened at the first call; the same one each time.
fn open(ordinal: usize) -> Result<Device, Error> {
    static OPENED: Mutex<BTreeMap<usize, Device>> = Mutex::new(BTreeMap::new());
    driver::check(ordinal)?;
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(device) = opened.get(&ordinal) {
        return Ok(device.clone());
    }
    let device = Device::new(Arc::new(Gpu::open(ordinal)?));
    opened.insert(ordinal, device.clone());
    Ok(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_opened_once_or_says_why_not() {
        match ("cuda".parse::<Device>(), crate::why_unavailable()) {
            (Ok(device), None) => {
                assert_eq!(device, "cuda:0".parse().unwrap());
                assert_eq!(device.name(), "cuda:0");
                assert!(!device.is_cpu());
            }
            (Err(Error::Device { device, message }), Some(reason)) => {
                assert_eq!(device, "cuda:0");
                assert_eq!(message, reason);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_name_is_registered() {
        assert!(ondol_tensor::backends().contains(&"cuda"));
    }
}
