//! Ondol's Tensor: an array that remembers where it came from; the graph, the engine and the rules.
