//! Reductions, positions of extremes, and scans.

use super::host::{
    Case, FLOATS, NUMBERS, cases, check, disagree, good, mixed, ravel, small_cases, unravel,
};
use crate::{ArgReduce, Array, DType, Device, Kind, Reduce, Scan};

/// The places of the result, each with the elements that meet there in row-major order.
fn gathered(case: &Case, dims: &[usize]) -> (Vec<usize>, Vec<Vec<f64>>) {
    let mut kept = case.shape.clone();
    dims.iter().for_each(|&d| kept[d] = 1);
    let mut lists = vec![vec![]; kept.iter().product()];
    for (i, &v) in case.values.iter().enumerate() {
        lists[ravel(&unravel(i, &case.shape), &kept)].push(v);
    }
    (kept, lists)
}

fn fold(op: Reduce, list: &[f64]) -> f64 {
    let extreme = |better: fn(f64, f64) -> bool| {
        list.iter().copied().reduce(|a, b| {
            if a.is_nan() || (!b.is_nan() && !better(b, a)) {
                a
            } else {
                b
            }
        })
    };
    match op {
        Reduce::Sum => list.iter().sum(),
        Reduce::Prod => list.iter().product(),
        Reduce::Max => extreme(|b, a| b > a).unwrap_or(f64::NAN),
        Reduce::Min => extreme(|b, a| b < a).unwrap_or(f64::NAN),
        Reduce::Any => f64::from(u8::from(list.iter().any(|&v| v != 0.0))),
        Reduce::All => f64::from(u8::from(list.iter().all(|&v| v != 0.0))),
    }
}

/// Every set of dimensions.
fn subsets(n: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1usize << n).map(move |bits| (0..n).filter(|d| bits >> d & 1 == 1).collect())
}

fn reduce_case(op: Reduce, dtype: DType, case: &Case) {
    let result = match op {
        Reduce::Any | Reduce::All => DType::Bool,
        Reduce::Sum | Reduce::Prod if dtype.kind() < Kind::Float => DType::I64,
        _ => dtype,
    };
    for dims in subsets(case.shape.len()) {
        // No dimensions given means all of them.
        let reduced = if dims.is_empty() {
            (0..case.shape.len()).collect()
        } else {
            dims.clone()
        };
        let (kept, lists) = gathered(case, &reduced);
        let what = format!(
            "{} over {dims:?} of {} {dtype} {:?}",
            op.name(),
            case.name,
            case.shape
        );
        let signed: Vec<isize> = dims
            .iter()
            .map(|&d| d as isize - case.shape.len() as isize)
            .collect();
        let extreme = matches!(op, Reduce::Max | Reduce::Min);
        if extreme && lists.iter().any(Vec::is_empty) {
            if case.array.reduce(op, &signed, true).is_ok() {
                disagree!("{what}: there is no extreme of nothing");
            }
            continue;
        }
        let expected: Vec<f64> = lists.iter().map(|list| fold(op, list)).collect();
        let got = good(&what, case.array.reduce(op, &signed, true));
        // A sum may be off in proportion to what was added, not to what is left.
        let scale = if op == Reduce::Sum {
            lists
                .iter()
                .map(|l| l.iter().map(|v| v.abs()).sum::<f64>())
                .fold(1.0, f64::max)
                .sqrt()
        } else {
            2.0
        };
        check(&what, &got, result, &kept, &expected, scale);
        let dropped: Vec<usize> = (0..kept.len())
            .filter(|d| !reduced.contains(d))
            .map(|d| kept[d])
            .collect();
        check(
            &what,
            &good(&what, case.array.reduce(op, &signed, false)),
            result,
            &dropped,
            &expected,
            scale,
        );
    }
}

pub(super) fn reduce(device: &Device) {
    for dtype in NUMBERS.into_iter().chain([DType::Bool]) {
        for op in Reduce::ALL.iter().copied() {
            // Products of many numbers leave every range; around 1 they do not.
            let near_one = |i: usize| {
                if dtype.is_floating_point() {
                    0.75 + (i * 5 % 9) as f64 / 16.0
                } else {
                    ((i % 3) + 1) as f64
                }
            };
            let list = match op {
                Reduce::Prod if dtype != DType::Bool => small_cases(near_one, dtype, device),
                Reduce::Prod => small_cases(mixed(dtype), dtype, device),
                _ => cases(mixed(dtype), dtype, device),
            };
            for case in &list {
                // Integer products wrap in 64 bits, which the reference in f64 does not.
                if op == Reduce::Prod
                    && dtype.kind() == Kind::Int
                    && case.values.iter().product::<f64>() > 1e15
                {
                    continue;
                }
                reduce_case(op, dtype, case);
            }
        }
    }
    for dtype in FLOATS {
        for op in [Reduce::Sum, Reduce::Prod, Reduce::Max, Reduce::Min] {
            for at in [0, 13, 23] {
                let value = |i: usize| if i == at { f64::NAN } else { 1.0 };
                small_cases(value, dtype, device)
                    .iter()
                    .for_each(|case| reduce_case(op, dtype, case));
            }
        }
    }
    // Beyond what f64 could hold.
    let big = good(
        "upload",
        Array::from_vec(vec![i64::MAX - 2, -5, 1 << 60], [3]).and_then(|a| a.to_device(device)),
    );
    let sum = good(
        "sum",
        big.reduce(Reduce::Sum, &[], false)
            .and_then(|a| a.to_device(&Device::cpu())),
    );
    if sum.item_as::<i64>().ok() != Some((i64::MAX - 7).wrapping_add(1 << 60)) {
        disagree!("sum of i64: got {sum:?}, sums of integers are exact and wrap");
    }
}

