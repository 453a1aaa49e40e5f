//! What can be asked of a module.

use std::sync::Arc;

use ondol_nn::{
    BatchNorm2d, Conv2d, DType, Device, Dropout, Forward, Linear, MaxPool2d, Module, ReLU,
    Sequential, Tensor, sequential,
};

#[derive(Module)]
struct NeuralNet {
    linear_1: Linear,
    linear_2: Linear,
}

impl Forward for NeuralNet {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.linear_2.forward(&self.linear_1.forward(x).relu())
    }
}

fn net() -> NeuralNet {
    NeuralNet {
        linear_1: Linear::new(2, 5),
        linear_2: Linear::new(5, 1),
    }
}

fn names<T>(named: Vec<(String, T)>) -> Vec<String> {
    named.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn everything_can_be_asked_of_a_dyn_module() {
    let model: Box<dyn Module> = Box::new(net());
    assert_eq!(model.parameters().len(), 4);
    assert_eq!(model.num_parameters(), 21);
    assert_eq!(names(model.named_modules()), ["", "linear_1", "linear_2"]);
    model.load_state_dict(&model.state_dict()).unwrap();
    let mut seen = Vec::new();
    model.apply(&mut |path, module| seen.push(format!("{path}:{}", module.type_name())));
    assert_eq!(seen, [":NeuralNet", "linear_1:Linear", "linear_2:Linear"]);
}

#[derive(Module)]
struct Tied {
    encoder: Arc<Linear>,
    again: Arc<Linear>,
    decoder: Linear,
}

#[test]
fn a_parameter_used_twice_is_one() {
    let encoder = Arc::new(Linear::new(3, 3).bias(false));
    let mut decoder = Linear::new(3, 3).bias(false);
    decoder.weight = encoder.weight.clone();
    let tied = Tied {
        again: encoder.clone(),
        encoder,
        decoder,
    };
    assert_eq!(names(tied.named_parameters()), ["encoder.weight"]);
    assert_eq!(tied.num_parameters(), 9);
    assert_eq!(names(tied.named_modules()), ["", "encoder", "decoder"]);
    // In the state dict it stands under every path, as in PyTorch's.
    let state = tied.state_dict();
    assert_eq!(
        state.keys().collect::<Vec<_>>(),
        ["encoder.weight", "again.weight", "decoder.weight"]
    );
}

#[test]
fn gradients_are_forgotten_and_parameters_frozen() {
    let model = net();
    model.forward(&Tensor::ones([3, 2])).sum().backward();
    assert!(model.parameters().iter().all(|p| p.grad().is_some()));
    model.zero_grad();
    assert!(model.parameters().iter().all(|p| p.grad().is_none()));
    model.linear_1.requires_grad_(false);
    let free: Vec<bool> = model
        .parameters()
        .iter()
        .map(Tensor::requires_grad)
        .collect();
    assert_eq!(free, [false, false, true, true]);
    model.forward(&Tensor::ones([3, 2])).sum().backward();
    assert!(model.linear_1.weight.grad().is_none() && model.linear_2.weight.grad().is_some());
}

#[test]
fn a_dtype_changes_floats_and_their_gradients_in_place() {
    let model = sequential![Conv2d::new(1, 2, 3), BatchNorm2d::new(2)];
    let held = model.parameters();
    model.forward(&Tensor::randn([2, 1, 4, 4])).sum().backward();
    model.to_dtype(DType::F64).unwrap();
    assert!(held.iter().all(|p| p.dtype() == DType::F64 && p.is_leaf()));
    assert!(held.iter().all(|p| p.grad().unwrap().dtype() == DType::F64));
    let buffers: Vec<DType> = model
        .named_buffers()
        .iter()
        .map(|(_, b)| b.dtype())
        .collect();
    assert_eq!(buffers, [DType::F64, DType::F64, DType::I64]);
    let y = model.forward(&Tensor::randn_with([2, 1, 4, 4], DType::F64));
    assert_eq!(y.dtype(), DType::F64);
    assert!(
        model
            .to_dtype(DType::I64)
            .unwrap_err()
            .to_string()
            .contains("floating-point")
    );
    model.to(&Device::cpu()).unwrap();
}

#[test]
fn parameters_have_a_tensors_methods() {
    let layer = Linear::new(2, 3);
    // Not the module's: these give a tensor and leave the layer as it is.
    assert_eq!(layer.weight.to_dtype(DType::F64).dtype(), DType::F64);
    assert_eq!(layer.weight.dtype(), DType::F32);
    assert!(!layer.weight.clone().requires_grad_(false).requires_grad());
    let scaled = Tensor::ones([3, 2]).mul(&layer.weight);
    assert_eq!(scaled.to_vec::<f32>(), layer.weight.to_vec::<f32>());
}

#[derive(Module)]
struct Block {
    layers: Vec<Linear>,
    sizes: Vec<usize>,
    #[module(transparent)]
    body: Sequential,
}

#[test]
fn modules_print_as_pytorchs() {
    let model = sequential![
        Conv2d::new(1, 6, (5, 3))
            .stride(2)
            .padding([1, 0])
            .dilation(2)
            .bias(false),
        BatchNorm2d::new(6),
        sequential![ReLU, MaxPool2d::new([2, 3]).padding(1)],
        Dropout::new(0.25),
    ];
    assert_eq!(
        model.to_string(),
        "Sequential(
  (0): Conv2d(1, 6, kernel_size=(5, 3), stride=(2, 2), padding=(1, 0), dilation=(2, 2), bias=False)
  (1): BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
  (2): Sequential(
    (0): ReLU()
    (1): MaxPool2d(kernel_size=(2, 3), stride=(2, 3), padding=1, dilation=1, ceil_mode=False)
  )
  (3): Dropout(p=0.25, inplace=False)
)"
    );
    let block = Block {
        layers: vec![Linear::new(1, 2)],
        sizes: vec![1],
        body: sequential![ReLU],
    };
    assert_eq!(block.sizes, [1]);
    assert_eq!(
        block.repr(),
        "Block(
  (layers): ModuleList(
    (0): Linear(in_features=1, out_features=2, bias=True)
  )
  (0): ReLU()
)"
    );
}

#[test]
fn models_go_to_other_threads() {
    fn check<T: Send + Sync>(_: &T) {}
    let model = sequential![Linear::new(2, 2), Dropout::new(0.5)];
    check(&model);
    let y = std::thread::scope(|s| {
        s.spawn(|| model.forward(&Tensor::ones([1, 2])).shape())
            .join()
            .unwrap()
    });
    assert_eq!(y, [1, 2]);
}
