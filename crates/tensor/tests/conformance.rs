//! The CPU backend against plain loops.

#[test]
fn the_cpu_conforms() {
    ondol_tensor::testing::conformance(&ondol_tensor::Device::cpu());
}
