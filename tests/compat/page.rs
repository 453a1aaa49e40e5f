//! The two pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::absent::{LEFT_OUT, left_out};
use crate::differences::{DIFFERENCES, GENERAL};
use crate::evidence::Evidence;
use crate::names::{Names, split};
use crate::rows::{ROWS, Want};
use crate::twins::{Item, Twins};

/// Parts of PyTorch that share a table: a title and the prefixes of their names.
const SECTIONS: [(&str, &[&str]); 19] = [
    (
        "Tensors: `torch` and `torch.Tensor`",
        &[
            "torch",
            "torch.Tensor",
            "torch.Generator",
            "torch.dtype",
            "torch.finfo",
            "torch.iinfo",
            "torch.random",
        ],
    ),
    ("`torch.linalg`", &["torch.linalg"]),
    ("`torch.special`", &["torch.special"]),
    (
        "`torch.autograd`",
        &[
            "torch.autograd",
            "torch.autograd.Function",
            "torch.autograd.function.FunctionCtx",
            "torch.autograd.functional",
            "torch.autograd.function",
            "torch.autograd.grad_mode",
            "torch.autograd.gradcheck",
            "torch.autograd.graph",
            "torch.autograd.graph.Node",
            "torch.utils.hooks",
            "torch.utils.hooks.RemovableHandle",
            "torch.utils.checkpoint",
        ],
    ),
    (
        "`torch.nn`",
        &[
            "torch.nn",
            "torch.nn.Module",
            "torch.nn.ModuleList",
            "torch.nn.ModuleDict",
            "torch.nn.ParameterList",
            "torch.nn.ParameterDict",
            "torch.nn.Transformer",
        ],
    ),
    ("`torch.nn.functional`", &["torch.nn.functional"]),
    ("`torch.nn.init`", &["torch.nn.init"]),
    (
        "`torch.nn.utils`",
        &[
            "torch.nn.utils",
            "torch.nn.utils.rnn",
            "torch.nn.utils.parametrizations",
            "torch.nn.utils.parametrize",
        ],
    ),
    (
        "`torch.optim`",
        &[
            "torch.optim",
            "torch.optim.Optimizer",
            "torch.optim.swa_utils",
        ],
    ),
    (
        "`torch.optim.lr_scheduler`",
        &[
            "torch.optim.lr_scheduler",
            "torch.optim.lr_scheduler.LRScheduler",
        ],
    ),
    ("`torch.amp`", &["torch.amp", "torch.amp.GradScaler"]),
    ("`torch.utils.data`", &["torch.utils.data"]),
    ("`torch.cuda`", &["torch.cuda"]),
    (
        "`torchvision.transforms`",
        &[
            "torchvision.transforms",
            "torchvision.transforms.functional",
            "torchvision.transforms.v2",
            "torchvision.transforms.v2.functional",
        ],
    ),
    ("`torchvision.datasets`", &["torchvision.datasets"]),
    (
        "`torchvision.models`",
        &["torchvision.models", "torchvision.models.resnet"],
    ),
    ("`torchvision.utils`", &["torchvision.utils"]),
    ("`torchvision.io`", &["torchvision.io"]),
    (
        "`torch.utils.tensorboard`",
        &[
            "torch.utils.tensorboard",
            "torch.utils.tensorboard.SummaryWriter",
        ],
    ),
];

/// One line of a table: names of one meaning.
struct Entry<'a> {
    names: Vec<&'a str>,
    items: Vec<&'a Item>,
}

/// The entries of a section. `torch.add` and `torch.Tensor.add` are one.
fn entries<'a>(prefixes: &[&str], names: &'a Names, twins: &'a Twins) -> Vec<Entry<'a>> {
    let mut by_key: BTreeMap<(usize, &str), Vec<&str>> = BTreeMap::new();
    for name in names.all() {
        let (prefix, last) = split(name);
        let Some(at) = prefixes.iter().position(|p| *p == prefix) else {
            continue;
        };
        let at = if prefixes[at] == "torch.Tensor" {
            0
        } else {
            at
        };
        by_key.entry((at, last)).or_default().push(name);
    }
    let entry = |names: Vec<&'a str>| {
        let mut items: Vec<&Item> = Vec::new();
        for item in names.iter().flat_map(|n| twins.of(n)) {
            if !items.iter().any(|i| i.path == item.path) {
                items.push(item);
            }
        }
        // Arrays have it too, but tensors are what people write.
        if items.iter().any(|i| !i.path.starts_with("Array::")) {
            items.retain(|i| !i.path.starts_with("Array::"));
        }
        Entry { names, items }
    };
    by_key.into_values().map(entry).collect()
}

/// The shortest of the names: `torch.add` rather than `torch.Tensor.add`.
fn label(names: &[&str]) -> String {
    let shortest = names.iter().min_by_key(|n| n.len());
    shortest.map_or(String::new(), |n| format!("`{n}`"))
}

