//! Fills, casts, and everything that works element by element.

use super::formulas;
use super::host::{
    Case, FLOATS, NUMBERS, cases, check, check_exact, disagree, download, good, mixed, ravel,
    rounded, small_cases, unravel, upload, wrapped,
};
use crate::{Array, Binary, Compare, DType, Device, Kind, Scalar, Unary};

pub(super) fn fills_and_casts(device: &Device) {
    for dtype in DType::ALL {
        for n in [0usize, 1, 7, 5000] {
            let what = format!("full of {dtype} [{n}]");
            check_exact(
                &what,
                &good(&what, Array::full([n], 3i64, dtype, device)),
                dtype,
                &[n],
                &vec![3.0; n],
            );
        }
        check_exact(
            "full",
            &good("full", Array::full((), 1.5, dtype, device)),
            dtype,
            &[],
            &[1.5],
        );
        let range = good("range", Array::range(1i64, 2i64, 50, dtype, device));
        let expected: Vec<f64> = (0..50).map(|i| wrapped(dtype, 1 + 2 * i)).collect();
        check_exact("range", &range, dtype, &[50], &expected);
        let range = good("range", Array::range(0.5, 0.25, 9, dtype, device));
        let expected: Vec<f64> = (0..9)
            .map(|i| rounded(dtype, 0.5 + 0.25 * f64::from(i)))
            .collect();
        check_exact("range", &range, dtype, &[9], &expected);
        for to in DType::ALL {
            for case in cases(mixed(dtype), dtype, device) {
                let what = format!("cast of {} {dtype} {:?}", case.name, case.shape);
                // What a negative float becomes as an unsigned integer is nobody's business.
                let array = &case.array;
                let (array, values) = if dtype.kind() == Kind::Float && to == DType::U8 {
                    (
                        good("abs", array.unary(Unary::Abs)),
                        case.values.iter().map(|v| v.abs()).collect(),
                    )
                } else {
                    (array.clone(), case.values.clone())
                };
                let expected: Vec<f64> = match dtype.kind() {
                    Kind::Float => values.iter().map(|&v| rounded(to, v)).collect(),
                    _ => values.iter().map(|&v| wrapped(to, v as i64)).collect(),
                };
                check_exact(
                    &what,
                    &good(&what, array.cast(to)),
                    to,
                    &case.shape,
                    &expected,
                );
                check_exact(
                    &what,
                    &good("copy", array.copy()),
                    dtype,
                    &case.shape,
                    &values,
                );
            }
        }
    }
}

/// Where rounding of the argument or overflow would decide, and where functions have their edges.
const SPECIAL: [f64; 10] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    0.5,
    -20.0,
    20.0,
];

/// Dtype and elements a unary operation should give; `None` where it should refuse.
fn unary_expected(op: Unary, dtype: DType, values: &[f64]) -> Option<(DType, Vec<f64>)> {
    let result = match op {
        Unary::Not => DType::Bool,
        _ if op.needs_float() => dtype.to_float(),
        Unary::Neg | Unary::Abs | Unary::Sign | Unary::Square | Unary::Relu
            if dtype == DType::Bool =>
        {
            return None;
        }
        _ => dtype,
    };
    let integer = result.kind() == Kind::Int;
    let one = |&v: &f64| {
        if integer {
            wrapped(result, formulas::unary_integer(op, v as i64))
        } else {
            formulas::unary_float(op, v)
        }
    };
    Some((result, values.iter().map(one).collect()))
}

fn unary_case(op: Unary, dtype: DType, case: &Case) {
    let what = format!("{} of {} {dtype} {:?}", op.name(), case.name, case.shape);
    match (
        unary_expected(op, dtype, &case.values),
        case.array.unary(op),
    ) {
        (Some((result, expected)), got) => check(
            &what,
            &good(&what, got),
            result,
            &case.shape,
            &expected,
            1.0,
        ),
        (None, Ok(_)) => disagree!("{what}: should be refused"),
        (None, Err(_)) => {}
    }
}

