//! The same mixtures as torchvision's, of the same draws.

use super::*;

fn numbers(value: &serde_json::Value) -> Vec<u8> {
    let all = value.as_array().unwrap();
    all.iter().map(|v| v.as_u64().unwrap() as u8).collect()
}

#[test]
fn mixtures_are_torchvisions() {
    let text = include_str!("../../../../tests/fixtures/augmix/cases.json");
    let cases: serde_json::Value = serde_json::from_str(text).unwrap();
    for case in cases.as_array().unwrap() {
        let shape: Vec<usize> = numbers(&case["shape"])
            .into_iter()
            .map(usize::from)
            .collect();
        let x = Tensor::from_vec(numbers(&case["input"]), &shape[..]);
        let severity = case["severity"].as_u64().unwrap() as usize;
        let mut augment = AugMix::new().severity(severity);
        if let Some(fill) = case["fill"].as_f64() {
            augment = augment.fill(fill).interpolation(InterpolationMode::Nearest);
        }
        let space = space(shape[1], shape[2]);
        let chains = case["chains"].as_array().unwrap().iter().map(|chain| {
            let steps = chain["steps"].as_array().unwrap().iter().map(|step| {
                let name = step[0].as_str().unwrap();
                let op = *OPS
                    .iter()
                    .find(|op| format!("{op:?}") == name)
                    .expect("an operation of that name");
                let magnitude = match step[1].as_u64() {
                    Some(bin) => space.magnitude(op, bin as usize).unwrap().0,
                    None => 0.0,
                };
                (op, step[2].as_f64().unwrap() * magnitude)
            });
            (chain["weight"].as_f64().unwrap(), steps.collect())
        });
        let mix = Mix {
            own: case["own"].as_f64().unwrap(),
            chains: chains.collect(),
        };
        let got = augment.mix(&x, &mix).unwrap().to_vec::<u8>();
        let want = numbers(&case["output"]);
        // Sums of products are rounded in another order, then cut to whole numbers.
        let off: Vec<usize> = (0..want.len())
            .filter(|&i| got[i].abs_diff(want[i]) > 1)
            .collect();
        assert!(off.is_empty(), "{}: {off:?}", case["name"]);
        let other = (0..want.len()).filter(|&i| got[i] != want[i]).count();
        assert!(other * 50 < want.len(), "{}: {other}", case["name"]);
    }
}

#[test]
fn what_is_drawn_keeps_to_its_bounds() {
    let _own = ondol_tensor::fork_rng_guard();
    ondol_tensor::manual_seed(3);
    let augment = AugMix::new().severity(2).mixture_width(4).all_ops(false);
    let (mut depths, mut most) = ([0; 4], 0.0f64);
    for _ in 0..300 {
        let mix = augment.draw([3, 30, 60]);
        let sum: f64 = mix.own + mix.chains.iter().map(|c| c.0).sum::<f64>();
        assert!((sum - 1.0).abs() < 1e-9 && mix.chains.len() == 4);
        for (_, steps) in mix.chains {
            depths[steps.len()] += 1;
            for (op, magnitude) in steps {
                assert!(OPS[..9].contains(&op));
                if op == Op::Rotate {
                    most = most.max(magnitude.abs());
                }
            }
        }
    }
    // The second of ten strengths up to 30 degrees.
    assert!((most - 30.0 / 9.0).abs() < 1e-5, "{most}");
    assert!(depths[0] == 0 && depths[1..].iter().all(|&n| (300..500).contains(&n)));
    let deep = AugMix::new().chain_depth(5).draw([3, 8, 8]);
    assert!(deep.chains.iter().all(|c| c.1.len() == 5));
    let text = "AugMix(severity=3, mixture_width=3, chain_depth=-1, alpha=1.0, all_ops=True, interpolation=InterpolationMode.BILINEAR, fill=None)";
    assert_eq!(AugMix::new().to_string(), text);
}
