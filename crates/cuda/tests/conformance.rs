//! Every primitive of the device against plain loops on the host.

use ondol_tensor::{Device, testing};

#[test]
fn the_device_conforms() {
    if let Some(reason) = ondol_cuda::why_unavailable() {
        println!("skipped, there is no device: {reason}");
        return;
    }
    let device: Device = "cuda".parse().unwrap();
    for (name, run) in testing::SECTIONS {
        let start = std::time::Instant::now();
        run(&device);
        println!("{name}: {:.1} s", start.elapsed().as_secs_f64());
    }
}