pub(super) fn unary(device: &Device) {
    for &op in Unary::ALL {
        for dtype in DType::ALL {
            // Rounding a truth value means nothing, and `Array` leaves it to the backend.
            if dtype == DType::Bool
                && matches!(op, Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc)
            {
                continue;
            }
            cases(mixed(dtype), dtype, device)
                .iter()
                .for_each(|case| unary_case(op, dtype, case));
        }
        for dtype in FLOATS {
            let array = upload(&SPECIAL, &[10], dtype, device);
            let values = download(&array);
            let case = Case {
                name: "special values".into(),
                array,
                shape: vec![10],
                values,
            };
            // e²⁰ is beyond f16; infinity is then right on both sides.
            unary_case(op, dtype, &case);
        }
    }
}

/// Numbers for the right operand: no zeros for integers, exponents that stay small.
fn right(op: Binary, dtype: DType) -> impl Fn(usize) -> f64 + Copy {
    move |i| {
        let v = (i * 5 % 7) as f64 - 3.0;
        match (op, dtype.kind()) {
            (_, Kind::Bool) => (i % 3 % 2) as f64,
            (Binary::Pow, _) => v.abs().min(2.0),
            (_, Kind::Int) if dtype == DType::U8 => v.abs() + 1.0,
            (_, Kind::Int) => {
                if v == 0.0 {
                    4.0
                } else {
                    v
                }
            }
            _ => v / 2.0 + 0.25,
        }
    }
}

/// The dtype a binary operation computes in; `None` where it should refuse.
fn binary_type(op: Binary, dtype: DType) -> Option<DType> {
    match op {
        Binary::Div | Binary::Atan2 | Binary::Copysign | Binary::Zeta => Some(dtype.to_float()),
        Binary::Hypot if !dtype.is_floating_point() => None,
        Binary::And | Binary::Or | Binary::Xor if dtype.is_floating_point() => None,
        Binary::Gcd | Binary::Shl | Binary::Shr if dtype.kind() != Kind::Int => None,
        Binary::Sub | Binary::FloorDivide | Binary::Remainder | Binary::Fmod | Binary::Pow
            if dtype == DType::Bool =>
        {
            None
        }
        _ => Some(dtype),
    }
}

fn binary_value(op: Binary, dtype: DType, a: f64, b: f64) -> f64 {
    let value = match dtype.kind() {
        Kind::Float => formulas::binary_float(op, a, b),
        Kind::Int => formulas::binary_integer(op, a as i64, b as i64).map(|v| wrapped(dtype, v)),
        Kind::Bool => {
            formulas::binary_integer(op, a as i64, b as i64).map(|v| f64::from(u8::from(v != 0)))
        }
    };
    value.unwrap_or_else(|| disagree!("{} has no formula for {dtype}", op.name()))
}

/// Whether two shapes of the cases go together, and into which.
fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let shape = crate::Shape::new(a)
        .broadcast(&crate::Shape::new(b), "broadcast")
        .ok()?;
    Some(shape.to_vec())
}

fn pairs(a: &Case, b: &Case, shape: &[usize], f: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    (0..shape.iter().product())
        .map(|i| {
            let index = unravel(i, shape);
            f(
                a.values[ravel(&index, &a.shape)],
                b.values[ravel(&index, &b.shape)],
            )
        })
        .collect()
}

