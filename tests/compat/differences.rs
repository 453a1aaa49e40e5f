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
    (
        "Left out for good:",
        "complex numbers (and with them `torch.fft`), sparse and quantised tensors, named dimensions.",
    ),
];

/// PyTorch's name and what differs.
pub(crate) const DIFFERENCES: &[(&str, &str)] = &[
    (
        "torch.flip",
        "A view (strides may be negative); PyTorch copies. As views do not alias, nobody can tell.",
    ),
    ("torch.sign", "NaN stays NaN; PyTorch gives 0."),
    ("torch.sgn", "NaN stays NaN; PyTorch gives 0."),
    (
        "torch.Tensor.backward",
        "Has no `create_graph`, which leaks by construction; `grad` has it.",
    ),
    (
        "torch.inference_mode",
        "`no_grad` with a flag that `enable_grad` cannot lift; its tensors are ordinary ones, as there are no version counters.",
    ),
    (
        "torch.is_grad_enabled",
        "False in inference mode even inside `enable_grad`: it says whether operations are recorded.",
    ),
    (
        "torch.set_grad_enabled",
        "Always a guard: Rust has no form that lasts without one.",
    ),
    (
        "torch.autograd.detect_anomaly",
        "Holds for its thread, where backward runs too. The line of the forward is in every error of a backward without it.",
    ),
    (
        "torch.autograd.grad",
        "Gives an input's gradient after that input's hooks, always. Past a used-up operation it is an error wherever an input is older.",
    ),
    (
        "torch.autograd.Function",
        "No `mark_dirty`, `jvp`, `vmap` or `setup_context`; `needs_input_grad` in backward says what this backward asks for.",
    ),
    (
        "torch.Tensor.detach_",
        "Works on views too: views are ordinary tensors here.",
    ),
    (
        "torch.autograd.graph.register_multi_grad_hook",
        "Runs at the end of the backward; there is no `mode=\"any\"`.",
    ),
    (
        "torch.utils.checkpoint.checkpoint",
        "The closure owns what it holds. A parameter used several times inside and also outside gets the same gradient up to the order of the sum.",
    ),
    (
        "torch.autograd.functional.jacobian",
        "Of an output without elements the result is empty; PyTorch fails.",
    ),
];
