//! Reads and writes Ondol's state: native files and, in time, PyTorch's, safetensors and NumPy's.
