//! Gathering, scattering and sorting.

use super::host::{
    Case, check, check_exact, disagree, download, good, mixed, ravel, small_cases, unravel, upload,
};
use crate::{Array, DType, Device, Error, Scatter};

/// Indices into a dimension of `size`, of `shape`, under several layouts.
fn indices(shape: &[usize], dim: usize, size: usize, device: &Device) -> Vec<(String, Array)> {
    let n = shape.iter().product();
    let values: Vec<f64> = (0..n)
        .map(|i| ((i * 7 + i / 3) % size.max(1)) as f64)
        .collect();
    let each = upload(&values, shape, DType::I64, device);
    let back: Vec<isize> = (0..shape.len() as isize).rev().collect();
    let reversed: Vec<usize> = shape.iter().rev().copied().collect();
    let turned = upload(&values, &reversed, DType::I64, device);
    let mut line = vec![1; shape.len()];
    line[dim] = shape[dim];
    let line = upload(&values[..shape[dim].min(n)], &line, DType::I64, device);
    vec![
        ("contiguous".into(), each),
        ("transposed".into(), good("permute", turned.permute(&back))),
        (
            "expanded".into(),
            good("expand", line.expand(shape.to_vec())),
        ),
    ]
}

/// Shapes an index may have over an operand: its own, fewer, and more along `dim`.
fn index_shapes(shape: &[usize], dim: usize) -> Vec<Vec<usize>> {
    let mut fewer: Vec<usize> = shape.iter().map(|&n| n.saturating_sub(1)).collect();
    let mut more = shape.to_vec();
    (fewer[dim], more[dim]) = (1, shape[dim] + 3);
    let mut out = vec![shape.to_vec(), fewer, more];
    out.retain(|s| s.iter().all(|&n| n > 0));
    out
}

fn each_index(case: &Case, device: &Device, mut f: impl FnMut(String, usize, &Array, Vec<f64>)) {
    for dim in 0..case.shape.len() {
        if case.shape[dim] == 0 {
            continue;
        }
        for shape in index_shapes(&case.shape, dim) {
            for (name, index) in indices(&shape, dim, case.shape[dim], device) {
                let what = format!(
                    "along {dim} of {} {:?} with {name} {shape:?}",
                    case.name, case.shape
                );
                let at = download(&index);
                f(what, dim, &index, at);
            }
        }
    }
}

pub(super) fn gather(device: &Device) {
    for dtype in DType::ALL {
        for case in &small_cases(mixed(dtype), dtype, device) {
            each_index(case, device, |what, dim, index, at| {
                let shape = index.shape().to_vec();
                let expected: Vec<f64> = (0..at.len())
                    .map(|i| {
                        let mut place = unravel(i, &shape);
                        place[dim] = at[i] as usize;
                        case.values[exact(&place, &case.shape)]
                    })
                    .collect();
                let got = good(&what, case.array.gather(dim as isize, index));
                check_exact(&format!("gather {what}"), &got, dtype, &shape, &expected);
            });
        }
    }
    let table = upload(&[1.0, 2.0, 3.0], &[3], DType::F32, device);
    for wrong in [3.0, -1.0] {
        let index = upload(&[0.0, wrong], &[2], DType::I64, device);
        match table.gather(0, &index) {
            Err(Error::Index { index, size: 3, .. }) if index == wrong as i64 => {}
            other => disagree!(
                "gather of index {wrong} from 3: got {other:?}, expected an index error",
                other = other.map(|_| ())
            ),
        }
        if table
            .scatter(
                Scatter::Add,
                0,
                &index,
                &index.cast(DType::F32).unwrap_or(index.clone()),
            )
            .is_ok()
        {
            disagree!("scatter_add to index {wrong} of 3: should be an error");
        }
    }
}

fn exact(index: &[usize], shape: &[usize]) -> usize {
    index
        .iter()
        .zip(shape)
        .fold(0, |at, (&i, &size)| at * size + i)
}

