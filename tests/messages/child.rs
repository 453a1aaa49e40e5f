//! What reaches the terminal, seen from a process of its own.

use std::process::{Command, Output};

use ondol_autograd::{catch, tensor};

const ROLE: &str = "ONDOL_TEST_ROLE";

/// Runs one test of this program again, in a role.
fn child(test: &str, role: &str) -> Output {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command
        .args([test, "--exact", "--nocapture"])
        .env(ROLE, role)
        .env("RUST_BACKTRACE", "0");
    command.output().expect("this program runs again")
}

fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

#[test]
fn catch_prints_nothing() {
    if role().is_some() {
        for _ in 0..3 {
            assert!(catch(|| tensor!([1.0]).view(3)).is_err());
            let x = tensor!([1.0]).requires_grad_(true);
            assert!(catch(|| x.add_(1.0)).is_err());
        }
        return;
    }
    let output = child("child::catch_prints_nothing", "catch");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn outside_of_catch_the_message_is_printed_once() {
    let line = line!() + 2;
    if role().is_some() {
        tensor!([1.0]).view(3);
        unreachable!("the view panics");
    }
    let output = child(
        "child::outside_of_catch_the_message_is_printed_once",
        "panic",
    );
    assert!(!output.status.success());
    let printed = String::from_utf8_lossy(&output.stderr).into_owned();
    let text = "view: [1]: shape '[3]' is invalid for input of size 1\n  at ";
    assert_eq!(printed.matches(text).count(), 1, "{printed}");
    let place = format!("{}:{}", file!(), line);
    // Once as the panic's own place, once in the message.
    assert_eq!(printed.matches(&place).count(), 2, "{printed}");
}