/// Calls `f` for each line along `dim`, with the positions of its elements.
fn lines(shape: &[usize], dim: usize, mut f: impl FnMut(Vec<usize>)) {
    let n: usize = shape.iter().product();
    for i in 0..n {
        let mut index = unravel(i, shape);
        if index[dim] == 0 {
            f((0..shape[dim])
                .map(|j| {
                    index[dim] = j;
                    ravel_exact(&index, shape)
                })
                .collect());
        }
    }
}

fn ravel_exact(index: &[usize], shape: &[usize]) -> usize {
    index
        .iter()
        .zip(shape)
        .fold(0, |at, (&i, &size)| at * size + i)
}

fn arg_reduce_case(op: ArgReduce, dtype: DType, case: &Case) {
    for dim in 0..case.shape.len() {
        let what = format!(
            "{} along {dim} of {} {dtype} {:?}",
            op.name(),
            case.name,
            case.shape
        );
        let got = case.array.arg_reduce(op, dim as isize, true);
        let mut kept = case.shape.clone();
        kept[dim] = 1;
        if case.shape[dim] == 0 && kept.iter().product::<usize>() > 0 {
            if got.is_ok() {
                disagree!("{what}: there is no position in nothing");
            }
            continue;
        }
        let mut expected = vec![0.0; kept.iter().product()];
        lines(&case.shape, dim, |line| {
            let mut best = 0;
            for (j, &at) in line.iter().enumerate() {
                let (x, b) = (case.values[at], case.values[line[best]]);
                let better = match op {
                    ArgReduce::Max => x > b,
                    ArgReduce::Min => x < b,
                };
                if better || (x.is_nan() && !b.is_nan()) {
                    best = j;
                }
            }
            expected[ravel(&unravel(line[0], &case.shape), &kept)] = best as f64;
        });
        check(&what, &good(&what, got), DType::I64, &kept, &expected, 0.0);
    }
}

pub(super) fn arg_reduce(device: &Device) {
    for &op in ArgReduce::ALL {
        for dtype in NUMBERS {
            cases(mixed(dtype), dtype, device)
                .iter()
                .for_each(|case| arg_reduce_case(op, dtype, case));
            if dtype.is_floating_point() {
                let value = |i: usize| if i % 9 == 4 { f64::NAN } else { (i % 5) as f64 };
                small_cases(value, dtype, device)
                    .iter()
                    .for_each(|case| arg_reduce_case(op, dtype, case));
            }
        }
    }
}

/// What is so far, and the next.
fn scanned(op: Scan, so_far: f64, next: f64) -> f64 {
    match op {
        Scan::Sum => so_far + next,
        Scan::Prod => so_far * next,
        _ if so_far.is_nan() || next.is_nan() => f64::NAN,
        Scan::Max => so_far.max(next),
        Scan::Min => so_far.min(next),
        Scan::LogSumExp => {
            let most = so_far.max(next);
            if most.is_infinite() {
                most
            } else {
                most + ((so_far - most).exp() + (next - most).exp()).ln()
            }
        }
    }
}

pub(super) fn scan(device: &Device) {
    for &op in Scan::ALL {
        for dtype in NUMBERS {
            if op == Scan::LogSumExp && !dtype.is_floating_point() {
                continue;
            }
            let factors = [
                1.0,
                2.0,
                1.0,
                if dtype.is_floating_point() { 0.5 } else { 1.0 },
            ];
            let list = match op {
                Scan::Sum => cases(mixed(dtype), dtype, device),
                Scan::Prod => small_cases(|i| factors[i % 4], dtype, device),
                Scan::Max | Scan::Min | Scan::LogSumExp if dtype.is_floating_point() => {
                    let mut list = cases(mixed(dtype), dtype, device);
                    let ends = |i: usize| match i % 11 {
                        3 => f64::NAN,
                        0 | 1 => f64::NEG_INFINITY,
                        6 => f64::INFINITY,
                        _ => (i % 5) as f64,
                    };
                    list.extend(small_cases(ends, dtype, device));
                    list
                }
                Scan::Max | Scan::Min | Scan::LogSumExp => cases(mixed(dtype), dtype, device),
            };
            let result = match op {
                Scan::Sum | Scan::Prod if !dtype.is_floating_point() => DType::I64,
                _ => dtype,
            };
            for case in &list {
                for dim in 0..case.shape.len() {
                    let what = format!(
                        "{} along {dim} of {} {dtype} {:?}",
                        op.name(),
                        case.name,
                        case.shape
                    );
                    let mut expected = case.values.clone();
                    lines(&case.shape, dim, |line| {
                        for pair in line.windows(2) {
                            expected[pair[1]] = scanned(op, expected[pair[0]], expected[pair[1]]);
                        }
                    });
                    let got = good(&what, case.array.scan(op, dim as isize));
                    check(&what, &got, result, &case.shape, &expected, 20.0);
                }
            }
        }
    }
}
