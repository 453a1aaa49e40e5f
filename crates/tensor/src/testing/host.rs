//! Arrays with the numbers they should hold beside them.

use crate::{Array, DType, Device, Error, Layout, Result, Shape, with_dtype};

/// All of them, integers and truth values too.
pub(super) const NUMBERS: [DType; 7] = [
    DType::F32,
    DType::F64,
    DType::F16,
    DType::BF16,
    DType::I64,
    DType::I32,
    DType::U8,
];
pub(super) const FLOATS: [DType; 4] = [DType::F32, DType::F64, DType::F16, DType::BF16];

/// Ends the test at a disagreement.
macro_rules! disagree {
    ($($t:tt)*) => { panic!("conformance: {}", format!($($t)*)) };
}
pub(super) use disagree;

/// The value of a call that must succeed.
pub(super) fn good<T>(what: &str, result: Result<T>) -> T {
    result.unwrap_or_else(|e: Error| disagree!("{what}: {e}"))
}

/// How far a result may be off, relative to its size (or to 1).
pub(super) fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-12,
        DType::F32 => 5e-6,
        DType::F16 => 2e-3,
        DType::BF16 => 1.6e-2,
        _ => 0.0,
    }
}

/// The element of `dtype` nearest to `v`, as `f64`.
pub(super) fn rounded(dtype: DType, v: f64) -> f64 {
    with_dtype!(dtype, T => crate::Element::to_f64(<T as crate::Element>::from_f64(v)))
}

/// The integer `v` as `dtype` keeps it, as `f64`.
pub(super) fn wrapped(dtype: DType, v: i64) -> f64 {
    with_dtype!(dtype, T => crate::Element::to_f64(<T as crate::Element>::from_i64(v)))
}

/// An array of these numbers on `device`.
pub(super) fn upload(values: &[f64], shape: &[usize], dtype: DType, device: &Device) -> Array {
    let made = with_dtype!(dtype, T => {
        let elements = values.iter().map(|&v| <T as crate::Element>::from_f64(v)).collect::<Vec<T>>();
        Array::from_vec(elements, Shape::new(shape))
    });
    good("upload", made.and_then(|a| a.to_device(device)))
}

/// An array's elements, row-major.
pub(super) fn download(array: &Array) -> Vec<f64> {
    let read = array.to_device(&Device::cpu()).and_then(|a| {
        with_dtype!(a.dtype(), T => a.to_vec::<T>().map(|v| v.into_iter().map(crate::Element::to_f64).collect()))
    });
    good("download", read)
}

/// Compares an array with what it should be; `scale` widens the tolerance of floats.
pub(super) fn check(
    what: &str,
    got: &Array,
    dtype: DType,
    shape: &[usize],
    expected: &[f64],
    scale: f64,
) {
    if got.dtype() != dtype || got.shape() != shape {
        disagree!(
            "{what}: got {} {:?}, expected {dtype} {shape:?}",
            got.dtype(),
            got.shape()
        );
    }
    let limit = tolerance(dtype) * scale;
    for (i, (&g, &e)) in download(got).iter().zip(expected).enumerate() {
        let e = rounded(dtype, e);
        let near =
            g == e || (g.is_nan() && e.is_nan()) || (g - e).abs() <= limit * e.abs().max(1.0);
        if !near {
            disagree!("{what}, {dtype} {shape:?}: element {i} is {g}, expected {e}");
        }
    }
}

/// The same without any tolerance.
pub(super) fn check_exact(
    what: &str,
    got: &Array,
    dtype: DType,
    shape: &[usize],
    expected: &[f64],
) {
    check(what, got, dtype, shape, expected, 0.0);
}

/// An array under some layout, and its elements in row-major order.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) array: Array,
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

type Move = fn(&Array) -> Result<Array>;

