//! The op table: one line for each way of calling each differentiable operation.
//!
//! Every line runs through every column: gradients and second gradients against finite
//! differences, memory layouts, empty and 0-dim inputs, precisions, devices, fused paths. A column
//! that does not apply to a line says why. `coverage` fails when a public operation has no line.
//!
//! `ONDOL_TEST_DEVICES=cuda:0` names devices to compare with the CPU; without it the emulated one is.

// The backends register themselves where they are linked.
use ondol as _;

mod columns;
mod conventions;
mod conventions_math;
mod conventions_rows;
mod coverage;
mod input;
mod line;
mod table;
