//! The data loader's rules, as tables: what is asked for, and what comes.

mod collate;
mod datasets;
mod gate;
mod rules;
mod same;
mod state;
mod stream;
mod waiting;
mod workers;
