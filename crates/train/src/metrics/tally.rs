//! What a metric has counted, so that a training can go on in the middle of an epoch.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Device, Error, Result, Value};

/// A count as a value of a file.
pub(crate) trait Tally {
    fn save(&self) -> Value;
    fn load(&mut self, value: &Value) -> Result<()>;
}

impl Tally for u64 {
    fn save(&self) -> Value {
        Value::Int(*self as i64)
    }

    fn load(&mut self, value: &Value) -> Result<()> {
        *self = value.as_int()? as u64;
        Ok(())
    }
}

impl Tally for usize {
    fn save(&self) -> Value {
        Value::Int(*self as i64)
    }

    fn load(&mut self, value: &Value) -> Result<()> {
        *self = value.as_int()? as usize;
        Ok(())
    }
}

impl Tally for f64 {
    fn save(&self) -> Value {
        Value::Float(*self)
    }

    fn load(&mut self, value: &Value) -> Result<()> {
        *self = value.as_float()?;
        Ok(())
    }
}

// Long ones as tensors, which files hold as they are.
impl Tally for Vec<f64> {
    fn save(&self) -> Value {
        Value::Tensor(Tensor::from_vec(self.clone(), [self.len()]).value())
    }

    fn load(&mut self, value: &Value) -> Result<()> {
        let numbers = value.as_tensor()?.to_device(&Device::cpu())?;
        *self = numbers.cast(DType::F64)?.to_vec()?;
        Ok(())
    }
}

impl Tally for Vec<usize> {
    fn save(&self) -> Value {
        let numbers: Vec<i64> = self.iter().map(|&n| n as i64).collect();
        Value::Tensor(Tensor::from_vec(numbers, [self.len()]).value())
    }

    fn load(&mut self, value: &Value) -> Result<()> {
        let numbers = value.as_tensor()?.to_device(&Device::cpu())?;
        let numbers = numbers.cast(DType::I64)?.to_vec::<i64>()?;
        *self = numbers.into_iter().map(|n| n as usize).collect();
        Ok(())
    }
}

/// Counts of a matrix, whose size is that of the program's.
pub(super) fn load_counts(counts: &mut [u64], value: &Value) -> Result<()> {
    let mut loaded: Vec<usize> = Vec::new();
    loaded.load(value)?;
    if loaded.len() != counts.len() {
        let message = format!(
            "the state counts {} pairs of classes, the metric {}",
            loaded.len(),
            counts.len()
        );
        return Err(Error::StateDict { message });
    }
    for (count, loaded) in counts.iter_mut().zip(loaded) {
        *count = loaded as u64;
    }
    Ok(())
}
