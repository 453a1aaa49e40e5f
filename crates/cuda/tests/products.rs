//! Matrix products by the kernels alone, and with cuBLAS where it is: both must be right.

use ondol_cuda_emu::{Emulator, Order};
use ondol_tensor::{Array, DType, Device, Distribution, Fused, Generator, testing};

fn random(shape: &[usize], seed: u64) -> Array {
    let distribution = Distribution::Uniform {
        low: -1.0,
        high: 1.0,
    };
    Array::random(
        distribution,
        shape,
        DType::F64,
        &Device::cpu(),
        &Generator::new(seed),
    )
    .unwrap()
}

/// The suite's products, and a layer's with its bias.
fn products() {
    let device: Device = "cuda".parse().unwrap();
    let suite = testing::SECTIONS.iter().find(|(name, _)| *name == "matmul");
    (suite.unwrap().1)(&device);

    for dtype in [DType::F32, DType::F64, DType::F16, DType::BF16] {
        // A weight as it lies, and one that is the other way round in memory.
        let x = random(&[70, 33], 1).cast(dtype).unwrap();
        let weight = random(&[65, 33], 2).cast(dtype).unwrap();
        let turned = random(&[33, 65], 3)
            .transpose(0, 1)
            .unwrap()
            .cast(dtype)
            .unwrap();
        let bias = random(&[65], 4).cast(dtype).unwrap();
        for weight in [&weight, &turned] {
            let there = [&x, weight, &bias].map(|a| a.to_device(&device).unwrap());
            let inputs: Vec<&Array> = there.iter().collect();
            let got = Array::fused(&Fused::Linear, &inputs).unwrap().unwrap();
            let wide = [&x, weight, &bias].map(|a| a.cast(DType::F64).unwrap());
            let inputs: Vec<&Array> = wide.iter().collect();
            let want = Array::fused(&Fused::Linear, &inputs).unwrap().unwrap();
            let got = got[0]
                .to_device(&Device::cpu())
                .unwrap()
                .cast(DType::F64)
                .unwrap();
            let tolerance = match dtype {
                DType::F64 => 1e-12,
                DType::F32 => 1e-5,
                _ => 0.05,
            };
            let pairs = got
                .to_vec::<f64>()
                .unwrap()
                .into_iter()
                .zip(want[0].to_vec::<f64>().unwrap());
            for (i, (g, w)) in pairs.enumerate() {
                assert!(
                    (g - w).abs() <= tolerance,
                    "{dtype}, element {i}: {g}, not {w}"
                );
            }
        }
    }
}

/// On this machine's device as its environment is, else on the emulated one with this.
fn run(name: &str, cublas: &str) {
    if ondol_cuda::is_available() {
        products();
    } else if let Some(emulator) = Emulator::new(&Emulator::kernels()) {
        let run = emulator.test(name, Order::Forward, &[("ONDOL_CUBLAS", cublas)]);
        assert!(run.passed, "{}", run.output);
    }
}

#[test]
fn by_the_kernels_alone() {
    run("by_the_kernels_alone", "0");
}

#[test]
fn with_cublas() {
    run("with_cublas", "1");
}
