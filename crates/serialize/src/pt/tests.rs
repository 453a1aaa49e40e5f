//! Files that no writer makes.
