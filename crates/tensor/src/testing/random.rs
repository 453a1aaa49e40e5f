//! Random numbers against the words of the stream.

use super::host::{FLOATS, check, check_exact, disagree, download, good, rounded};
use crate::{Array, DType, Device, Distribution, Generator, GeneratorState, philox};

/// A stream that was drawn from before, so that its start is not at block 0.
const STATE: GeneratorState = GeneratorState {
    seed: 0x1234_5678_9ABC_DEF0,
    offset: (1 << 32) - 3,
};

fn block(i: usize) -> [u32; 4] {
    philox::block(STATE.seed, STATE.offset + i as u64)
}

fn draw(distribution: Distribution, n: usize, dtype: DType, device: &Device) -> Array {
    let generator = Generator::new(0);
    generator.set_state(STATE);
    let array = good(
        "random",
        Array::random(distribution, [n], dtype, device, &generator),
    );
    let used = generator.state().offset - STATE.offset;
    if used != distribution.blocks(n, dtype) {
        disagree!("random {distribution:?} of {n} {dtype}: used {used} blocks");
    }
    array
}

/// Element `i` of a draw that takes a word each.
fn word(i: usize) -> u32 {
    block(i / 4)[i % 4]
}

/// Element `i` of a draw that takes two words each.
fn words(i: usize) -> (u32, u32) {
    let b = block(i / 2);
    (b[i % 2 * 2], b[i % 2 * 2 + 1])
}

pub(super) fn random(device: &Device) {
    for n in [0usize, 1, 3, 4, 1000, 70_001] {
        for dtype in FLOATS {
            uniform(n, dtype, device);
            normal(n, dtype, device);
        }
        for dtype in DType::ALL {
            let p = 0.3;
            let got = draw(Distribution::Bernoulli { p }, n, dtype, device);
            let expected: Vec<f64> = (0..n)
                .map(|i| f64::from(u8::from(f64::from(philox::uniform_f32(word(i))) < p)))
                .collect();
            check_exact("bernoulli", &got, dtype, &[n], &expected);
            let (low, high) = if dtype == DType::U8 {
                (3, 200)
            } else {
                (-100, 1000)
            };
            let got = draw(Distribution::Integers { low, high }, n, dtype, device);
            let integer = |i| {
                let (a, b) = words(i);
                philox::integer(a, b, low, high) as f64
            };
            let expected: Vec<f64> = (0..n).map(|i| rounded(dtype, integer(i))).collect();
            check_exact("integers", &got, dtype, &[n], &expected);
        }
    }
}

fn uniform(n: usize, dtype: DType, device: &Device) {
    let unit = |i: usize| match dtype {
        DType::F64 => {
            let (a, b) = words(i);
            philox::uniform_f64(a, b)
        }
        _ => f64::from(philox::uniform_f32(word(i))),
    };
    for (low, high) in [(0.0, 1.0), (-2.0, 6.0)] {
        let got = draw(Distribution::Uniform { low, high }, n, dtype, device);
        if download(&got).iter().any(|v| !(low..high).contains(v)) {
            disagree!("uniform of {dtype}: a number outside of [{low}, {high})");
        }
        let expected: Vec<f64> = (0..n).map(|i| low + (high - low) * unit(i)).collect();
        // Halves may round up to the end, which is left out; full widths are what the words say.
        let exact = low == 0.0 && matches!(dtype, DType::F32 | DType::F64);
        check(
            "uniform",
            &got,
            dtype,
            &[n],
            &expected,
            if exact { 0.0 } else { 4.0 },
        );
    }
}

fn normal(n: usize, dtype: DType, device: &Device) {
    let standard = |i: usize| match dtype {
        DType::F64 => philox::normal_f64(block(i / 2))[i % 2],
        _ => {
            let w = block(i / 4);
            let first = i % 4 / 2 * 2;
            f64::from(philox::normal_f32(w[first], w[first + 1])[i % 2])
        }
    };
    let got = draw(
        Distribution::Normal {
            mean: 1.0,
            std: 0.5,
        },
        n,
        dtype,
        device,
    );
    let expected: Vec<f64> = (0..n).map(|i| 1.0 + 0.5 * standard(i)).collect();
    check("normal", &got, dtype, &[n], &expected, 4.0);
}
