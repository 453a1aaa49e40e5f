//! What a dtype can hold, what it may become, and which one floats are by default.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::{DType, Error, Kind, Result, bf16, f16};

/// The limits of a floating-point dtype, `torch.finfo`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FInfo {
    /// Bits of a number.
    pub bits: usize,
    /// The distance from 1 to the next number.
    pub eps: f64,
    /// The greatest finite number.
    pub max: f64,
    /// The least finite number.
    pub min: f64,
    /// The least positive number at full precision, also called `smallest_normal`.
    pub tiny: f64,
    /// The decimal step that survives, `10^-digits`.
    pub resolution: f64,
}

/// The limits of an integer dtype, `torch.iinfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IInfo {
    /// Bits of a number.
    pub bits: usize,
    /// The greatest number.
    pub max: i64,
    /// The least number.
    pub min: i64,
}

/// The limits of a floating-point dtype, `torch.finfo`.
///
/// ```
/// use ondol_tensor::{DType, finfo};
/// assert_eq!(finfo(DType::F16)?.max, 65504.0);
/// assert_eq!(finfo(DType::F32)?.eps, f64::from(f32::EPSILON));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// Where the dtype is not floating.
pub fn finfo(dtype: DType) -> Result<FInfo> {
    let info = |eps: f64, max: f64, tiny: f64, resolution: f64| FInfo {
        bits: 8 * dtype.size(),
        eps,
        max,
        min: -max,
        tiny,
        resolution,
    };
    let wide = f64::from;
    match dtype {
        DType::F64 => Ok(info(f64::EPSILON, f64::MAX, f64::MIN_POSITIVE, 1e-15)),
        DType::F32 => Ok(info(
            wide(f32::EPSILON),
            wide(f32::MAX),
            wide(f32::MIN_POSITIVE),
            1e-6,
        )),
        DType::F16 => Ok(info(
            f16::EPSILON.to_f64(),
            f16::MAX.to_f64(),
            f16::MIN_POSITIVE.to_f64(),
            1e-3,
        )),
        DType::BF16 => Ok(info(
            bf16::EPSILON.to_f64(),
            bf16::MAX.to_f64(),
            bf16::MIN_POSITIVE.to_f64(),
            1e-2,
        )),
        _ => Err(Error::DType {
            op: "finfo",
            got: dtype.to_string(),
            expected: "a floating-point dtype; use iinfo for integers".into(),
        }),
    }
}

/// The limits of an integer dtype, `torch.iinfo`.
///
/// # Errors
/// Where the dtype is not of integers.
pub fn iinfo(dtype: DType) -> Result<IInfo> {
    let info = |max: i64, min: i64| IInfo {
        bits: 8 * dtype.size(),
        max,
        min,
    };
    match dtype {
        DType::U8 => Ok(info(u8::MAX.into(), 0)),
        DType::I32 => Ok(info(i32::MAX.into(), i32::MIN.into())),
        DType::I64 => Ok(info(i64::MAX, i64::MIN)),
        _ => Err(Error::DType {
            op: "iinfo",
            got: dtype.to_string(),
            expected: "an integer dtype; use finfo for floats".into(),
        }),
    }
}

/// The dtype that two tensors with dimensions meet in, `torch.promote_types`.
pub fn promote_types(a: DType, b: DType) -> DType {
    a.promote(b)
}

/// Whether a result of dtype `from` may be written to a tensor of dtype `to` in place: not to a
/// lower kind, `torch.can_cast`.
pub fn can_cast(from: DType, to: DType) -> bool {
    from.kind() <= to.kind()
}

static DEFAULT: AtomicU8 = AtomicU8::new(DType::F32 as u8);

/// The dtype of float literals, of `zeros` and `rand`, and of quotients of integers; `f32` unless
/// it was set, `torch.get_default_dtype`.
pub fn default_dtype() -> DType {
    let set = DEFAULT.load(Ordering::Relaxed);
    DType::ALL
        .into_iter()
        .find(|&d| d as u8 == set)
        .unwrap_or(DType::F32)
}

/// Sets the dtype of float literals, for the whole process, `torch.set_default_dtype`.
///
/// # Errors
/// Where it is not floating.
pub fn set_default_dtype(dtype: DType) -> Result<()> {
    if dtype.kind() != Kind::Float {
        return Err(Error::DType {
            op: "set_default_dtype",
            got: dtype.to_string(),
            expected: "a floating-point dtype".into(),
        });
    }
    DEFAULT.store(dtype as u8, Ordering::Relaxed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Element;

    /// The nearest element of `dtype` to `v`, as `f64`.
    fn rounded(dtype: DType, v: f64) -> f64 {
        crate::with_dtype!(dtype, T => <T as Element>::from_f64(v).to_f64())
    }

    #[test]
    fn limits_are_those_of_the_elements() {
        for dtype in DType::ALL {
            let Ok(info) = finfo(dtype) else {
                assert!(!dtype.is_floating_point());
                continue;
            };
            assert!(rounded(dtype, 1.0 + info.eps) > 1.0, "{dtype}");
            assert_eq!(rounded(dtype, 1.0 + info.eps / 4.0), 1.0, "{dtype}");
            assert_eq!(rounded(dtype, info.max), info.max, "{dtype}");
            assert_eq!(rounded(dtype, info.tiny), info.tiny, "{dtype}");
            if dtype != DType::F64 {
                assert!(rounded(dtype, info.max * 1.01).is_infinite(), "{dtype}");
            }
        }
        assert_eq!(
            iinfo(DType::U8).unwrap(),
            IInfo {
                bits: 8,
                max: 255,
                min: 0
            }
        );
        assert_eq!(iinfo(DType::I32).unwrap().max, 2_147_483_647);
        assert!(iinfo(DType::Bool).is_err() && iinfo(DType::F32).is_err());
        assert!(finfo(DType::I64).is_err());
    }

    #[test]
    fn only_upwards() {
        assert!(can_cast(DType::I64, DType::F16) && can_cast(DType::I64, DType::U8));
        assert!(can_cast(DType::F64, DType::F16) && can_cast(DType::Bool, DType::I32));
        assert!(!can_cast(DType::F16, DType::I64) && !can_cast(DType::U8, DType::Bool));
        assert!(set_default_dtype(DType::I32).is_err());
        assert_eq!(default_dtype(), DType::F32);
    }
}
