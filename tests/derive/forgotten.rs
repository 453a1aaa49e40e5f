//! Fields that are not modules.

use ondol_nn::{Linear, Module};

pub struct Forgotten {
    pub fc: Linear,
}

#[derive(Module)]
pub struct Net {
    fc: Linear,
    forgotten: Forgotten, // marked: Forgotten
    listed: Vec<std::time::Duration>, // marked: Duration
}

#[derive(Module)]
pub enum Head {
    Map(std::collections::HashMap<String, Linear>), // marked: HashMap
}
