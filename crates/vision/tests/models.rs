//! Networks for pictures, beside torchvision's: `fixtures/models/record.py` recorded its keys and numbers.

use std::collections::BTreeMap;

use ondol_nn::{CrossEntropyLoss, DType, Forward, Module, Tensor, manual_seed, no_grad};
use ondol_vision::models::{
    BasicBlock, Block, Bottleneck, MobileNetV2, ResNet, VGG, cnn, lenet, mlp, mobilenet_v2,
    resnet18, resnet34, resnet50, resnet101, resnet152, resnext50_32x4d, vgg11, vgg11_bn, vgg16,
    vgg16_bn, wide_resnet50_2,
};

/// A line for each tensor of the state dict: its key and its shape.
fn keys(model: &dyn Module) -> Vec<String> {
    let line = |(key, array): (&str, &ondol_nn::Array)| {
        let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
        let sizes = match sizes.is_empty() {
            true => "-".to_owned(),
            false => sizes.join("x"),
        };
        format!("{key} {sizes}")
    };
    let state = model.state_dict();
    state.iter().map(line).collect()
}

/// What was recorded of each network.
fn recorded() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut all = BTreeMap::new();
    for part in include_str!("fixtures/models/keys.txt").split("# ").skip(1) {
        let mut lines = part.lines();
        all.insert(lines.next().unwrap(), lines.collect());
    }
    all
}

#[test]
fn networks_have_torchvisions_keys_and_shapes() {
    let recorded = recorded();
    let same = |name: &str, model: &dyn Module| assert!(keys(model) == recorded[name], "{name}");
    same("resnet18", &resnet18(1000));
    same("resnet34", &resnet34(1000));
    same("resnet50", &resnet50(1000));
    same("resnet101", &resnet101(1000));
    same("resnext50_32x4d", &resnext50_32x4d(1000));
    same("wide_resnet50_2", &wide_resnet50_2(1000));
    let model: MobileNetV2 = mobilenet_v2(1000);
    same("mobilenet_v2", &model);
}

/// Only what comes before the linear layers, which alone would take half a gigabyte each time.
#[test]
fn the_features_of_vgg_have_torchvisions_keys_and_shapes() {
    let recorded = recorded();
    let model: VGG = vgg11(1000);
    assert_eq!(keys(&model), recorded["vgg11"]);
    drop(model);
    assert_eq!(keys(&vgg16_bn(1000)), recorded["vgg16_bn"]);
}

#[test]
fn the_deepest_and_the_plainest_have_torchvisions_number_of_parameters() {
    assert_eq!(resnet152(1000).num_parameters(), 60_192_808);
    assert_eq!(vgg11_bn(10).num_parameters(), 128_812_810);
    assert_eq!(vgg16(10).num_parameters(), 134_301_514);
}

/// Numbers that Python makes as easily, at the scale of each tensor.
fn fill(model: &dyn Module) {
    let tensors: BTreeMap<String, Tensor> = {
        let parameters = model.named_parameters().into_iter();
        parameters.chain(model.named_buffers()).collect()
    };
    for (i, (key, _)) in model.state_dict().iter().enumerate() {
        let tensor = &tensors[key];
        if tensor.ndim() == 0 {
            continue;
        }
        let fan = (tensor.numel() / tensor.size(0)) as f64;
        let scale = 1.5 / fan.sqrt();
        let value = |v: f64| match tensor.ndim() {
            1 if key.ends_with("running_var") => 1.0 + 0.5 * v * v,
            1 if key.ends_with("weight") => 1.0 + 0.1 * v,
            1 => 0.1 * v,
            _ => v * scale,
        };
        let wave = |n: usize| ((n * 7919 + i * 104_729) % 2003) as f64 / 1001.0 - 1.0;
        let values = (0..tensor.numel()).map(|n| value(wave(n)) as f32).collect();
        tensor.set_data(Tensor::from_vec(values, tensor.shape()).value());
    }
}

fn waves(count: usize) -> Tensor {
    let n = count * 3 * 40 * 40;
    let waves = (0..n).map(|n| (n as f64 * 0.11).cos() as f32);
    Tensor::from_vec(waves.collect(), [count, 3, 40, 40])
}

/// What torchvision computed.
fn numbers(name: &str, mode: &str) -> Vec<f64> {
    let all = include_str!("fixtures/models/numbers.txt");
    let start = format!("{name} {mode} ");
    let line = all.lines().find_map(|l| l.strip_prefix(&start));
    let numbers = line.expect("a recorded line").split(' ');
    numbers.map(|n| n.parse().unwrap()).collect()
}

