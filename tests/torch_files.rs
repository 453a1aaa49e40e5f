//! A run moves between Python and Rust with its optimizer, and what is written is what PyTorch reads.

use std::path::{Path, PathBuf};
use std::process::Command;

use ondol::optim::{Adam, AdamW, Optimizer, ParamGroup, SGD};
use ondol::tensor::{Array, Dict, Key, Value, bf16, f16};
use ondol::{Tensor, load, save};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The tensors of a list, as leaves.
fn leaves(list: &Value) -> Vec<Tensor> {
    let arrays = list.as_list().unwrap().iter();
    arrays
        .map(|v| Tensor::from(v.as_tensor().unwrap().clone()).requires_grad_(true))
        .collect()
}

/// The keys of a tree, to compare structures.
fn outline(value: &Value) -> String {
    match value {
        Value::Dict(dict) => {
            let mut keys: Vec<String> = dict
                .iter()
                .map(|(k, v)| format!("{k}:{}", outline(v)))
                .collect();
            keys.sort();
            format!("{{{}}}", keys.join(","))
        }
        Value::List(items) => format!(
            "[{}]",
            items.iter().map(outline).collect::<Vec<_>>().join(",")
        ),
        Value::Tuple(items) => format!(
            "({})",
            items.iter().map(outline).collect::<Vec<_>>().join(",")
        ),
        Value::Tensor(array) => format!("{}{}", array.dtype(), array.shape()),
        // PyTorch writes whole numbers as they were given: 0 or 0.0.
        Value::Int(_) | Value::Float(_) => "number".to_owned(),
        other => other.kind().to_owned(),
    }
}

/// The optimizer of a file that PyTorch wrote after three steps does the fourth as PyTorch did, and
/// what it would write has PyTorch's structure, before and after.
fn goes_on(name: &str, make: impl Fn(Vec<Tensor>) -> Box<dyn Optimizer>) {
    let state = load(fixtures().join("optim").join(name)).unwrap();
    let params = leaves(state.get("params").unwrap());
    let mut optimizer = make(params.clone());
    let recorded = state.get("optimizer").unwrap();
    optimizer.load_state_dict(recorded).unwrap();
    assert_eq!(
        outline_known(&optimizer.state_dict(), recorded),
        outline(recorded),
        "{name}"
    );
    // Through a file of our own on the way.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    save(&optimizer.state_dict(), &path).unwrap();
    let mut optimizer = make(params.clone());
    optimizer.load_state_dict(&load(&path).unwrap()).unwrap();
    for (param, grad) in params
        .iter()
        .zip(state.get("grads").unwrap().as_list().unwrap())
    {
        param.set_grad(Some(Tensor::from(grad.as_tensor().unwrap().clone())));
    }
    optimizer.step();
    for (param, after) in params
        .iter()
        .zip(state.get("after").unwrap().as_list().unwrap())
    {
        let (got, wanted) = (
            param.value().to_vec::<f32>().unwrap(),
            after.as_tensor().unwrap().to_vec::<f32>().unwrap(),
        );
        for (got, wanted) in got.iter().zip(&wanted) {
            assert!(
                (got - wanted).abs() <= 1e-6 * wanted.abs().max(1.0),
                "{name}: {got} {wanted}"
            );
        }
    }
}

/// The outline of what PyTorch has too: options that only one of its versions writes may be more.
fn outline_known(own: &Value, recorded: &Value) -> String {
    let (Value::Dict(own), Value::Dict(recorded)) = (own, recorded) else {
        return match (own, recorded) {
            (Value::List(own), Value::List(recorded)) => {
                assert_eq!(own.len(), recorded.len());
                let items = own.iter().zip(recorded).map(|(a, b)| outline_known(a, b));
                format!("[{}]", items.collect::<Vec<_>>().join(","))
            }
            _ => outline(own),
        };
    };
    let mut keys: Vec<String> = own
        .iter()
        .filter_map(|(k, v)| Some(format!("{k}:{}", outline_known(v, recorded.get(k)?))))
        .collect();
    keys.sort();
    format!("{{{}}}", keys.join(","))
}

