//! What is long or many takes other ways than what the conformance suite has: the same as the CPU.

use std::slice::from_ref;

use ondol_cuda_emu::Order;
use ondol_tensor::{Array, Binary, DType, Device, Generator, Reduce, Result, Scan, Scatter, Unary};
use ondol_tensor::{Distribution, Element, with_dtype};

/// Runs a test on this machine's device, or else on the emulated one.
fn on_device(name: &str, body: fn(&Device)) {
    let run = || body(&"cuda".parse().unwrap());
    if ondol_cuda::is_available() {
        run();
    } else {
        ondol_cuda_emu::in_order(name, Order::Greedy, run);
    }
}

/// Tests that want a device.
macro_rules! tests {
    ($(fn $name:ident($device:ident) $body:block)*) => {$(
        #[test]
        fn $name() {
            on_device(stringify!($name), |$device: &Device| $body);
        }
    )*};
}

fn numbers(array: &Array) -> Vec<f64> {
    let here = array.to_device(&Device::cpu()).unwrap();
    with_dtype!(here.dtype(), T => {
        here.to_vec::<T>().unwrap().into_iter().map(|x| x.to_f64()).collect()
    })
}

fn random(shape: &[usize], dtype: DType) -> Array {
    let distribution = Distribution::Uniform {
        low: -4.0,
        high: 4.0,
    };
    Array::random(
        distribution,
        shape,
        dtype,
        &Device::cpu(),
        &Generator::new(5),
    )
    .unwrap()
}

fn integers(shape: &[usize], high: i64) -> Array {
    let distribution = Distribution::Integers { low: 0, high };
    Array::random(
        distribution,
        shape,
        DType::I64,
        &Device::cpu(),
        &Generator::new(6),
    )
    .unwrap()
}

/// Runs the same on both and compares.
fn agree(
    device: &Device,
    what: &str,
    inputs: &[Array],
    tolerance: f64,
    run: impl Fn(&[Array]) -> Result<Array>,
) {
    let there: Vec<Array> = inputs
        .iter()
        .map(|a| a.to_device(device).unwrap())
        .collect();
    let got = run(&there).unwrap_or_else(|e| panic!("{what}: {e}"));
    let want = run(inputs).unwrap();
    assert_eq!(
        (got.shape(), got.dtype()),
        (want.shape(), want.dtype()),
        "{what}"
    );
    for (i, (g, w)) in numbers(&got).into_iter().zip(numbers(&want)).enumerate() {
        let near = (g - w).abs() <= tolerance * w.abs().max(1.0) || (g.is_nan() && w.is_nan());
        assert!(near, "{what}: element {i} is {g}, on the CPU {w}");
    }
    let again = run(&there).unwrap();
    assert_eq!(
        numbers(&got),
        numbers(&again),
        "{what}: other numbers the second time"
    );
}

