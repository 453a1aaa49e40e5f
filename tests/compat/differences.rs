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
    (
        "torch.linalg.svd",
        "Reduced only (PyTorch gives all columns by default). Of each pair of vectors the left one's greatest entry is positive; PyTorch leaves signs open.",
    ),
    (
        "torch.linalg.qr",
        "Reduced only, PyTorch's default; no `mode`.",
    ),
    (
        "torch.linalg.eigh",
        "The greatest entry of each vector is positive; PyTorch leaves signs open. Numbers that are not finite are always an error.",
    ),
    (
        "torch.linalg.det",
        "The gradient at a singular matrix is its cofactors; PyTorch 2.15 gives 0.",
    ),
    (
        "torch.linalg.slogdet",
        "Backward at a singular matrix is an error; PyTorch gives infinities.",
    ),
    (
        "torch.linalg.lstsq",
        "Goes through the singular values (PyTorch's driver `gelsd`) and always gives them.",
    ),
    (
        "torch.cdist",
        "Always takes all differences; PyTorch takes a product where p is 2 and there are many.",
    ),
    (
        "torch.optim.lr_scheduler.LRScheduler",
        "Does not hold its optimizer: `step` is given it. The warning about the order of steps goes to standard error, once.",
    ),
    (
        "torch.optim.lr_scheduler.ReduceLROnPlateau",
        "Is no `LRScheduler`, so that a sequence with it does not compile.",
    ),
    (
        "torch.optim.lr_scheduler.OneCycleLR",
        "Takes `total_steps`; multiply epochs and steps by hand.",
    ),
    (
        "torch.optim.LBFGS",
        "Steps with `step_with(closure)` alone; `step()` says so.",
    ),
    (
        "torch.optim.Muon",
        "Rounds to bf16 where PyTorch does, and multiplies in f32.",
    ),
    (
        "torch.optim.swa_utils.AveragedModel",
        "Takes named tensors and has no `forward`; the buffers it is given are averaged too.",
    ),
    (
        "torch.amp.GradScaler",
        "Reads one number back for each optimizer's step, and `step` says whether it was made.",
    ),
    (
        "torch.nn.utils.clip_grad_norm_",
        "The norm of half-precision gradients is `f32`; PyTorch's is half and may overflow.",
    ),
    (
        "torch.as_strided",
        "A copy, and only of the elements of a contiguous tensor.",
    ),
    (
        "torch.unique",
        "Gives values, inverse and counts, always, and has no gradient.",
    ),
    ("torch.topk", "Always sorted; there is no `sorted=False`."),
    (
        "torch.mode",
        "Each NaN counts as a value of its own; PyTorch's answer with NaN depends on its sort.",
    ),
    ("torch.nonzero", "`as_tuple=True` is `nonzero_columns`."),
    (
        "torch.Tensor.__getitem__",
        "A 0-dim integer tensor as an index gives a copy, as a view would have to read it back. Two ellipses are an error.",
    ),
    (
        "torch.Tensor.__setitem__",
        "Through index tensors the value's dtype is cast; `index_put` refuses another one, as PyTorch does.",
    ),
    (
        "torch.scatter_reduce",
        "The second derivative of a product misses what two zeros on one place hide; PyTorch raises there.",
    ),
    (
        "torch.softmax",
        "Integers compute in the default float dtype; PyTorch refuses them.",
    ),
    ("torch.any", "Of `u8` gives `bool`; PyTorch gives `u8`."),
    ("torch.all", "Of `u8` gives `bool`; PyTorch gives `u8`."),
    (
        "torch.heaviside",
        "The result requires no gradient; PyTorch fails in backward.",
    ),
    (
        "torch.floor_divide",
        "The result requires no gradient; PyTorch fails in backward.",
    ),
    (
        "torch.logsumexp",
        "Half precision accumulates in `f32`, where PyTorch overflows.",
    ),
    ("torch.empty", "Zeros: nothing uninitialised can be read."),
    (
        "torch.get_rng_state",
        "A `GeneratorState`: seed and place in the stream; PyTorch gives a tensor of bytes.",
    ),
    (
        "torch.nn.functional.mse_loss",
        "Other sizes of input and target are an error, for this and every loss of two tensors of one size; PyTorch warns and broadcasts.",
    ),
    (
        "torch.nn.functional.soft_margin_loss",
        "Finite for any input; PyTorch's overflows.",
    ),
    (
        "torch.nn.functional.ctc_loss",
        "A target that cannot be reached has gradient 0; PyTorch gives NaN.",
    ),
    (
        "torch.nn.functional.kl_div",
        "The target's gradient at 0 is finite; PyTorch gives NaN.",
    ),
    (
        "torch.nn.functional.interpolate",
        "No `antialias`. By a factor that leaves the size, the gradient is that of the forward; PyTorch's copies in some modes.",
    ),
    (
        "torch.nn.functional.grid_sample",
        "`bilinear` and `nearest` over images; in `nearest` the grid gets no gradient.",
    ),
    (
        "torch.nn.MaxPool2d",
        "Positions come from `forward_with_indices`, here and in the other pools, in place of `return_indices=True`.",
    ),
    (
        "torch.nn.utils.rnn.pack_padded_sequence",
        "Lengths above the batch's are an error; PyTorch packs a broken batch.",
    ),
    (
        "torch.nn.utils.vector_to_parameters",
        "A vector that is too long is an error; PyTorch ignores the rest.",
    ),
    (
        "torch.nn.utils.parametrizations.weight_norm",
        "A wrapper of the layer, with the keys of PyTorch's parametrizations.",
    ),
    (
        "torch.nn.MultiheadAttention",
        "`is_causal` only says that the mask is one; the mask itself is used.",
    ),
    (
        "torch.nn.TransformerEncoder",
        "No nested tensors and no fast path.",
    ),
    (
        "torch.nn.Module.register_forward_hook",
        "Through `Hooked`, which wraps a layer, or a `Hooks` field; one tensor in, one out.",
    ),
    (
        "torch.autocast",
        "The CPU's lists of operations, on every device; weights are cast anew at each use.",
    ),
    (
        "torchvision.datasets.CIFAR10",
        "The binary archive is downloaded; the pickled one is read where it lies, by an interpreter that calls nothing.",
    ),
    (
        "torchvision.datasets.EMNIST",
        "Only the split that is asked for is unpacked.",
    ),
    (
        "torchvision.datasets.FakeData",
        "Its pictures are drawn from Ondol's own random numbers.",
    ),
    (
        "torchvision.utils.draw_keypoints",
        "White where no colour is given; torchvision draws nothing then.",
    ),
    (
        "torchvision.io.read_image",
        "A PNG of 16 bits gives `i32`, as there is no `u16`.",
    ),
    (
        "torchvision.transforms.FiveCrop",
        "The crops are stacked; on tensors only.",
    ),
    (
        "torchvision.transforms.TenCrop",
        "The crops are stacked; on tensors only.",
    ),
    (
        "torchvision.transforms.RandomErasing",
        "No `inplace`: a buffer that is shared is never written.",
    ),
    (
        "torchvision.transforms.functional.adjust_brightness",
        "A negative factor is an error for images too.",
    ),
    (
        "torchvision.transforms.functional.posterize",
        "No bits give black; newer versions of Pillow refuse that.",
    ),
    (
        "torchvision.transforms.functional.crop",
        "Above the picture a tensor is filled with zeros; torchvision gives another size.",
    ),
    (
        "torchvision.transforms.v2.MixUp",
        "Called on a batch, in `collate_fn` or on what the loader gives; it is no `Transform` of one picture.",
    ),
    (
        "torchvision.transforms.v2.CutMix",
        "Called on a batch, in `collate_fn` or on what the loader gives; it is no `Transform` of one picture.",
    ),
    (
        "torch.utils.tensorboard.SummaryWriter.add_graph",
        "Writes the module and its graph as text.",
    ),
    (
        "torch.random.fork_rng",
        "The fork belongs to the calling thread: others do not disturb it.",
    ),
];
