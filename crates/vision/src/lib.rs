//! Ondol's image datasets, image files and vision models.
