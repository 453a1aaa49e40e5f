//! Other devices agree with the CPU.

use ondol_autograd::{DType, Device, Tensor};
use ondol_cuda_emu::{Order, in_order};

use super::{compare, each, run};
use crate::line::{Line, other_devices};

fn agree(line: &Line, device: &Device, dtype: DType, tolerance: f64) -> Result<(), String> {
    let narrow = |t: &Tensor| {
        if t.dtype().is_floating_point() {
            t.to_dtype(dtype)
        } else {
            t.clone()
        }
    };
    let here: Vec<Tensor> = line.make().iter().map(narrow).collect();
    let there: Vec<Tensor> = here.iter().map(|t| t.to(device)).collect();
    let (got, want) = (run(line, &there)?, run(line, &here)?);
    if got.outputs.iter().any(|y| &y.device() != device) {
        return Err(format!("an output is not on {device}"));
    }
    compare(&got, &want, tolerance).map_err(|why| format!("{device}, {dtype}: {why}"))
}

/// Where no device is named, the emulated one.
#[test]
fn devices_agree_with_the_cpu() {
    if other_devices().is_empty() {
        let name = "columns::devices::devices_agree_with_the_cpu";
        in_order(name, Order::Reverse, all_agree);
    } else {
        all_agree();
    }
}

fn all_agree() {
    for device in other_devices() {
        each(|line| {
            agree(line, &device, DType::F64, 1e-10)?;
            match line.double_only {
                Some(_) => Ok(()),
                None => agree(line, &device, DType::F32, 1e-4),
            }
        });
    }
}
