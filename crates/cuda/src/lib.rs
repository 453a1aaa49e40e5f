//! Ondol's CUDA backend: finds the GPU at run time; needs no toolkit to build.