pub(super) fn binary(device: &Device) {
    for dtype in DType::ALL {
        for &op in Binary::ALL {
            let left = cases(mixed(dtype), dtype, device);
            let right = cases(right(op, dtype), dtype, device);
            let Some(result) = binary_type(op, dtype) else {
                if left[0].array.binary(op, &right[0].array).is_ok() {
                    disagree!("{} of {dtype}: should be refused", op.name());
                }
                continue;
            };
            for a in &left {
                for b in &right {
                    let Some(shape) = broadcast(&a.shape, &b.shape) else {
                        continue;
                    };
                    let what = format!(
                        "{} of {} {:?} and {} {:?}",
                        op.name(),
                        a.name,
                        a.shape,
                        b.name,
                        b.shape
                    );
                    let expected = pairs(a, b, &shape, |x, y| binary_value(op, result, x, y));
                    check(
                        &what,
                        &good(&what, a.array.binary(op, &b.array)),
                        result,
                        &shape,
                        &expected,
                        2.0,
                    );
                }
                let what = format!("{} of {} {:?} and 2", op.name(), a.name, a.shape);
                if dtype == DType::Bool {
                    continue;
                }
                let expected: Vec<f64> = a
                    .values
                    .iter()
                    .map(|&x| binary_value(op, result, x, 2.0))
                    .collect();
                check(
                    &what,
                    &good(&what, a.array.binary_scalar(op, 2i64)),
                    result,
                    &a.shape,
                    &expected,
                    2.0,
                );
            }
            for b in right.iter().filter(|_| dtype != DType::Bool) {
                let what = format!("{} of 2 and {} {:?}", op.name(), b.name, b.shape);
                let expected: Vec<f64> = b
                    .values
                    .iter()
                    .map(|&y| binary_value(op, result, 2.0, y))
                    .collect();
                check(
                    &what,
                    &good(&what, b.array.scalar_binary(op, 2i64)),
                    result,
                    &b.shape,
                    &expected,
                    2.0,
                );
            }
        }
        comparisons(dtype, device);
    }
    for dtype in [DType::U8, DType::I32, DType::I64] {
        let (one, zero) = (
            upload(&[1.0], &[1], dtype, device),
            upload(&[0.0], &[1], dtype, device),
        );
        for op in [Binary::FloorDivide, Binary::Remainder, Binary::Fmod] {
            if one.binary(op, &zero).is_ok() {
                disagree!("{} of {dtype} by 0: should be an error", op.name());
            }
        }
    }
    far_shifts(device);
    let (a, b) = (
        upload(&[1.0, 2.0], &[2], DType::I64, device),
        upload(&[0.5], &[1], DType::F32, device),
    );
    check(
        "i64 + f32",
        &good("add", a.binary(Binary::Add, &b)),
        DType::F32,
        &[2],
        &[1.5, 2.5],
        1.0,
    );
}

/// Shifts by as many bits as there are, and by more.
fn far_shifts(device: &Device) {
    for (dtype, bits) in [(DType::U8, 8.0), (DType::I32, 32.0), (DType::I64, 64.0)] {
        let negative = if dtype == DType::U8 { 3.0 } else { -3.0 };
        let a = upload(&[negative, 5.0, negative, 5.0], &[4], dtype, device);
        let b = upload(&[bits, bits, bits + 9.0, bits + 9.0], &[4], dtype, device);
        let sign = if dtype == DType::U8 { 0.0 } else { -1.0 };
        for (op, expected) in [
            (Binary::Shl, [0.0; 4]),
            (Binary::Shr, [sign, 0.0, sign, 0.0]),
        ] {
            let what = format!("{} by {bits} bits and more", op.name());
            let got = good(&what, a.binary(op, &b));
            check_exact(&what, &got, dtype, &[4], &expected);
        }
    }
}

fn comparisons(dtype: DType, device: &Device) {
    let special = dtype.is_floating_point();
    let left = move |i: usize| {
        if special && i % 5 == 1 {
            f64::NAN
        } else {
            (i % 4) as f64
        }
    };
    let right = move |i: usize| {
        if special && i % 7 == 1 {
            f64::NAN
        } else {
            (i % 3) as f64
        }
    };
    for &op in Compare::ALL {
        for a in &cases(left, dtype, device) {
            for b in &cases(right, dtype, device) {
                let Some(shape) = broadcast(&a.shape, &b.shape) else {
                    continue;
                };
                let what = format!(
                    "{} of {} {:?} and {} {:?}",
                    op.name(),
                    a.name,
                    a.shape,
                    b.name,
                    b.shape
                );
                let expected = pairs(a, b, &shape, |x, y| {
                    f64::from(u8::from(formulas::compare(op, x, y)))
                });
                check_exact(
                    &what,
                    &good(&what, a.array.compare(op, &b.array)),
                    DType::Bool,
                    &shape,
                    &expected,
                );
            }
            let what = format!("{} of {} {dtype} {:?} and 1", op.name(), a.name, a.shape);
            let expected: Vec<f64> = a
                .values
                .iter()
                .map(|&x| f64::from(u8::from(formulas::compare(op, x, 1.0))))
                .collect();
            check_exact(
                &what,
                &good(&what, a.array.compare_scalar(op, 1i64)),
                DType::Bool,
                &a.shape,
                &expected,
            );
        }
    }
}