/// `docs/compat.md`.
pub(crate) fn compat(names: &Names, twins: &Twins, evidence: &Evidence) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "# Compatibility with PyTorch\n\n\
         This page is written by `ONDOL_BLESS=1 cargo test --test compat` from the sources: public items name\n\
         their twin in PyTorch, and every one of them is in a test. A test fails when the page is not up to\n\
         date. The names are those of {}.\n\n\
         *n recorded cases*: numbers and gradients that real PyTorch gave, run by `tests/torch_cases.rs`.\n\
         *op table*: gradients and second gradients against finite differences, memory layouts, empty and 0-dim\n\
         inputs, precisions (`tests/op_table`). Otherwise the test that calls it.\n",
        names.of
    );
    summary(&mut out, names, twins);
    rows(&mut out);
    differences(&mut out);
    for (title, prefixes) in SECTIONS {
        let _ = write!(out, "\n## {title}\n");
        section(&mut out, &entries(prefixes, names, twins), evidence);
    }
    out
}

fn summary(out: &mut String, names: &Names, twins: &Twins) {
    out.push_str("\n| | here | left out on purpose | not here |\n|---|---|---|---|\n");
    for (title, prefixes) in SECTIONS {
        let (mut here, mut left, mut missing) = (0, 0, 0);
        for entry in entries(prefixes, names, twins) {
            if !entry.items.is_empty() {
                here += 1;
            } else if entry.names.iter().all(|n| left_out(n).is_some()) {
                left += 1;
            } else {
                missing += 1;
            }
        }
        let _ = writeln!(out, "| {title} | {here} | {left} | {missing} |");
    }
}

fn rows(out: &mut String) {
    out.push_str(
        "\n## What must be here\n\n\
         The features that a year of ordinary work with PyTorch meets, each with its tests.\n\n\
         | | | tests |\n|---|---|---|\n",
    );
    for row in ROWS {
        let want = match row.want {
            Want::Must => "must",
            Want::Should => "should",
        };
        let tests: Vec<String> = row.tests.iter().map(|t| format!("`{t}`")).collect();
        let _ = writeln!(out, "| {} | {want} | {} |", row.what, tests.join(", "));
    }
}

fn differences(out: &mut String) {
    out.push_str("\n## Deliberate differences\n\n");
    for (what, why) in GENERAL {
        let _ = writeln!(out, "- **{what}** {why}");
    }
    out.push_str("\n| PyTorch | here |\n|---|---|\n");
    let mut sorted = DIFFERENCES.to_vec();
    sorted.sort_unstable();
    for (name, text) in sorted {
        let _ = writeln!(out, "| `{name}` | {text} |");
    }
}

fn section(out: &mut String, entries: &[Entry<'_>], evidence: &Evidence) {
    let here: Vec<&Entry<'_>> = entries.iter().filter(|e| !e.items.is_empty()).collect();
    if !here.is_empty() {
        out.push_str("\n| PyTorch | Ondol | tested by |\n|---|---|---|\n");
    }
    for entry in here {
        let paths: Vec<String> = entry
            .items
            .iter()
            .map(|i| format!("`{}`", i.path))
            .collect();
        let items: Vec<Item> = entry.items.iter().map(|i| (*i).clone()).collect();
        let tests = evidence.of(entry.names[0], &items);
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            label(&entry.names),
            paths.join(", "),
            tests.join(", ")
        );
    }
    let gone = entries.iter().filter(|e| e.items.is_empty());
    let mut reasons: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut missing = BTreeSet::new();
    for entry in gone {
        let last = split(entry.names[0]).1;
        match entry.names.iter().find_map(|n| left_out(n)) {
            Some(at) => _ = reasons.entry(at).or_default().insert(last),
            None => _ = missing.insert(last),
        }
    }
    let list = |names: &BTreeSet<&str>| {
        let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        names.join(" ")
    };
    if !missing.is_empty() {
        let _ = write!(out, "\nNot here: {}\n", list(&missing));
    }
    for (at, names) in &reasons {
        let _ = write!(out, "\nLeft out, {}: {}\n", LEFT_OUT[*at].0, list(names));
    }
}

/// `docs/pytorch_map.md`.
pub(crate) fn map(names: &Names, twins: &Twins) -> String {
    let mut out = String::from(
        "# From PyTorch to Ondol\n\n\
         The names of PyTorch on the left, what to write here on the right; `x` is a tensor. Written by\n\
         `ONDOL_BLESS=1 cargo test --test compat` from the sources.\n\n\
         Rust has no overloads and no default arguments. So a reduction along dimensions has a name of its own\n\
         (`x.sum()`, `x.sum_dim(1, false)`), layers and optimizers take what has a default through builders\n\
         (`SGD::new(parameters, 0.1).momentum(0.9)`), and `x[0:2, ..., -1]` is `x.i((0..2, Index::Ellipsis, -1))`,\n\
         `x[0:2] = v` is `x.set(0..2, v)`.\n",
    );
    for (title, prefixes) in SECTIONS {
        let entries = entries(prefixes, names, twins);
        let here: Vec<_> = entries.iter().filter(|e| !e.items.is_empty()).collect();
        if here.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {title}\n\n| PyTorch | Ondol |\n|---|---|\n");
        for entry in here {
            let usages: Vec<String> = entry
                .items
                .iter()
                .map(|i| format!("`{}`", i.usage))
                .collect();
            let _ = writeln!(out, "| {} | {} |", label(&entry.names), usages.join(", "));
        }
    }
    out
}