pub(super) fn scatter(device: &Device) {
    for &op in Scatter::ALL {
        for dtype in DType::ALL {
            for case in &small_cases(mixed(dtype), dtype, device) {
                each_index(case, device, |what, dim, index, at| {
                    let shape = index.shape().to_vec();
                    let what = format!("{} {what}", op.name());
                    let source: Vec<f64> = (0..at.len()).map(|i| mixed(dtype)(i + 5)).collect();
                    let mut expected = case.values.clone();
                    for (i, &v) in source.iter().enumerate() {
                        let mut place = unravel(i, &shape);
                        place[dim] = at[i] as usize;
                        let to = &mut expected[exact(&place, &case.shape)];
                        *to = match op {
                            Scatter::Set => v,
                            Scatter::Add if dtype == DType::Bool => to.max(v),
                            Scatter::Add => *to + v,
                            Scatter::Mul if dtype == DType::U8 => *to * v % 256.0,
                            Scatter::Mul => *to * v,
                            Scatter::Max => to.max(v),
                            Scatter::Min => to.min(v),
                        };
                    }
                    if dtype == DType::U8 {
                        expected.iter_mut().for_each(|v| *v %= 256.0);
                    }
                    let flat = upload(&source, &shape, dtype, device);
                    let back: Vec<isize> = (0..shape.len() as isize).rev().collect();
                    let turned = flat
                        .permute(&back)
                        .and_then(|t| t.copy())
                        .and_then(|t| t.permute(&back));
                    // Which of several writes to one place stays is only said of the order on the host.
                    for source in [&flat, &good("permute", turned)] {
                        let got = good(&what, case.array.scatter(op, dim as isize, index, source));
                        check(&what, &got, dtype, &case.shape, &expected, 4.0);
                    }
                });
            }
        }
    }
}

pub(super) fn sort(device: &Device) {
    for dtype in DType::ALL {
        let nan = dtype.is_floating_point();
        let value = move |i: usize| {
            if nan && i % 11 == 3 {
                f64::NAN
            } else {
                mixed(dtype)(i)
            }
        };
        for case in super::host::cases(value, dtype, device) {
            for dim in 0..case.shape.len() {
                for descending in [false, true] {
                    let what = format!(
                        "sort along {dim} of {} {dtype} {:?}, descending {descending}",
                        case.name, case.shape
                    );
                    let (values, places) = sorted(&case, dim, descending);
                    let got = good(&what, case.array.sort(dim as isize, descending));
                    check_exact(&what, &got.0, dtype, &case.shape, &values);
                    check_exact(&what, &got.1, DType::I64, &case.shape, &places);
                }
            }
        }
    }
}

/// Insertion sort, line by line: an element passes those it is strictly before.
fn sorted(case: &Case, dim: usize, descending: bool) -> (Vec<f64>, Vec<f64>) {
    let before = |a: f64, b: f64| {
        let less = |a: f64, b: f64| a < b || (b.is_nan() && !a.is_nan());
        if descending { less(b, a) } else { less(a, b) }
    };
    let (mut values, mut places) = (case.values.clone(), vec![0.0; case.values.len()]);
    for i in 0..case.values.len() {
        let mut index = unravel(i, &case.shape);
        if index[dim] != 0 {
            continue;
        }
        let mut line: Vec<(f64, usize)> = Vec::new();
        for j in 0..case.shape[dim] {
            index[dim] = j;
            let v = case.values[ravel(&index, &case.shape)];
            let at = line
                .iter()
                .rposition(|&(w, _)| !before(v, w))
                .map_or(0, |p| p + 1);
            line.insert(at, (v, j));
        }
        for (j, (v, from)) in line.into_iter().enumerate() {
            index[dim] = j;
            let at = ravel(&index, &case.shape);
            (values[at], places[at]) = (v, from as f64);
        }
    }
    (values, places)
}
