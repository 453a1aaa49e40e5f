//! Ondol's arrays: dtype, shape, strides, device and buffer; the Backend trait and the CPU backend.