tests! {
    fn long_sums_are_shared_out(device) {
        let x = random(&[70_000], DType::F32);
        agree(device, "sum of many", &[x], 1e-4, |t| t[0].reduce(Reduce::Sum, &[], false));
        let x = random(&[3, 20_000, 5], DType::F64);
        agree(device, "sum of columns", &[x], 1e-10, |t| t[0].reduce(Reduce::Sum, &[1], false));
        let x = random(&[9, 9000], DType::BF16);
        agree(device, "greatest of rows", &[x], 0.0, |t| t[0].reduce(Reduce::Max, &[1], true));
    }

    fn many_dimensions_are_reduced_in_turn(device) {
        let x = random(&[2, 3, 2, 3, 2, 3, 2, 2, 2, 2, 3, 2, 2], DType::F32);
        agree(device, "sum of every other", &[x], 1e-4, |t| {
            t[0].reduce(Reduce::Sum, &[1, 3, 5, 7, 9, 11], false)
        });
    }

    fn many_dimensions_are_walked_in_pieces(device) {
        let x = random(&[3, 3, 3, 3, 3, 3, 3, 3], DType::F32);
        agree(device, "every second of eight", &[x], 1e-6, |t| {
            let mut half = t[0].clone();
            for d in 0..8 {
                half = half.slice(d, 0, 3, 2)?;
            }
            half.unary(Unary::Exp)?.binary(Binary::Add, &half.permute(&[7, 5, 3, 1, 6, 4, 2, 0])?)
        });
    }

    fn long_lines_are_scanned_by_blocks(device) {
        let x = random(&[3, 1000], DType::F32);
        agree(device, "cumsum", from_ref(&x), 1e-4, |t| t[0].scan(Scan::Sum, 1));
        agree(device, "cummax", from_ref(&x), 0.0, |t| t[0].scan(Scan::Max, 1));
        agree(device, "logcumsumexp", &[x], 1e-5, |t| t[0].scan(Scan::LogSumExp, 1));
    }

    fn long_rows_are_sorted_step_by_step(device) {
        for dtype in [DType::F32, DType::I64, DType::F16] {
            let x = random(&[2, 3000], DType::F64).cast(dtype).unwrap();
            for descending in [false, true] {
                agree(device, "values", from_ref(&x), 0.0, |t| Ok(t[0].sort(1, descending)?.0));
                agree(device, "places", from_ref(&x), 0.0, |t| Ok(t[0].sort(1, descending)?.1));
            }
        }
    }

    fn long_lines_are_scattered_by_place(device) {
        for op in Scatter::ALL {
            for dtype in [DType::F32, DType::I64, DType::BF16] {
                let table = random(&[40], DType::F64).cast(dtype).unwrap();
                let (index, source) = (integers(&[700], 40), random(&[700], DType::F64));
                // Products of many numbers leave every range.
                let source = if *op == Scatter::Mul { Array::full([700], 1.0, DType::F64, &Device::cpu()).unwrap() } else { source };
                let source = source.cast(dtype).unwrap();
                let run = |t: &[Array]| t[0].scatter(*op, 0, &t[1], &t[2]);
                agree(device, op.name(), &[table, index, source], 1e-2, run);
            }
        }
        // Rows of a table, as an embedding's gradient adds them; the index is one line for all columns.
        let inputs = [
            Array::full([30, 7], 0.0, DType::F32, &Device::cpu()).unwrap(),
            integers(&[300, 1], 30),
            random(&[300, 7], DType::F32),
        ];
        agree(device, "rows", &inputs, 1e-5, |t| {
            t[0].scatter(Scatter::Add, 0, &t[1].expand([300, 7])?, &t[2])
        });
        // Each line by its own places.
        let inputs = [
            Array::full([30, 7], 0.0, DType::F32, &Device::cpu()).unwrap(),
            integers(&[300, 7], 30),
            random(&[300, 7], DType::F32),
        ];
        agree(device, "lines", &inputs, 1e-5, |t| t[0].scatter(Scatter::Add, 0, &t[1], &t[2]));
    }

    fn matrices_are_turned_by_tiles(device) {
        for dtype in [DType::Bool, DType::F16, DType::F32, DType::F64] {
            let x = random(&[3, 50, 70], DType::F64).cast(dtype).unwrap();
            agree(device, "turned", from_ref(&x), 0.0, |t| t[0].transpose(1, 2)?.copy());
            agree(device, "outwards", &[x], 0.0, |t| t[0].permute(&[2, 0, 1])?.copy());
        }
    }

    fn memory_is_used_again(device) {
        let make = || Array::full([3000], 1.0, DType::F64, device).unwrap();
        let before = device.memory().allocated;
        let a = make();
        assert!(device.memory().allocated >= before + 24_000);
        let summary = ondol_cuda::memory_summary(0).unwrap();
        assert!(summary.starts_with("cuda:0 ") && summary.contains("held by tensors"), "{summary}");
        drop(a);
        if std::env::var_os("ONDOL_NO_CUDA_MEMORY_CACHING").is_none() {
            let asked = device.memory().system_allocations;
            (0..10).for_each(|_| drop(make()));
            assert!(device.memory().reused >= 10);
            // Other tests of the program may ask for some meanwhile, but not one for each of these.
            assert!(device.memory().system_allocations < asked + 10);
        }
    }

    fn without_memory_the_error_says_what_was_asked_for(device) {
        // More than any GPU has: 16 TiB.
        let error = Array::full([1 << 21, 1 << 20], 1.0, DType::F64, device).unwrap_err();
        let text = error.to_string();
        for part in ["cuda:0", "16384.00 GiB", "tensors hold", "[2097152, 1048576]", "f64"] {
            assert!(text.contains(part), "{text}");
        }
        // It goes on afterwards.
        assert_eq!(numbers(&Array::full([2], 1.0, DType::F64, device).unwrap()), [1.0, 1.0]);
    }
}