fn agrees_in_evaluation(name: &str, model: &dyn Forward) {
    fill(model);
    model.eval();
    let y = no_grad(|| model.forward(&waves(1))).to_vec::<f32>();
    let want = numbers(name, "eval");
    let scale = want.iter().fold(0.0, |m: f64, w| m.max(w.abs()));
    for (got, want) in y.iter().zip(&want) {
        assert!(
            (f64::from(*got) - want).abs() < 2e-4 * scale,
            "{name}: {got} {want}"
        );
    }
}

/// Loss, two gradients and a running mean after one step of training on four pictures.
fn agrees_in_training(name: &str, model: &ResNet) {
    let close = |what: &str, got: f64, want: f64, tolerance: f64| {
        assert!(
            (got - want).abs() < tolerance * want,
            "{name}: {what} {got}, expected {want}"
        );
    };
    let want = numbers(name, "train");
    model.to_dtype(DType::F64).unwrap();
    model.train();
    let y = Tensor::from_vec(vec![1i64, 7, 0, 3], [4]);
    let x = waves(4).to_dtype(DType::F64);
    let loss = CrossEntropyLoss::new().forward(&model.forward(&x), &y);
    loss.backward();
    let all = model.named_parameters();
    let gradient = |key: &str| {
        let found = all.iter().find(|(name, _)| name == key).unwrap();
        found.1.grad().unwrap().abs().sum().item()
    };
    close("loss", loss.item(), want[0], 1e-7);
    close("first gradient", gradient("conv1.weight"), want[1], 1e-6);
    close("last gradient", gradient("fc.bias"), want[2], 1e-7);
    let buffers = model.named_buffers();
    let mean = buffers
        .iter()
        .find(|(k, _)| k == "layer4.1.bn2.running_mean");
    close(
        "running mean",
        mean.unwrap().1.abs().sum().item(),
        want[3],
        1e-3,
    );
}

#[test]
fn resnets_compute_what_torchvisions_do() {
    for (name, model) in [
        ("resnet18", resnet18(10)),
        ("resnet50", resnet50(10)),
        ("resnext50_32x4d", resnext50_32x4d(10)),
    ] {
        agrees_in_evaluation(name, &model);
        fill(&model);
        agrees_in_training(name, &model);
    }
}

#[test]
fn mobilenet_and_vgg_compute_what_torchvisions_do() {
    agrees_in_evaluation("mobilenet_v2", &mobilenet_v2(10));
    agrees_in_evaluation("vgg11", &vgg11(10));
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
    let _own = ondol_nn::fork_rng_guard();
    manual_seed(1);
    let (first, last) = losses(&resnet18(2), &Tensor::randn([4, 3, 32, 32]), 0.02, 8);
    println!("ResNet-18: {first} to {last}");
    assert!(last < 0.1, "ResNet-18: {first} to {last}");
    let digits = Tensor::randn([8, 1, 28, 28]);
    let (first, last) = losses(&lenet(2), &digits, 0.1, 30);
    assert!(last < 0.5 * first, "LeNet: {first} to {last}");
    let (first, last) = losses(&cnn(2), &digits, 0.1, 30);
    assert!(last < 0.5 * first, "CNN: {first} to {last}");
    let (first, last) = losses(&mlp(&[784, 32, 2]), &digits, 0.1, 10);
    assert!(last < 0.5 * first, "MLP: {first} to {last}");
}

#[test]
fn a_block_that_changes_nothing_is_its_shortcut() {
    let _own = ondol_nn::fork_rng_guard();
    manual_seed(0);
    let x = Tensor::randn([1, 8, 5, 5]);
    let blocks: [Box<dyn Forward>; 2] = [
        Box::new(BasicBlock::new(8, 8, 1)),
        Box::new(Bottleneck::new(8, 2, 1, 1, 64)),
    ];
    for block in blocks {
        block.eval();
        no_grad(|| {
            for (_, parameter) in block.named_parameters() {
                parameter.zero_();
            }
        });
        assert_eq!(block.forward(&x).to_vec::<f32>(), x.relu().to_vec::<f32>());
    }
    let smaller = BasicBlock::new(8, 4, 2).forward(&x);
    assert_eq!(smaller.shape(), [1, 4, 3, 3]);
    let wider = Bottleneck::new(8, 4, 2, 2, 32).forward(&x);
    assert_eq!(wider.shape(), [1, 16, 3, 3]);
}

#[test]
fn a_depth_of_ones_own() {
    for (block, parameters) in [(Block::Basic, 4_907_331), (Block::BOTTLENECK, 8_022_083)] {
        let shallow = ResNet::new(block, [1, 1, 1, 1], 3);
        let y = shallow.forward(&Tensor::zeros([2, 3, 32, 32]));
        assert_eq!(y.shape(), [2, 3]);
        assert_eq!(shallow.num_parameters(), parameters);
    }
}
