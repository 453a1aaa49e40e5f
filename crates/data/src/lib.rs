//! Ondol's datasets, samplers, data loaders and transforms.
