//! State dicts: what is in them, and how they are loaded.

use ondol_autograd::{Array, Dict};
use ondol_nn::{
    BatchNorm2d, Buffer, DType, Error, Forward, Linear, LoadOptions, Module, StateDict, Tensor,
    ToValue, Value, load, no_grad, save, sequential,
};

#[derive(Module)]
struct NeuralNet {
    linear_1: Linear,
    linear_2: Linear,
}

fn net(hidden: usize) -> NeuralNet {
    NeuralNet {
        linear_1: Linear::new(2, hidden),
        linear_2: Linear::new(hidden, 1),
    }
}

fn numbers(module: &dyn Module) -> Vec<Vec<f32>> {
    module
        .parameters()
        .iter()
        .map(Tensor::to_vec::<f32>)
        .collect()
}

fn text(error: Error) -> String {
    let Error::StateDict { message } = error else {
        panic!("{error:?}")
    };
    message
}

#[test]
fn a_state_dict_is_a_snapshot() {
    let model = net(3);
    let (before, state) = (numbers(&model), model.state_dict());
    no_grad(|| model.parameters().iter().for_each(|p| drop(p.add_(1.0))));
    assert_ne!(numbers(&model), before);
    model.load_state_dict(&state).unwrap();
    assert_eq!(numbers(&model), before);
    // Nor does training after loading reach the state dict.
    no_grad(|| model.parameters().iter().for_each(|p| drop(p.zero_())));
    assert_eq!(state["linear_1.weight"].to_vec::<f32>().unwrap(), before[0]);
}