pub(super) fn in_place(device: &Device) {
    for dtype in NUMBERS {
        for &op in Unary::ALL
            .iter()
            .filter(|op| !op.needs_float() || dtype.is_floating_point())
        {
            for case in cases(mixed(dtype), dtype, device) {
                let what = format!("{}_ of {} {dtype} {:?}", op.name(), case.name, case.shape);
                let Some((result, expected)) = unary_expected(op, dtype, &case.values) else {
                    continue;
                };
                let mut array = case.array;
                let done = array.unary_(op);
                if result == dtype {
                    good(&what, done);
                    check(&what, &array, dtype, &case.shape, &expected, 1.0);
                } else if done.is_ok() {
                    disagree!("{what}: a result of {result} does not fit");
                }
            }
        }
        for &op in Binary::ALL
            .iter()
            .filter(|&&op| binary_type(op, dtype) == Some(dtype))
        {
            let others = small_cases(right(op, dtype), dtype, device);
            for b in others.iter().map(Some).chain([None]) {
                for mut a in cases(mixed(dtype), dtype, device) {
                    let expected = match b {
                        Some(b) if broadcast(&a.shape, &b.shape).as_ref() != Some(&a.shape) => {
                            continue;
                        }
                        Some(b) => pairs(&a, b, &a.shape, |x, y| binary_value(op, dtype, x, y)),
                        None => a
                            .values
                            .iter()
                            .map(|&x| binary_value(op, dtype, x, 2.0))
                            .collect(),
                    };
                    let what = format!("{}_ of {} {:?}", op.name(), a.name, a.shape);
                    good(
                        &what,
                        match b {
                            Some(b) => a.array.binary_(op, &b.array),
                            None => a.array.binary_scalar_(op, Scalar::Int(2)),
                        },
                    );
                    check(&what, &a.array, dtype, &a.shape, &expected, 2.0);
                }
            }
        }
    }
}

pub(super) fn select(device: &Device) {
    let conditions = cases(|i| f64::from(u8::from(i % 3 == 1)), DType::Bool, device);
    for dtype in DType::ALL {
        let (ones, others) = (
            small_cases(mixed(dtype), dtype, device),
            cases(|i| (i % 2) as f64, dtype, device),
        );
        for condition in &conditions {
            for (a, b) in ones.iter().flat_map(|a| others.iter().map(move |b| (a, b))) {
                let shape =
                    broadcast(&condition.shape, &a.shape).and_then(|s| broadcast(&s, &b.shape));
                let Some(shape) = shape else { continue };
                let what = format!(
                    "where of {} {:?}, {} {:?}, {} {:?}",
                    condition.name, condition.shape, a.name, a.shape, b.name, b.shape
                );
                let expected: Vec<f64> = (0..shape.iter().product())
                    .map(|i| {
                        let index = unravel(i, &shape);
                        let from = if condition.values[ravel(&index, &condition.shape)] != 0.0 {
                            a
                        } else {
                            b
                        };
                        from.values[ravel(&index, &from.shape)]
                    })
                    .collect();
                let got = good(&what, Array::select(&condition.array, &a.array, &b.array));
                check_exact(&what, &got, dtype, &shape, &expected);
            }
        }
    }
}
