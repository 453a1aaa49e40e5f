//! Values and gradients that real PyTorch gave, run through Ondol's public surface.
//!
//! `ONDOL_TORCH_CASES` names a folder with `cases.json` and `cases.safetensors` to run in place of
//! those under `tests/fixtures/`; the schema stands in `tests/fixtures/torch_cases/README.md`.
//! Operations go by PyTorch's names. One that is unknown, an argument that nobody reads and a
//! number that is off are failures; what is still open is listed by name and never counted.

// The backends register themselves where they are linked.
use ondol as _;

mod torch_cases {
    mod call;
    mod case;
    mod compare;
    mod op;
    mod ops;
    mod optim;
    mod report;
    mod run;
    mod sched;
    mod transform;
}