#[test]
fn a_file_takes_a_model_over() {
    let path = std::env::temp_dir().join(format!("ondol-nn-state-{}.ond", std::process::id()));
    let (model, new_model) = (
        sequential![Linear::new(4, 3), Linear::new(3, 2)],
        sequential![Linear::new(4, 3), Linear::new(3, 2)],
    );
    save(&model.state_dict(), &path).unwrap();
    new_model.load_state_dict(&load(&path).unwrap()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(numbers(&model), numbers(&new_model));
}

#[test]
fn the_strict_report_is_pytorchs() {
    let model = net(4);
    let before = numbers(&model);
    let mut state = net(5).state_dict();
    state.remove("linear_1.bias");
    state.remove("linear_2.bias");
    state.insert("extra", Array::scalar(1.0f32));
    let message = text(model.load_state_dict(&state).unwrap_err());
    assert_eq!(
        message,
        "Error(s) in loading state_dict for NeuralNet:\n\
         \tMissing key(s) in state_dict: \"linear_1.bias\", \"linear_2.bias\". \n\
         \tUnexpected key(s) in state_dict: \"extra\". \n\
         \tsize mismatch for linear_1.weight: copying a param with shape torch.Size([5, 2]) from checkpoint, \
         the shape in current model is torch.Size([4, 2]).\n\
         \tsize mismatch for linear_2.weight: copying a param with shape torch.Size([1, 5]) from checkpoint, \
         the shape in current model is torch.Size([1, 4])."
    );
    assert_eq!(
        numbers(&model),
        before,
        "nothing is written unless everything fits"
    );
}

#[test]
fn near_misses_are_hinted_at() {
    let state = net(4).state_dict();
    let message = text(
        net(4)
            .load_state_dict(&state.with_prefix("module."))
            .unwrap_err(),
    );
    assert!(message.ends_with("\n\tHint: the keys begin with \"module.\"; load state_dict.strip_prefix(\"module.\") instead."));
    let renamed: StateDict = state
        .iter()
        .map(|(k, a)| (k.replace("linear_", "linear"), a.clone()))
        .collect();
    let message = text(net(4).load_state_dict(&renamed).unwrap_err());
    assert!(
        message.contains("\"linear_1.weight\" is missing; did you mean \"linear1.weight\""),
        "{message}"
    );
}

#[test]
fn without_strict_the_lists_come_back_and_sizes_still_count() {
    let model = net(4);
    let mut state = net(4).state_dict();
    state.remove("linear_1.bias");
    state.insert("extra", Array::scalar(1.0f32));
    let lenient = LoadOptions::new().strict(false);
    let report = model.load_state_dict_with(&state, lenient).unwrap();
    assert_eq!(
        (report.missing, report.unexpected),
        (vec!["linear_1.bias".to_owned()], vec!["extra".to_owned()])
    );
    assert_eq!(
        model.linear_2.weight.to_vec::<f32>(),
        state["linear_2.weight"].to_vec::<f32>().unwrap()
    );
    let message = text(
        model
            .load_state_dict_with(&net(5).state_dict(), lenient)
            .unwrap_err(),
    );
    assert!(message.starts_with(
        "Error(s) in loading state_dict for NeuralNet:\n\tsize mismatch for linear_1.weight"
    ));
}

#[test]
fn numbers_are_cast_and_handles_stay() {
    let (model, other) = (net(3), net(3));
    other.to_dtype(DType::F64).unwrap();
    let held = model.parameters();
    model.load_state_dict(&other.state_dict()).unwrap();
    assert!(
        held.iter()
            .all(|p| p.dtype() == DType::F32 && p.requires_grad())
    );
    for (mine, theirs) in held.iter().zip(other.parameters()) {
        assert_eq!(mine.to_vec::<f32>(), theirs.float().to_vec::<f32>());
    }
}

#[derive(Module)]
struct Statistics {
    kept: Buffer,
    scratch: Buffer,
    later: Buffer,
}

#[test]
fn buffers_say_whether_they_are_saved_and_required() {
    let module = Statistics {
        kept: Buffer::new(Tensor::zeros(())),
        scratch: Buffer::new(Tensor::zeros([2])).persistent(false),
        later: Buffer::new(Tensor::zeros([2])).required(false),
    };
    assert_eq!(
        module.state_dict().keys().collect::<Vec<_>>(),
        ["kept", "later"]
    );
    assert_eq!(module.named_buffers().len(), 3);
    // A scalar saved with one dimension, as by PyTorch before 0.4, and no `later`.
    let state: StateDict = [("kept", Array::from_vec(vec![7.0f32], [1]).unwrap())]
        .into_iter()
        .collect();
    module.load_state_dict(&state).unwrap();
    assert_eq!((module.kept.item(), module.kept.ndim()), (7.0, 0));
    assert_eq!(module.scratch.numel() + module.later.numel(), 4);
}

#[test]
fn batch_norm_loads_without_its_counter() {
    let layer = BatchNorm2d::new(2);
    layer.forward(&Tensor::randn([2, 2, 3, 3]));
    let mut state = layer.state_dict();
    assert_eq!(
        state
            .remove("num_batches_tracked")
            .unwrap()
            .item_as::<i64>()
            .unwrap(),
        1
    );
    BatchNorm2d::new(2).load_state_dict(&state).unwrap();
}

#[test]
fn values_that_are_no_state_dict_say_so() {
    let model = net(3);
    let message = text(model.load_state_dict(&Value::Int(3)).unwrap_err());
    assert!(
        message.contains("a dictionary of tensors; found an int"),
        "{message}"
    );
    let mut checkpoint = Dict::new();
    checkpoint.insert("epoch", 3i64);
    checkpoint.insert("model", model.state_dict());
    let message = text(model.load_state_dict(&checkpoint).unwrap_err());
    assert!(
        message.contains("the entry \"epoch\" is an int"),
        "{message}"
    );
    assert!(message.contains("load value.get(\"model\")?"), "{message}");
    let checkpoint = checkpoint.to_value();
    model
        .load_state_dict(checkpoint.get("model").unwrap())
        .unwrap();
    assert_eq!(
        StateDict::try_from(checkpoint.get("model").unwrap())
            .unwrap()
            .len(),
        4
    );
}
