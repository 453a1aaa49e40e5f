//! A backend's faster way gives what the composite gives.

use ondol_autograd::without_fused;

use super::{compare, each, run};

#[test]
fn fused_paths_agree_with_composites() {
    each(|line| {
        let inputs = line.make();
        let fused = run(line, &inputs)?;
        let composite = without_fused(|| run(line, &inputs))?;
        compare(&fused, &composite, 1e-10)
    });
}
