//! candle's side of the work list: one JSON line for each case.
//!
//! `cargo run --release -- --threads 2 --sections A,B,C,D`, in this folder.
#[path = "../../common/harness.rs"]
mod harness;
#[cfg(feature = "mkl")]
extern crate intel_mkl_src;
use candle_core::{backprop::GradStore, DType, Device, Result, Tensor, Var, D};
use candle_nn::{
    loss, ops, Conv2d, Conv2dConfig, Linear, Module, Optimizer, VarBuilder, VarMap, SGD,
};
use harness::*;
use rand::seq::SliceRandom;
use std::time::Instant;

const PEER: &str = if cfg!(feature = "mkl") {
    "candle-mkl"
} else {
    "candle"
};
fn randn(s: &[usize]) -> Tensor {
    Tensor::randn(0f32, 1f32, s, &Device::Cpu).unwrap()
}
fn labels(n: usize, k: u32) -> Tensor {
    Tensor::from_vec(
        (0..n as u32).map(|i| (i * 7919) % k).collect::<Vec<_>>(),
        n,
        &Device::Cpu,
    )
    .unwrap()
}

struct Mlp([Linear; 3]);
impl Mlp {
    fn new(vb: VarBuilder) -> Result<Self> {
        Ok(Self([
            candle_nn::linear(784, 512, vb.pp("a"))?,
            candle_nn::linear(512, 512, vb.pp("b"))?,
            candle_nn::linear(512, 10, vb.pp("c"))?,
        ]))
    }
}
impl Module for Mlp {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.0[2].forward(&self.0[1].forward(&self.0[0].forward(x)?.relu()?)?.relu()?)
    }
}
struct Cnn(Conv2d, Conv2d, Linear, Linear);
impl Cnn {
    fn new(vb: VarBuilder) -> Result<Self> {
        let c = Conv2dConfig {
            padding: 1,
            ..Default::default()
        };
        Ok(Self(
            candle_nn::conv2d(1, 32, 3, c, vb.pp("a"))?,
            candle_nn::conv2d(32, 64, 3, c, vb.pp("b"))?,
            candle_nn::linear(3136, 128, vb.pp("c"))?,
            candle_nn::linear(128, 10, vb.pp("d"))?,
        ))
    }
}
impl Module for Cnn {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.0.forward(x)?.relu()?.max_pool2d(2)?;
        let x = self.1.forward(&x)?.relu()?.max_pool2d(2)?.flatten_from(1)?;
        self.3.forward(&self.2.forward(&x)?.relu()?)
    }
}
/// candle_nn::SGD has no momentum; the same arithmetic with tensor operations.
struct Momentum {
    vars: Vec<Var>,
    v: Vec<Option<Tensor>>,
    lr: f64,
}
impl Momentum {
    fn step(&mut self, g: &GradStore) -> Result<()> {
        for (var, v) in self.vars.iter().zip(self.v.iter_mut()) {
            if let Some(g) = g.get(var) {
                let nv = match v {
                    None => g.clone(),
                    Some(v) => ((&*v * 0.9)? + g)?,
                }
                .detach();
                var.set(&var.sub(&(&nv * self.lr)?)?)?;
                *v = Some(nv);
            }
        }
        Ok(())
    }
}
enum Opt {
    Sgd(SGD),
    Mom(Momentum),
}
fn model(kind: &str) -> (Box<dyn Module>, VarMap) {
    let vm = VarMap::new();
    let vb = VarBuilder::from_varmap(&vm, DType::F32, &Device::Cpu);
    let m: Box<dyn Module> = if kind.contains("mlp") {
        Box::new(Mlp::new(vb).unwrap())
    } else {
        Box::new(Cnn::new(vb).unwrap())
    };
    (m, vm)
}
fn stepper(kind: &str) -> impl FnMut(&Tensor, &Tensor) -> f32 {
    let (m, vm) = model(kind);
    let mut opt = if kind.contains("mlp") {
        Opt::Sgd(SGD::new(vm.all_vars(), 1e-2).unwrap())
    } else {
        let vars = vm.all_vars();
        let v = vars.iter().map(|_| None).collect();
        Opt::Mom(Momentum { vars, v, lr: 1e-2 })
    };
    move |x, y| {
        let l = loss::cross_entropy(&m.forward(x).unwrap(), y).unwrap();
        let g = l.backward().unwrap();
        match &mut opt {
            Opt::Sgd(o) => o.step(&g).unwrap(),
            Opt::Mom(o) => o.step(&g).unwrap(),
        }
        l.to_scalar::<f32>().unwrap()
    }
}
fn run(a: &Args, name: &str, kind: &str, p: &[usize]) {
    let b = |fl: f64, by: f64, f: &mut dyn FnMut()| bench(PEER, a, name, fl, by, 2.5, f);
    match kind {
        "gemm_nn" => {
            let (x, w) = (randn(&[p[0], p[1]]), randn(&[p[1], p[2]]));
            b(2.0 * (p[0] * p[1] * p[2]) as f64, 0., &mut || {
                x.matmul(&w).unwrap();
            })
        }
        "gemm_nt" => {
            let (x, w) = (randn(&[p[0], p[1]]), randn(&[p[2], p[1]]));
            b(2.0 * (p[0] * p[1] * p[2]) as f64, 0., &mut || {
                x.matmul(&w.t().unwrap()).unwrap();
            })
        }
        "add" => {
            let (x, y) = (randn(p), randn(p));
            b(0., 12. * p[0] as f64, &mut || {
                (&x + &y).unwrap();
            })
        }
        "relu" => {
            let x = randn(p);
            b(0., 8. * p[0] as f64, &mut || {
                x.relu().unwrap();
            })
        }
        "exp" => {
            let x = randn(p);
            b(0., 8. * p[0] as f64, &mut || {
                x.exp().unwrap();
            })
        }
        "tanh" => {
            let x = randn(p);
            b(0., 8. * p[0] as f64, &mut || {
                x.tanh().unwrap();
            })
        }
        "sum_all" => {
            let x = randn(p);
            b(0., 4. * p[0] as f64, &mut || {
                x.sum_all().unwrap();
            })
        }
        "add_row" => {
            let (x, r) = (randn(p), randn(&p[1..]));
            b(0., 8. * (p[0] * p[1]) as f64, &mut || {
                x.broadcast_add(&r).unwrap();
            })
        }
        "sum_rows" => {
            let x = randn(p);
            b(0., 4. * (p[0] * p[1]) as f64, &mut || {
                x.sum(1).unwrap();
            })
        }
        "sum_cols" => {
            let x = randn(p);
            b(0., 4. * (p[0] * p[1]) as f64, &mut || {
                x.sum(0).unwrap();
            })
        }
        "softmax" => {
            let x = randn(p);
            b(0., 8. * (p[0] * p[1]) as f64, &mut || {
                ops::softmax_last_dim(&x).unwrap();
            })
        }
        "layer_norm" => {
            let (x, w, c) = (randn(p), randn(&p[1..]), randn(&p[1..]));
            b(0., 8. * (p[0] * p[1]) as f64, &mut || {
                ops::layer_norm(&x, &w, &c, 1e-5).unwrap();
            })
        }
        "lsm_nll_fb" => {
            let x = Var::from_tensor(&randn(p)).unwrap();
            let y = labels(p[0], p[1] as u32);
            b(0., 0., &mut || {
                loss::nll(&ops::log_softmax(x.as_tensor(), D::Minus1).unwrap(), &y)
                    .unwrap()
                    .backward()
                    .unwrap();
            })
        }
        "conv_f" | "conv_fb" => {
            let (n, ci, hw, co) = (p[0], p[1], p[2], p[3]);
            let fl = 2.0 * (n * hw * hw * co * ci * 9) as f64;
            let vm = VarMap::new();
            let m = candle_nn::conv2d(
                ci,
                co,
                3,
                Conv2dConfig {
                    padding: 1,
                    ..Default::default()
                },
                VarBuilder::from_varmap(&vm, DType::F32, &Device::Cpu),
            )
            .unwrap();
            let x = randn(&[n, ci, hw, hw]);
            if kind == "conv_f" {
                let m = Conv2d::new(
                    m.weight().detach(),
                    m.bias().map(|b| b.detach()),
                    *m.config(),
                );
                b(fl, 0., &mut || {
                    m.forward(&x).unwrap();
                })
            } else {
                let xv = Var::from_tensor(&x).unwrap();
                let g = randn(&[n, co, hw, hw]);
                b(fl * if ci > 1 { 3. } else { 2. }, 0., &mut || {
                    let y = m.forward(if ci > 1 { xv.as_tensor() } else { &x }).unwrap();
                    (y * &g).unwrap().sum_all().unwrap().backward().unwrap();
                })
            }
        }
        "maxpool_fb" => {
            let x = Var::from_tensor(&randn(&[p[0], p[1], p[2], p[2]])).unwrap();
            let g = randn(&[p[0], p[1], p[2] / 2, p[2] / 2]);
            b(0., 0., &mut || {
                (x.max_pool2d(2).unwrap() * &g)
                    .unwrap()
                    .sum_all()
                    .unwrap()
                    .backward()
                    .unwrap();
            })
        }
        "batchnorm_fb" => {
            let vm = VarMap::new();
            let m = candle_nn::batch_norm(
                p[1],
                1e-5,
                VarBuilder::from_varmap(&vm, DType::F32, &Device::Cpu),
            )
            .unwrap();
            let x = Var::from_tensor(&randn(&[p[0], p[1], p[2], p[2]])).unwrap();
            let g = randn(&[p[0], p[1], p[2], p[2]]);
            b(0., 0., &mut || {
                (m.forward_train(x.as_tensor()).unwrap() * &g)
                    .unwrap()
                    .sum_all()
                    .unwrap()
                    .backward()
                    .unwrap();
            })
        }
        "mlp_train" => {
            let mut s = stepper(kind);
            let (x, y) = (randn(&[p[0], 784]), labels(p[0], 10));
            b(
                (p[0] * 2 * (3 * (784 * 512 + 512 * 512 + 5120) - 784 * 512)) as f64,
                0.,
                &mut || {
                    s(&x, &y);
                },
            )
        }
        "cnn_train" => {
            let mut s = stepper(kind);
            let (x, y) = (randn(&[p[0], 1, 28, 28]), labels(p[0], 10));
            b(
                (p[0] * 2 * (2 * 784 * 32 * 9 + 3 * (196 * 64 * 32 * 9 + 3136 * 128 + 1280)))
                    as f64,
                0.,
                &mut || {
                    s(&x, &y);
                },
            )
        }
        "mlp_infer" | "cnn_infer" => {
            let (_, vm) = model(kind);
            // detached weights: no graph is recorded
            let ts = vm
                .data()
                .lock()
                .unwrap()
                .iter()
                .map(|(k, v)| (k.clone(), v.as_detached_tensor()))
                .collect();
            let vb = VarBuilder::from_tensors(ts, DType::F32, &Device::Cpu);
            let m: Box<dyn Module> = if kind == "mlp_infer" {
                Box::new(Mlp::new(vb).unwrap())
            } else {
                Box::new(Cnn::new(vb).unwrap())
            };
            let x = if kind == "mlp_infer" {
                randn(&[p[0], 784])
            } else {
                randn(&[p[0], 1, 28, 28])
            };
            b(0., 0., &mut || {
                m.forward(&x).unwrap();
            })
        }
        "tiny_train" => {
            let vm = VarMap::new();
            let vb = VarBuilder::from_varmap(&vm, DType::F32, &Device::Cpu);
            let (l1, l2) = (
                candle_nn::linear(2, 16, vb.pp("a")).unwrap(),
                candle_nn::linear(16, 1, vb.pp("b")).unwrap(),
            );
            let mut o = SGD::new(vm.all_vars(), 0.1).unwrap();
            let x = randn(&[p[0], 2]);
            let y = Tensor::from_vec(
                (0..p[0]).map(|i| (i % 2) as f32).collect::<Vec<_>>(),
                (p[0], 1),
                &Device::Cpu,
            )
            .unwrap();
            let ny = y.affine(-1., 1.).unwrap();
            b(0., 0., &mut || {
                let q = ops::sigmoid(
                    &l2.forward(&ops::sigmoid(&l1.forward(&x).unwrap()).unwrap())
                        .unwrap(),
                )
                .unwrap();
                let l = ((&y * q.log().unwrap()).unwrap()
                    + (&ny * q.affine(-1., 1.).unwrap().log().unwrap()).unwrap())
                .unwrap()
                .mean_all()
                .unwrap()
                .neg()
                .unwrap();
                o.backward_step(&l).unwrap();
            })
        }
        "load_gz" => bench(PEER, a, name, 0., 0., 6.0, || {
            load_all(a);
        }),
        "epoch_mlp" | "epoch_cnn" => {
            let f = load_all(a);
            let (px, py) = (&f[0][16..], &f[1][8..]);
            let n = py.len();
            // how the candle examples feed MNIST: whole set as one f32 tensor, index_select per batch
            let x = Tensor::from_vec(
                px.iter().map(|&v| v as f32 / 255.).collect::<Vec<_>>(),
                (n, 784),
                &Device::Cpu,
            )
            .unwrap();
            let y = Tensor::from_vec(
                py.iter().map(|&v| v as u32).collect::<Vec<_>>(),
                n,
                &Device::Cpu,
            )
            .unwrap();
            let mut s = stepper(kind);
            let mut xs = vec![];
            let mut first = 0.;
            let mut idx: Vec<u32> = (0..n as u32).collect();
            for e in 0..a.epochs {
                let t = Instant::now();
                idx.shuffle(&mut rand::rng());
                for c in idx.chunks(p[0]) {
                    let i = Tensor::from_slice(c, c.len(), &Device::Cpu).unwrap();
                    let (bx, by) = (
                        x.index_select(&i, 0).unwrap(),
                        y.index_select(&i, 0).unwrap(),
                    );
                    let bx = if kind == "epoch_cnn" {
                        bx.reshape((c.len(), 1, 28, 28)).unwrap()
                    } else {
                        bx
                    };
                    s(&bx, &by);
                }
                xs.push(t.elapsed().as_secs_f64());
                if e == 0 {
                    first = xs[0];
                }
            }
            let k = xs.len() as f64;
            let (m, mn) = med(&mut xs);
            emit(
                PEER,
                a,
                &format!("{name}/tensor"),
                m,
                mn,
                &[
                    ("first_epoch_s", first),
                    ("samples", k),
                    ("peak_rss_mb", rss_mb()),
                ],
            );
        }
        _ => {}
    }
}
fn main() {
    let a = args();
    if a.sections == "first" {
        stepper("mlp")(&randn(&[64, 784]), &labels(64, 10));
        return;
    }
    for (n, k, p) in cases(&a) {
        run(&a, &n, &k, &p);
    }
}
