//! Runs a case of any kind.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ondol::Error;

use super::case::{Case, Folder};
use super::{op, optim, sched, transform};

/// Kinds that Ondol does not run yet, each with what it waits for.
pub(super) const OPEN_KINDS: [(&str, &str); 0] = [];

/// How a case ended.
pub(super) enum Outcome {
    Passed,
    Failed(String),
    /// Listed by name, and not counted.
    Open(&'static str),
}

pub(super) fn run(folder: &Folder, case: &Case) -> Outcome {
    if let Some((_, why)) = OPEN_KINDS.iter().find(|(kind, _)| *kind == case.kind) {
        return Outcome::Open(why);
    }
    let done = caught(|| match case.kind.as_str() {
        "op" => op::run(folder, case),
        "optim" => optim::run(folder, case),
        "sched" => sched::run(case),
        "transform" => transform::run(folder, case),
        other => Err(format!("unknown kind {other}")),
    });
    match done {
        Ok(()) => Outcome::Passed,
        Err(why) => Outcome::Failed(why),
    }
}

/// An error or a panic of one case ends this case only.
fn caught(f: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let done = catch_unwind(AssertUnwindSafe(|| ondol::catch(f)));
    match done {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => Err(Error::to_string(&error)),
        Err(panic) => Err(match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => match panic.downcast::<&str>() {
                Ok(text) => (*text).to_owned(),
                Err(_) => "a panic without a text".to_owned(),
            },
        }),
    }
}

#[test]
fn errors_and_panics_are_failures() {
    assert_eq!(caught(|| Ok(())), Ok(()));
    assert!(caught(|| Err("off".into())).is_err());
    assert_eq!(caught(|| panic!("why {}", 1)), Err("why 1".into()));
    assert_eq!(caught(|| panic!("why")), Err("why".into()));
    let wrong = caught(|| {
        ondol::Tensor::zeros([2]).add(ondol::Tensor::zeros([3]));
        Ok(())
    });
    assert!(wrong.is_err_and(|e| e.contains("add")));
}
