//! Losses and batch normalisation beside numbers recorded from PyTorch.

use std::collections::HashMap;

use ondol_nn::functional::{self, ClassOptions, RunningStats};
use ondol_nn::{Reduction, Tensor};

const CASES: &str = include_str!("fixtures/pytorch.txt");

#[derive(Default)]
struct Case<'a> {
    id: &'a str,
    op: &'a str,
    args: HashMap<&'a str, &'a str>,
    tensors: HashMap<&'a str, Tensor>,
}

fn cases() -> Vec<Case<'static>> {
    let mut cases: Vec<Case<'static>> = Vec::new();
    for line in CASES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let mut words = line.split(' ');
        let first = words.next().unwrap();
        if first == "case" {
            let (id, op) = (words.next().unwrap(), words.next().unwrap());
            let args = words.map(|word| word.split_once('=').unwrap()).collect();
            cases.push(Case {
                id,
                op,
                args,
                ..Case::default()
            });
            continue;
        }
        let (dtype, sizes) = (words.next().unwrap(), words.next().unwrap());
        let sizes: Vec<usize> = sizes
            .split('x')
            .filter(|s| *s != "-")
            .map(|s| s.parse().unwrap())
            .collect();
        let tensor = match dtype {
            "f32" => Tensor::from_vec(words.map(|w| w.parse::<f32>().unwrap()).collect(), sizes),
            "i64" => Tensor::from_vec(words.map(|w| w.parse::<i64>().unwrap()).collect(), sizes),
            other => panic!("a dtype {other}"),
        };
        cases.last_mut().unwrap().tensors.insert(first, tensor);
    }
    cases
}

impl Case<'_> {
    fn number(&self, name: &str) -> f64 {
        self.args[name].parse().unwrap()
    }

    fn input(&self, name: &str) -> &Tensor {
        &self.tensors[format!("in.{name}").as_str()]
    }

    fn optional(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(format!("in.{name}").as_str())
    }

    fn run(&self) -> Tensor {
        let mean = Reduction::Mean;
        let x = self.input("input");
        match self.op {
            "binary_cross_entropy" => {
                functional::binary_cross_entropy(x, self.input("target"), None, mean)
            }
            "binary_cross_entropy_with_logits" => functional::binary_cross_entropy_with_logits(
                x,
                self.input("target"),
                None,
                self.optional("pos_weight"),
                mean,
            ),
            "mse_loss" => functional::mse_loss(x, self.input("target"), mean),
            "cross_entropy" | "nll_loss" => {
                let options = ClassOptions {
                    weight: self.optional("weight"),
                    ignore_index: self.number("ignore_index") as i64,
                    label_smoothing: self
                        .args
                        .get("label_smoothing")
                        .map_or(0.0, |s| s.parse().unwrap()),
                    reduction: mean,
                };
                let f = if self.op == "nll_loss" {
                    functional::nll_loss
                } else {
                    functional::cross_entropy
                };
                f(x, self.input("target"), &options)
            }
            "batch_norm" => {
                let running = RunningStats {
                    mean: self.input("running_mean"),
                    var: self.input("running_var"),
                    momentum: self.number("momentum"),
                };
                let (weight, bias) = (self.optional("weight"), self.optional("bias"));
                functional::batch_norm(
                    x,
                    Some(running),
                    weight,
                    bias,
                    self.args["training"] == "True",
                    self.number("eps"),
                )
            }
            other => panic!("{}: no test runs {other}", self.id),
        }
    }

    fn check(&self, name: &str, got: &Tensor) {
        let want = &self.tensors[name];
        assert_eq!(
            (got.shape(), got.dtype()),
            (want.shape(), want.dtype()),
            "{} {name}",
            self.id
        );
        let (rtol, atol) = (self.number("rtol") as f32, self.number("atol") as f32);
        for (i, (g, w)) in got
            .to_vec::<f32>()
            .iter()
            .zip(want.to_vec::<f32>())
            .enumerate()
        {
            assert!(
                (g - w).abs() <= atol + rtol * w.abs(),
                "{} {name}[{i}]: {g} where PyTorch has {w}",
                self.id
            );
        }
    }
}

#[test]
fn losses_and_batch_norm_have_pytorchs_numbers() {
    let cases = cases();
    assert_eq!(cases.len(), 8);
    for case in &cases {
        let checked: Vec<&str> = case
            .tensors
            .keys()
            .filter_map(|key| key.strip_prefix("grad."))
            .collect();
        assert!(!checked.is_empty());
        for name in &checked {
            case.input(name).requires_grad_(true);
        }
        let output = case.run();
        case.check("out.output", &output);
        for running in ["running_mean", "running_var"] {
            if let Some(state) = case.optional(running) {
                case.check(&format!("out.{running}"), state);
            }
        }
        output.mul(&case.tensors["cot.output"]).sum().backward();
        for name in checked {
            case.check(&format!("grad.{name}"), &case.input(name).grad().unwrap());
        }
    }
}
