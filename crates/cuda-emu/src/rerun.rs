//! A test's program again, with the emulated device in the loader's path.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Emulator, Order, loudly};

/// Set in a program that runs on the emulated device.
const INSIDE: &str = "ONDOL_EMU";

/// Whether this program runs on the emulated device.
pub fn inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// What a test said that was run again.
#[derive(Debug)]
pub struct Run {
    /// Whether it ran and passed.
    pub passed: bool,
    /// Its standard output and then its standard error.
    pub output: String,
}

impl Emulator {
    /// A program with the device in its loader's path. More can be set in its environment, as
    /// `ONDOL_EMU_MEMORY` and the like; `crates/cuda/tests/emu` documents them.
    pub fn command(&self, program: &Path, order: Order) -> Command {
        let mut command = Command::new(program);
        let mut path = self.folder.clone().into_os_string();
        if let Some(more) = std::env::var_os("LD_LIBRARY_PATH").filter(|p| !p.is_empty()) {
            path.push(":");
            path.push(more);
        }
        command
            .env(INSIDE, "1")
            .env("LD_LIBRARY_PATH", path)
            .env("ONDOL_CUDA_PATH", &self.folder)
            .env("ONDOL_EMU_ORDER", order.to_string())
            .env_remove("CUDA_VISIBLE_DEVICES");
        if let Some(sanitizer) = &self.sanitizer {
            command
                .env("LD_PRELOAD", sanitizer)
                // What Rust leaves to the process's end is no leak of a kernel.
                .env(
                    "ASAN_OPTIONS",
                    "detect_leaks=0:detect_stack_use_after_return=0",
                )
                .env("UBSAN_OPTIONS", "print_stacktrace=1")
                // Buffers exactly as large as asked for, so that each access beyond them is seen.
                .env("ONDOL_NO_CUDA_MEMORY_CACHING", "1");
        }
        command
    }

    /// One test of this program, by its full name, on the device.
    ///
    /// # Panics
    /// If the program has no such test.
    #[track_caller]
    pub fn test(&self, name: &str, order: Order, environment: &[(&str, &str)]) -> Run {
        let program = std::env::current_exe().expect("a running program has a file");
        let output = self
            .command(&program, order)
            .args([name, "--exact", "--nocapture", "--test-threads=1"])
            .envs(environment.iter().copied())
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            !text.contains("running 0 tests"),
            "{} has no test {name}",
            program.display()
        );
        Run {
            passed: output.status.success() && text.contains("1 passed"),
            output: text,
        }
    }

    #[track_caller]
    fn must_pass(&self, name: &str, order: Order) {
        let start = Instant::now();
        let run = self.test(name, order, &[]);
        let how = if self.sanitizer.is_some() {
            ", sanitized"
        } else {
            ""
        };
        assert!(run.passed, "{name}, order {order}{how}:\n{}", run.output);
        loudly(&format!(
            "emulated CUDA device: {name}, order {order}{how}: {:.1} s",
            start.elapsed().as_secs_f64()
        ));
    }
}

/// Runs the body of the test `name` on the emulated device with the backend's kernels, once in
/// each order; skipped, with a line that says so, where the device cannot be built.
///
/// # Panics
/// With the body's output where it fails in an order.
#[track_caller]
pub fn in_every_order(name: &str, body: impl FnOnce()) {
    in_orders(name, &Order::ALL, body);
}

/// The same in one order.
///
/// # Panics
/// As [`in_every_order`].
#[track_caller]
pub fn in_order(name: &str, order: Order, body: impl FnOnce()) {
    in_orders(name, &[order], body);
}

#[track_caller]
fn in_orders(name: &str, orders: &[Order], body: impl FnOnce()) {
    if inside() {
        body();
    } else if let Some(emulator) = Emulator::new(&Emulator::kernels()) {
        for &order in orders {
            emulator.must_pass(name, order);
        }
    }
}

/// The same in one order, with AddressSanitizer and UndefinedBehaviorSanitizer watching the
/// kernels.
///
/// # Panics
/// As [`in_every_order`].
#[track_caller]
pub fn sanitized(name: &str, body: impl FnOnce()) {
    if inside() {
        body();
    } else if let Some(emulator) = Emulator::sanitized(&Emulator::kernels()) {
        emulator.must_pass(name, Order::Forward);
    }
}
