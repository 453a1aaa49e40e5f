//! Modules, layers, losses and state dicts, beside PyTorch's rules and numbers.

mod derive;
mod hooks;
mod init;
mod layers;
mod loss;
mod module;
mod more;
mod profiler;
mod pytorch;
mod state;
mod table;

use ondol_nn::{Error, Tensor, catch};

/// What `f` is refused with, as the user reads it.
fn refused<T>(f: impl FnOnce() -> T) -> String {
    match catch(f) {
        Ok(_) => panic!("nothing was refused"),
        Err(error) => error.to_string(),
    }
}

/// The bare error.
fn error<T>(f: impl FnOnce() -> T) -> Error {
    match catch(f) {
        Ok(_) => panic!("nothing was refused"),
        Err(error) => error.root().clone(),
    }
}

#[track_caller]
fn assert_close(got: &Tensor, want: &[f64], tolerance: f64) {
    let got = got.double().to_vec::<f64>();
    assert_eq!(got.len(), want.len());
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        let near =
            (g - w).abs() <= tolerance * (1.0 + w.abs()) || g == w || (g.is_nan() && w.is_nan());
        assert!(near, "element {i}: {g} where {w} is right");
    }
}
