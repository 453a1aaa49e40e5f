//! Helper commands of the project: `cargo xtask NAME`.
#![forbid(unsafe_code)]

mod build_cost;
mod gpu_check;
mod kernels;
mod scratch;
mod tree;

use std::process::ExitCode;

/// A helper command: takes the arguments after its name and says whether all was well.
type Task = fn(&[String]) -> Result<bool, String>;

const TASKS: &[(&str, &str, Task)] = &[
    (
        "build-cost",
        "[--time] [--peer]  crates a dependent builds, and how long that takes; fails over the limits",
        build_cost::run,
    ),
    (
        "gpu-check",
        "[--pack DIR] [--dev]  builds what checks a GPU into a folder, or runs it here",
        gpu_check::run,
    ),
    (
        "kernels",
        "[--check]  makes the CUDA kernels' assembly anew and checks it for every GPU; needs Python",
        kernels::run,
    ),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.first().map(String::as_str);
    let Some((_, _, task)) = TASKS.iter().find(|(task, ..)| Some(*task) == name) else {
        eprint!("{}", usage(name));
        return ExitCode::from(2);
    };
    match task(&arguments[1..]) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("cargo xtask {}: {message}", arguments[0]);
            ExitCode::from(2)
        }
    }
}

fn usage(name: Option<&str>) -> String {
    let mut text = match name {
        Some(name) => format!("cargo xtask: there is no task {name:?}; there is\n"),
        None => "cargo xtask NAME, where NAME is\n".to_owned(),
    };
    for (name, help, _) in TASKS {
        text += &format!("  {name} {help}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_the_list() {
        let text = usage(Some("bulid-cost"));
        assert!(text.contains("\"bulid-cost\""), "{text}");
        for (name, ..) in TASKS {
            assert!(text.contains(name) && usage(None).contains(name));
        }
    }
}
