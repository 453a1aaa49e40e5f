//! The emulated device finds mistakes: small kernels with one each, and the right version of each
//! kernel, which passes in every order.

use std::ffi::{CString, c_void};

use cudarc::driver::{CudaContext, DriverError, result};
use ondol_cuda_emu::{Emulator, Order, inside};

/// The right result of an operand.
type Expected = fn(&[f32]) -> Vec<f32>;

/// A kernel of `emu/fixtures/planted.cu` and how it is launched.
struct Case {
    kernel: &'static str,
    threads: u32,
    /// Elements of the operand, none where it takes none; and of the result.
    sizes: (usize, usize),
    /// Whether the number of elements is its last argument.
    counted: bool,
    shared: u32,
    expected: Expected,
}

const fn case(kernel: &'static str, threads: u32, sizes: (usize, usize)) -> Case {
    Case {
        kernel,
        threads,
        sizes,
        counted: false,
        shared: 0,
        expected: same,
    }
}

fn same(x: &[f32]) -> Vec<f32> {
    x.to_vec()
}

fn neighbour(x: &[f32]) -> Vec<f32> {
    (0..64).map(|i| x[(i + 1) % 64]).collect()
}

fn two_sums(x: &[f32]) -> Vec<f32> {
    let half = x.len() / 2;
    let sums = [x[..half].iter().sum(), x[half..].iter().sum()];
    sums.iter().flat_map(|&s| vec![s; half]).collect()
}

fn ones_and_twos(_: &[f32]) -> Vec<f32> {
    [[1.0; 16].as_slice(), &[2.0; 64]].concat()
}

fn half_sum(x: &[f32]) -> Vec<f32> {
    [[x[..16].iter().sum(); 16], [0.0; 16]].concat()
}

fn doubled(x: &[f32]) -> Vec<f32> {
    x.iter().map(|v| 2.0 * v).collect()
}

fn fours(x: &[f32]) -> Vec<f32> {
    x.chunks(4).map(|v| v.iter().sum()).collect()
}

/// `name_right` and the wrong ones of the same shape.
fn find(kernel: &str) -> Case {
    let (name, _) = kernel.split_once('_').unwrap();
    let kernel: &'static str = kernel.to_owned().leak();
    let (case, expected): (Case, Expected) = match name {
        "neighbour" => (case(kernel, 64, (64, 64)), neighbour),
        "reuse" => (case(kernel, 128, (256, 256)), two_sums),
        "barrier" | "two" => (case(kernel, 64, (0, 80)), ones_and_twos),
        "half" => (case(kernel, 32, (32, 32)), half_sum),
        "copy" => {
            let case = case(kernel, 64, (100, 100));
            (
                Case {
                    counted: true,
                    ..case
                },
                same,
            )
        }
        "dynamic" => {
            let case = case(kernel, 64, (64, 64));
            (
                Case {
                    shared: 64 * 4,
                    ..case
                },
                doubled,
            )
        }
        "static" => (case(kernel, 64, (64, 64)), doubled),
        "counter" => (case(kernel, 64, (0, 64)), |_| vec![64.0; 64]),
        "wide" => (case(kernel, 16, (64, 16)), fours),
        _ => panic!("no case of {name}"),
    };
    Case { expected, ..case }
}

/// What the driver looks a kernel up by.
fn assembly(kernel: &str, parameters: &[&str]) -> CString {
    let list: Vec<String> = parameters
        .iter()
        .enumerate()
        .map(|(i, kind)| format!(".param .{kind} {kernel}_param_{i}"))
        .collect();
    CString::new(format!(
        ".visible .entry {kernel}({})\n{{\n}}\n",
        list.join(", ")
    ))
    .unwrap()
}

/// Launches a case and compares its result.
fn launch(case: &Case) -> Result<(), DriverError> {
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    let x: Vec<f32> = (0..case.sizes.0).map(|i| (i + 1) as f32).collect();
    let mut y = vec![0f32; case.sizes.1];
    let n = case.sizes.0 as u32;
    let mut parameters = vec!["u64"; 1 + usize::from(!x.is_empty())];
    parameters.extend(case.counted.then_some("u32"));
    let text = assembly(case.kernel, &parameters);
    // SAFETY: the text ends with a NUL; buffers are as large as the right kernels need, and the
    // wrong ones run on the emulated device, which is there to find what they do.
    unsafe {
        let module = result::module::load_data(text.as_ptr().cast())?;
        let function = result::module::get_function(module, CString::new(case.kernel).unwrap())?;
        let out = result::malloc_sync(4 * y.len())?;
        let mut operand = 0;
        let mut arguments: Vec<*mut c_void> = Vec::new();
        if !x.is_empty() {
            operand = result::malloc_sync(4 * x.len())?;
            result::memcpy_htod_async(operand, &x, stream.cu_stream())?;
            arguments.push((&raw const operand).cast_mut().cast());
        }
        arguments.push((&raw const out).cast_mut().cast());
        if case.counted {
            arguments.push((&raw const n).cast_mut().cast());
        }
        let (grid, block) = (
            (n.div_ceil(case.threads).max(1), 1, 1),
            (case.threads, 1, 1),
        );
        let grid = if case.counted { grid } else { (1, 1, 1) };
        let handle = stream.cu_stream();
        result::launch_kernel(function, grid, block, case.shared, handle, &mut arguments)?;
        result::memcpy_dtoh_async(&mut y, out, stream.cu_stream())?;
        stream.synchronize()?;
        if operand != 0 {
            result::free_sync(operand)?;
        }
        result::free_sync(out)?;
    }
    let expected = (case.expected)(&x);
    assert_eq!(y, expected, "wrong result of {}", case.kernel);
    Ok(())
}