#[test]
fn optimizers_of_pytorch_go_on_here() {
    goes_on("sgd.pt", |params| Box::new(SGD::new(params, 1.0)));
    goes_on("adam.pt", |params| Box::new(Adam::new(params, 1.0)));
    goes_on("adamw.pt", |params| {
        let groups = params.into_iter().map(|param| ParamGroup::new([param]));
        Box::new(AdamW::with_groups(groups, 1.0).amsgrad(true))
    });
}

/// Everything a file can hold.
fn everything() -> Value {
    let array =
        |n: usize| Array::from_vec((0..n).map(|i| i as f32).collect::<Vec<f32>>(), [n]).unwrap();
    let base = array(12).reshape([3, 4]).unwrap();
    let mut dict: Dict = [
        ("tied", Value::Tensor(base.clone())),
        ("again", Value::Tensor(base.clone())),
        ("transposed", Value::Tensor(base.transpose(0, 1).unwrap())),
        ("flipped", Value::Tensor(base.flip(&[0]).unwrap())),
        ("empty", Value::Tensor(array(0))),
        ("scalar", Value::Tensor(Array::scalar(7i64))),
        (
            "bool",
            Value::Tensor(Array::from_vec(vec![true, false], [2]).unwrap()),
        ),
        ("u8", Value::Tensor(Array::scalar(255u8))),
        ("i32", Value::Tensor(Array::scalar(i32::MIN))),
        ("f16", Value::Tensor(Array::scalar(f16::from_f32(1.5)))),
        ("bf16", Value::Tensor(Array::scalar(bf16::NAN))),
        ("f64", Value::Tensor(Array::scalar(f64::NEG_INFINITY))),
        (
            "numbers",
            Value::List(
                [0, 255, 256, 65535, 65536, -1, i64::MAX, i64::MIN]
                    .map(Value::Int)
                    .to_vec(),
            ),
        ),
        (
            "floats",
            Value::Tuple(vec![Value::Float(0.1), Value::Float(f64::NAN)]),
        ),
        ("short", Value::Tuple(vec![Value::None])),
        (
            "long",
            Value::Tuple(vec![
                Value::Bool(true),
                Value::Bool(false),
                Value::None,
                Value::Str("온돌".into()),
            ]),
        ),
        ("nothing", Value::Tuple(vec![])),
    ]
    .into_iter()
    .collect();
    let by_number: Dict = [(0i64, Value::Dict(Dict::new())), (-3, Value::List(vec![]))]
        .into_iter()
        .collect();
    dict.insert(Key::Str("by number".to_owned()), by_number);
    Value::Dict(dict)
}

/// Python's own zip and pickle modules read the file, and it holds nothing that PyTorch's
/// restricted reader refuses.
#[test]
fn written_files_pass_the_checker() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, value) in [
        ("everything.pt", everything()),
        ("none.pt", Value::None),
        ("array.pth", Value::Tensor(Array::scalar(1.0f32))),
        ("empty.pt", Value::Dict(Dict::new())),
    ] {
        let path = folder.path().join(name);
        save(&value, &path).unwrap();
        files.push(path);
    }
    for name in ["sgd.pt", "adam.pt", "adamw.pt"] {
        let path = folder.path().join(name);
        save(&load(fixtures().join("optim").join(name)).unwrap(), &path).unwrap();
        files.push(path);
    }
    let check = |files: &[PathBuf]| {
        let script = fixtures().join("check_pt.py");
        Command::new("python3").arg(script).args(files).output()
    };
    let Ok(output) = check(&files) else {
        println!(
            "NOT CHECKED: there is no python3 here to hold written files against PyTorch's layout"
        );
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(
        text.lines().filter(|line| line.ends_with(": ok")).count(),
        files.len(),
        "{text}"
    );
    // And it can fail.
    for name in ["os_system.pt", "storage_too_short.pt"] {
        let bad = check(&[fixtures().join("state_dicts/bad").join(name)]).unwrap();
        assert!(!bad.status.success(), "{name} passes the checker");
    }
}