/// Every kind of layout there is, made from 4 rows of 6.
const SMALL: [(&str, Move); 11] = [
    ("contiguous", |a| Ok(a.clone())),
    ("transposed", |a| a.transpose(0, 1)),
    ("sliced", |a| a.slice(1, 1, 6, 2)),
    ("columns", |a| a.slice(1, 2, 5, 1)),
    ("flipped", |a| a.flip(&[0, 1])),
    ("offset", |a| a.slice(0, 1, 3, 1)),
    ("permuted", |a| a.reshape([2, 3, 4])?.permute(&[2, 0, 1])),
    ("broadcast", |a| a.slice(0, 1, 2, 1)?.expand([3, 5, 6])),
    ("broadcast column", |a| a.slice(1, 1, 2, 1)?.expand([4, 5])),
    ("empty", |a| a.slice(1, 0, 0, 1)),
    ("0-dim", |a| a.select_index(0, 1)?.select_index(0, 2)),
];

/// Long enough for several blocks of any vector loop.
const LARGE: [(&str, Move); 4] = [
    ("large", |a| Ok(a.clone())),
    ("large transposed", |a| a.transpose(0, 1)),
    ("large flipped", |a| a.flip(&[1])),
    ("large sliced", |a| {
        a.slice(0, 3, 37, 2)?.slice(1, 5, 130, 1)
    }),
];

fn case(
    name: &str,
    how: Move,
    shape: [usize; 2],
    value: &dyn Fn(usize) -> f64,
    dtype: DType,
    device: &Device,
) -> Case {
    let base: Vec<f64> = (0..shape[0] * shape[1])
        .map(|i| rounded(dtype, value(i)))
        .collect();
    let array = good(name, how(&upload(&base, &shape, dtype, device)));
    // The layout says which of the base's numbers an element is; it is tested by itself.
    let layout: &Layout = array.layout();
    let values = layout.positions().map(|p| base[p]).collect();
    Case {
        name: name.to_owned(),
        shape: array.shape().to_vec(),
        values,
        array,
    }
}

/// Arrays of `value(i)` under every kind of layout. Each is the only holder of its buffer.
pub(super) fn cases(value: impl Fn(usize) -> f64, dtype: DType, device: &Device) -> Vec<Case> {
    let small = SMALL
        .iter()
        .map(|(name, how)| case(name, *how, [4, 6], &value, dtype, device));
    let large = LARGE
        .iter()
        .map(|(name, how)| case(name, *how, [37, 130], &value, dtype, device));
    small.chain(large).collect()
}

/// Only the short ones.
pub(super) fn small_cases(
    value: impl Fn(usize) -> f64,
    dtype: DType,
    device: &Device,
) -> Vec<Case> {
    SMALL
        .iter()
        .map(|(name, how)| case(name, *how, [4, 6], &value, dtype, device))
        .collect()
}

/// Numbers of both signs with equals among them, the same on every run: `-3.0, …, 3.0` by quarters.
/// Unsigned dtypes get them shifted up.
pub(super) fn mixed(dtype: DType) -> impl Fn(usize) -> f64 + Copy {
    move |i| {
        let v = ((i * 11 + i / 7) % 25) as f64 - 12.0;
        match dtype {
            DType::U8 | DType::Bool => (v + 12.0) % if dtype == DType::Bool { 2.0 } else { 25.0 },
            DType::I32 | DType::I64 => v,
            _ => v / 4.0,
        }
    }
}

/// The row-major index of an element.
pub(super) fn unravel(mut i: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for d in (0..shape.len()).rev() {
        index[d] = i % shape[d];
        i /= shape[d];
    }
    index
}

/// The inverse of [`unravel`]; an index beyond a size of 1 is taken as 0, as broadcasting does.
pub(super) fn ravel(index: &[usize], shape: &[usize]) -> usize {
    let lead = index.len() - shape.len();
    shape.iter().enumerate().fold(0, |at, (d, &size)| {
        at * size + if size == 1 { 0 } else { index[lead + d] }
    })
}
