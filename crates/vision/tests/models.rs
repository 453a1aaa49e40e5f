//! Networks for pictures, beside torchvision's.

use ondol_nn::{CrossEntropyLoss, Forward, Module, Tensor, fork_rng_guard, manual_seed, no_grad};
use ondol_vision::models::{BasicBlock, ResNet, lenet, mlp, resnet18, resnet34};

#[test]
fn resnet18_has_torchvisions_keys_and_shapes() {
    let recorded = include_str!("fixtures/resnet18.txt");
    let state = resnet18(1000).state_dict();
    let own: Vec<String> = state
        .iter()
        .map(|(key, array)| {
            let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
            let sizes = if sizes.is_empty() {
                "-".to_owned()
            } else {
                sizes.join("x")
            };
            format!("{key} {sizes}")
        })
        .collect();
    assert_eq!(own, recorded.lines().collect::<Vec<_>>());
    assert_eq!(resnet34(1000).num_parameters(), 21_797_672);
}

/// Numbers that Python makes as easily: waves, at the scale of each tensor.
fn fill(model: &dyn Module) {
    let tensors: Vec<(String, Tensor)> = {
        let parameters = model.named_parameters().into_iter();
        parameters.chain(model.named_buffers()).collect()
    };
    for (i, (key, _)) in model.state_dict().iter().enumerate() {
        let tensor = &tensors.iter().find(|(name, _)| name == key).unwrap().1;
        if tensor.ndim() == 0 {
            continue;
        }
        let wave = (0..tensor.numel()).map(|n| (n as f64 * 0.37 + i as f64).sin());
        let fan = (tensor.numel() / tensor.size(0)) as f64;
        let value = |v: f64| match tensor.ndim() {
            1 if key.ends_with("running_var") => 1.0 + 0.5 * v * v,
            1 if key.ends_with("weight") => 1.0 + 0.1 * v,
            1 => 0.1 * v,
            _ => v * 1.5 / fan.sqrt(),
        };
        let values = wave.map(|v| value(v) as f32).collect();
        tensor.set_data(Tensor::from_vec(values, tensor.shape()).value());
    }
}

#[test]
fn resnet18_computes_what_torchvisions_does() {
    let model = resnet18(10);
    fill(&model);
    model.eval();
    let waves = (0..3 * 40 * 40).map(|n| (f64::from(n) * 0.11).cos() as f32);
    let x = Tensor::from_vec(waves.collect(), [1, 3, 40, 40]);
    let y = no_grad(|| model.forward(&x)).to_vec::<f32>();
    // Recorded from torchvision 0.29 on a CPU.
    let want = [
        0.2468666, 2.992481, 3.324741, 0.9542084, -2.178306, -3.505123, -1.953366, 1.170528,
        3.265028, 2.58875,
    ];
    for (got, want) in y.iter().zip(want) {
        assert!((got - want).abs() < 2e-4, "{y:?}");
    }
}

/// Trains on a few pictures of two classes by plain gradient descent; the first and last loss.
fn losses(model: &dyn Forward, x: &Tensor, rate: f64, steps: usize) -> (f64, f64) {
    let y = Tensor::from_vec((0..x.size(0) as i64).map(|i| i % 2).collect(), [x.size(0)]);
    let criterion = CrossEntropyLoss::new();
    let mut losses = Vec::new();
    for _ in 0..steps {
        model.zero_grad();
        let loss = criterion.forward(&model.forward(x), &y);
        loss.backward();
        losses.push(loss.item());
        no_grad(|| {
            for parameter in model.parameters() {
                parameter.sub_(parameter.grad().unwrap().mul(rate));
            }
        });
    }
    (losses[0], losses[steps - 1])
}

#[test]
fn every_network_learns() {
    let _own = fork_rng_guard();
    manual_seed(1);
    let (first, last) = losses(&resnet18(2), &Tensor::randn([4, 3, 32, 32]), 0.02, 8);
    println!("ResNet-18: {first} to {last}");
    assert!(last < 0.1, "ResNet-18: {first} to {last}");
    let digits = Tensor::randn([8, 1, 28, 28]);
    let (first, last) = losses(&lenet(2), &digits, 0.1, 30);
    assert!(last < 0.5 * first, "LeNet: {first} to {last}");
    let (first, last) = losses(&mlp(&[784, 32, 2]), &digits, 0.1, 10);
    assert!(last < 0.5 * first, "MLP: {first} to {last}");
}

#[test]
fn a_block_that_changes_nothing_is_its_shortcut() {
    let _own = fork_rng_guard();
    manual_seed(0);
    let block = BasicBlock::new(4, 4, 1);
    block.eval();
    no_grad(|| {
        for (_, parameter) in block.named_parameters() {
            parameter.zero_();
        }
    });
    let x = Tensor::randn([1, 4, 5, 5]);
    let y = block.forward(&x);
    assert_eq!(y.to_vec::<f32>(), x.relu().to_vec::<f32>());
    let smaller = BasicBlock::new(4, 8, 2).forward(&x);
    assert_eq!(smaller.shape(), [1, 8, 3, 3]);
}

#[test]
fn a_depth_of_ones_own() {
    let shallow = ResNet::new([1, 1, 1, 1], 3);
    assert_eq!(
        shallow.forward(&Tensor::zeros([2, 3, 32, 32])).shape(),
        [2, 3]
    );
    assert!(shallow.num_parameters() < resnet18(3).num_parameters());
}
