//! The backend on the emulated device: every primitive against plain loops on the host, in every
//! order of threads, and with sanitizers watching.

use ondol_cuda_emu::{in_every_order, sanitized};
use ondol_tensor::{Device, testing};

fn conforms() {
    assert_eq!(ondol_cuda::why_unavailable(), None);
    let device: Device = "cuda".parse().unwrap();
    for (name, run) in testing::SECTIONS {
        let start = std::time::Instant::now();
        run(&device);
        println!("{name}: {:.1} s", start.elapsed().as_secs_f64());
    }
}

#[test]
fn the_device_conforms_in_every_order() {
    in_every_order("the_device_conforms_in_every_order", conforms);
}

#[test]
fn the_device_conforms_under_sanitizers() {
    sanitized("the_device_conforms_under_sanitizers", conforms);
}
