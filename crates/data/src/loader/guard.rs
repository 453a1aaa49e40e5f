//! What is fetched, with panics as errors that name the sample.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ondol_autograd::{catch, no_grad};
use ondol_tensor::{Error, Result};

use crate::context::{Stream, name_error, take_failed, with_stream};

/// A panic's message.
pub(super) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let string = panic.downcast_ref::<String>().map(String::as_str);
    string
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// Runs `read` for the batch `number`, with the random numbers of `stream` and no gradients. A panic
/// on the way is the outer error; it names the sample where that is known, else `culprit`.
pub(super) fn guarded<T>(
    stream: Stream,
    number: usize,
    culprit: impl Fn() -> String,
    read: impl FnOnce() -> T,
) -> Result<T> {
    // `catch` for what tensor operations raise, `catch_unwind` for every other panic.
    let run = || with_stream(stream, number, || no_grad(|| catch(read)));
    let error = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(raised)) => raised,
        Err(panic) => Error::data(format!("the dataset panicked: {}", panic_text(&*panic))),
    };
    let name = take_failed().map_or_else(culprit, |sample| format!("sample {sample}"));
    Err(name_error(&name, error))
}