/// The test that is run again, with the kernel's name in its environment.
#[test]
fn launched() {
    if inside() {
        let kernel = std::env::var("PLANTED").unwrap();
        if let Err(error) = launch(&find(&kernel)) {
            panic!("{error:?}");
        }
    }
}

const RIGHT: [&str; 9] = [
    "neighbour_right",
    "reuse_right",
    "barrier_right",
    "half_right",
    "copy_right",
    "dynamic_right",
    "static_right",
    "counter_right",
    "wide_right",
];

#[track_caller]
fn passes(emulator: &Emulator, kernel: &str, order: Order) {
    let run = emulator.test("launched", order, &[("PLANTED", kernel)]);
    assert!(run.passed, "{kernel}, {order}:\n{}", run.output);
}

#[track_caller]
fn is_caught(emulator: &Emulator, kernel: &str, order: Order, message: &str) {
    let run = emulator.test("launched", order, &[("PLANTED", kernel)]);
    assert!(
        !run.passed,
        "{kernel}, {order}, was not seen:\n{}",
        run.output
    );
    let said = run.output.contains(message);
    assert!(
        said,
        "{kernel}, {order}, without {message:?}:\n{}",
        run.output
    );
}

#[test]
fn right_kernels_pass_in_every_order() {
    let Some(emulator) = Emulator::new(&Emulator::planted()) else {
        return;
    };
    for kernel in RIGHT {
        for order in Order::ALL {
            passes(&emulator, kernel, order);
        }
    }
}

#[test]
fn mistakes_of_order_are_caught_where_they_show() {
    let Some(emulator) = Emulator::new(&Emulator::planted()) else {
        return;
    };
    for order in Order::ALL {
        is_caught(
            &emulator,
            "neighbour_wrong",
            order,
            "wrong result of neighbour_wrong",
        );
        is_caught(
            &emulator,
            "counter_wrong",
            order,
            "wrong result of counter_wrong",
        );
    }
    // Only where a warp is far ahead of the others.
    for order in [Order::Greedy, Order::GreedyReverse] {
        is_caught(
            &emulator,
            "reuse_wrong",
            order,
            "wrong result of reuse_wrong",
        );
    }
    passes(&emulator, "reuse_wrong", Order::Forward);
}

#[test]
fn threads_that_wait_for_ever_are_named() {
    let Some(emulator) = Emulator::new(&Emulator::planted()) else {
        return;
    };
    let found = [
        (
            "barrier_wrong",
            "emu: divergent barrier: kernel barrier_wrong, block (0,0,0), thread (0,0,0) waits at planted.cu:",
        ),
        (
            "barrier_wrong",
            "with 16 of 64 threads; thread (16,0,0) has left the kernel",
        ),
        (
            "two_barriers_wrong",
            "emu: divergent barrier: kernel two_barriers_wrong, block (0,0,0), thread (0,0,0) waits at planted.cu:",
        ),
        (
            "half_waits_wrong",
            "emu: divergent shuffle: kernel half_waits_wrong, block (0,0,0), thread (0,0,0) waits at planted.cu:",
        ),
        (
            "half_reads_wrong",
            "emu: bad shuffle: kernel half_reads_wrong, block (0,0,0), thread (0,0,0) reads lane 16",
        ),
        (
            "half_mask_wrong",
            "emu: bad mask: kernel half_mask_wrong, block (0,0,0), thread (0,0,0) is not in its own mask",
        ),
    ];
    for (kernel, message) in found {
        is_caught(&emulator, kernel, Order::Forward, message);
    }
    for order in Order::ALL {
        // The driver's error too, as on a GPU.
        is_caught(
            &emulator,
            "barrier_wrong",
            order,
            "CUDA_ERROR_LAUNCH_FAILED",
        );
        is_caught(
            &emulator,
            "half_waits_wrong",
            order,
            "emu: divergent shuffle: kernel half_waits_wrong",
        );
    }
}

#[test]
fn accesses_out_of_bounds_are_caught_by_the_sanitizers() {
    let Some(emulator) = Emulator::sanitized(&Emulator::planted()) else {
        return;
    };
    for kernel in RIGHT {
        passes(&emulator, kernel, Order::Random(7));
    }
    let found = [
        ("copy_reads_wrong", "heap-buffer-overflow"),
        (
            "copy_writes_wrong",
            "emu: the error above is in: kernel copy_writes_wrong, block (1,0,0), thread (35,0,0)",
        ),
        ("dynamic_wrong", "heap-buffer-overflow"),
        (
            "static_wrong",
            "insufficient space for an object of type 'float'",
        ),
        ("wide_wrong", "misaligned address"),
    ];
    for (kernel, message) in found {
        is_caught(&emulator, kernel, Order::Forward, message);
    }
}
