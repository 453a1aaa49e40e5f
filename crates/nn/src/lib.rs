//! Ondol's neural-network modules: layers, losses, initialisation, state dicts.
