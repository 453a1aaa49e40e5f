//! The names a pickle may call for. There are no others: whatever a file asks for by name is
//! looked up here and nowhere else.

use crate::Checked;
use crate::elements::Kind;

/// A class or function that state dicts need, as a word of our own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Global {
    OrderedDict,
    Size,
    /// `_rebuild_tensor(storage, offset, shape, strides)`
    RebuildTensor,
    /// The same with `requires_grad, hooks[, metadata]`.
    RebuildTensorV2,
    /// The same with `requires_grad, hooks, dtype[, metadata]`, over bytes.
    RebuildTensorV3,
    /// `_rebuild_parameter(tensor, requires_grad, hooks[, state])`
    RebuildParameter,
    /// `_rebuild_from_type_v2(function, class, arguments, attributes)`
    RebuildFromType,
    /// `torch.Tensor` and what is one, `torch.nn.Parameter` and `torch.nn.Buffer`.
    TensorClass,
    Storage(Kind),
    UntypedStorage,
    DType(Kind),
    /// What can be made, but not held in a value.
    Other(&'static str),
}

impl Global {
    /// What it is by itself, for messages.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Global::DType(_) => "a torch.dtype",
            Global::OrderedDict
            | Global::Size
            | Global::TensorClass
            | Global::Storage(_)
            | Global::UntypedStorage => "a class",
            Global::RebuildTensor
            | Global::RebuildTensorV2
            | Global::RebuildTensorV3
            | Global::RebuildParameter
            | Global::RebuildFromType => "a function",
            Global::Other(what) => what,
        }
    }
}

/// Looks a name up.
pub(super) fn find(module: &str, name: &str) -> Checked<Global> {
    Ok(match (module, name) {
        ("collections", "OrderedDict") => Global::OrderedDict,
        ("torch", "Size") => Global::Size,
        ("torch._utils", "_rebuild_tensor") => Global::RebuildTensor,
        ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensorV2,
        ("torch._utils", "_rebuild_tensor_v3") => Global::RebuildTensorV3,
        ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
            Global::RebuildParameter
        }
        ("torch._tensor", "_rebuild_from_type_v2") => Global::RebuildFromType,
        ("torch", "Tensor") | ("torch.nn.parameter", "Parameter" | "Buffer") => Global::TensorClass,
        ("torch.storage" | "torch", "UntypedStorage") => Global::UntypedStorage,
        ("torch", "device") => Global::Other("a torch.device"),
        ("_codecs", "encode") => Global::Other("bytes"),
        ("__builtin__" | "builtins", "set") => Global::Other("a set"),
        ("__builtin__" | "builtins", "frozenset") => Global::Other("a frozenset"),
        ("__builtin__" | "builtins", "complex") => Global::Other("a complex number"),
        ("__builtin__" | "builtins", "bytearray") => Global::Other("a bytearray"),
        ("torch._utils", "_rebuild_sparse_tensor") => Global::Other("a sparse tensor"),
        ("torch._utils", "_rebuild_qtensor") => Global::Other("a quantized tensor"),
        ("torch.serialization", "_get_layout") => Global::Other("a torch.layout"),
        ("torch", _) => {
            let storage = name.strip_suffix("Storage").and_then(Kind::of_storage);
            let dtype = || Kind::of_torch(name).map(Global::DType);
            storage
                .map(Global::Storage)
                .or_else(dtype)
                .ok_or_else(|| refused(module, name))?
        }
        _ => return Err(refused(module, name)),
    })
}

fn refused(module: &str, name: &str) -> String {
    let show = |text: &str| text.escape_debug().take(100).collect::<String>();
    let hint = if module.starts_with("numpy") {
        "; turn NumPy's numbers into Python's before saving (`.item()`), and its arrays into tensors"
    } else if module.starts_with("__torch__") {
        "; this is a TorchScript archive: save its `state_dict()` instead"
    } else if module.starts_with("torch.nn") || module == "__main__" {
        "; the file holds a whole object: save its `state_dict()` instead"
    } else {
        ""
    };
    format!(
        "the pickle asks for `{}.{}`, which is no part of a state dict and is not run{hint}",
        show(module),
        show(name)
    )
}
