//! PyTorch's own runs of every optimizer and scheduler.

mod cases;
mod make;
mod optimizers;
mod schedulers;
