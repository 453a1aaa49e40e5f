//! What is here and differs on purpose.

/// What holds everywhere.
pub(crate) const GENERAL: &[(&str, &str)] = &[
    (
        "Names alias, views do not.",
        "A view shares memory until somebody writes, and a shared buffer is never written. Where PyTorch's write \
         through a view would show in the base, Ondol panics and names the idiom that works: `x.set(index, value)`. \
         So what a gradient rule saved cannot be changed behind its back, and there are no version counters.",
    ),
    (
        "`clone()` is a second name.",
        "Rust's `clone` of a `Tensor` is what assigning to a second name is in Python. A copy of the numbers is \
         `clone_data()`.",
    ),
    (
        "Errors panic at your line.",
        "A tensor operation that cannot go on panics with the line that called it and the layers around it; \
         `ondol::catch` gives the typed error. What the world can break (files, devices) is a `Result`.",
    ),
    (
        "Random numbers are Ondol's own.",
        "They come from Philox 4x32-10 and are the same on every device and for any number of threads, but they \
         are not the numbers that PyTorch draws from the same seed.",
    ),
];

/// PyTorch's name and what differs.
pub(crate) const DIFFERENCES: &[(&str, &str)] = &[(
    "torch.flip",
    "A view (strides may be negative); PyTorch copies. As views do not alias, nobody can tell.",
)];
