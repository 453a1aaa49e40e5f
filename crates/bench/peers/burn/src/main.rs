//! burn's side of the work list: one JSON line for each case.
//!
//! `cargo run --release --features flex -- --backend flex --threads 2 --sections A,B,C,D`, in this folder.
#![allow(deprecated)]
#[path = "../../common/harness.rs"]
mod harness;
use burn::data::dataloader::{batcher::Batcher, DataLoaderBuilder};
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNormConfig, LayerNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{activation, Device, Distribution, Int, Tensor, TensorData};
use harness::*;
use std::time::Instant;

fn dev(a: &Args) -> Device {
    match a.backend.as_str() {
        #[cfg(feature = "ndarray")]
        "ndarray" => Device::ndarray(),
        #[cfg(feature = "cpu")]
        "cpu" => Device::cpu(),
        #[cfg(feature = "flex")]
        "flex" => Device::flex(),
        _ => panic!("backend"),
    }
}
fn rn<const D: usize>(s: [usize; D], d: &Device) -> Tensor<D> {
    Tensor::random(s, Distribution::Normal(0., 1.), d)
}
fn labels(n: usize, k: usize, d: &Device) -> Tensor<1, Int> {
    Tensor::from_data(
        TensorData::from(
            (0..n)
                .map(|i| ((i * 7919) % k) as i32)
                .collect::<Vec<_>>()
                .as_slice(),
        ),
        d,
    )
}
fn sync<const D: usize>(t: &Tensor<D>) {
    let _ = t.device().sync();
}

#[derive(Module, Debug)]
struct Mlp {
    a: Linear,
    b: Linear,
    c: Linear,
}
impl Mlp {
    fn new(d: &Device) -> Self {
        Self {
            a: LinearConfig::new(784, 512).init(d),
            b: LinearConfig::new(512, 512).init(d),
            c: LinearConfig::new(512, 10).init(d),
        }
    }
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.c.forward(activation::relu(
            self.b.forward(activation::relu(self.a.forward(x))),
        ))
    }
}
#[derive(Module, Debug)]
struct Cnn {
    a: Conv2d,
    b: Conv2d,
    c: Linear,
    d: Linear,
    p: MaxPool2d,
}
impl Cnn {
    fn new(d: &Device) -> Self {
        let c = |i, o| {
            Conv2dConfig::new([i, o], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(d)
        };
        Self {
            a: c(1, 32),
            b: c(32, 64),
            c: LinearConfig::new(3136, 128).init(d),
            d: LinearConfig::new(128, 10).init(d),
            p: MaxPool2dConfig::new([2, 2]).init(),
        }
    }
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = self.p.forward(activation::relu(self.a.forward(x)));
        let x: Tensor<2> = self
            .p
            .forward(activation::relu(self.b.forward(x)))
            .flatten(1, 3);
        self.d.forward(activation::relu(self.c.forward(x)))
    }
}
#[derive(Module, Debug)]
struct Tiny {
    a: Linear,
    b: Linear,
}

struct Step<M> {
    m: Option<M>,
    o: ModuleOptimizer,
    l: CrossEntropyLoss,
    lr: f64,
}
impl<M: Module> Step<M> {
    fn new(m: M, momentum: bool, d: &Device) -> Self {
        let c = if momentum {
            SgdConfig::new().with_momentum(Some(
                MomentumConfig::new().with_momentum(0.9).with_dampening(0.0),
            ))
        } else {
            SgdConfig::new()
        };
        Self {
            m: Some(m),
            o: c.init(),
            l: CrossEntropyLossConfig::new().init(d),
            lr: 1e-2,
        }
    }
    fn run(&mut self, f: impl FnOnce(&M) -> Tensor<2>, y: Tensor<1, Int>) -> f32 {
        let m = self.m.take().unwrap();
        let l = self.l.forward(f(&m), y);
        let g = GradientsParams::from_grads(l.backward(), &m);
        self.m = Some(self.o.step(self.lr, m, g));
        l.into_scalar::<f32>()
    }
}
#[derive(Clone)]
struct B;
type Item = (Vec<u8>, u8);
impl Batcher<Item, (Tensor<3>, Tensor<1, Int>)> for B {
    // as in burn's own mnist example: one tensor per item, scaled, then concatenated
    fn batch(&self, v: Vec<Item>, d: &Device) -> (Tensor<3>, Tensor<1, Int>) {
        let x = v
            .iter()
            .map(|(x, _)| {
                Tensor::<3>::from_data(TensorData::new(x.clone(), [1, 28, 28]).convert::<f32>(), d)
                    / 255.0
            })
            .collect();
        let y = v
            .iter()
            .map(|(_, y)| Tensor::<1, Int>::from_data([*y as i32], d))
            .collect();
        (Tensor::cat(x, 0), Tensor::cat(y, 0))
    }
}
fn run(a: &Args, name: &str, kind: &str, p: &[usize]) {
    let peer = format!("burn-{}", a.backend);
    let d = &dev(a);
    let ad = &dev(a).autodiff();
    let b = |fl: f64, by: f64, f: &mut dyn FnMut()| bench(&peer, a, name, fl, by, 2.5, f);
    let (n0, n1) = (
        p.first().copied().unwrap_or(1),
        p.get(1).copied().unwrap_or(1),
    );
    match kind {
        "gemm_nn" => {
            let (x, w) = (rn([p[0], p[1]], d), rn([p[1], p[2]], d));
            b(2.0 * (p[0] * p[1] * p[2]) as f64, 0., &mut || {
                sync(&x.clone().matmul(w.clone()))
            })
        }
        "gemm_nt" => {
            let (x, w) = (rn([p[0], p[1]], d), rn([p[2], p[1]], d));
            b(2.0 * (p[0] * p[1] * p[2]) as f64, 0., &mut || {
                sync(&x.clone().matmul(w.clone().transpose()))
            })
        }
        "add" => {
            let (x, y) = (rn([n0], d), rn([n0], d));
            b(0., 12. * n0 as f64, &mut || sync(&(x.clone() + y.clone())))
        }
        "relu" => {
            let x = rn([n0], d);
            b(0., 8. * n0 as f64, &mut || {
                sync(&activation::relu(x.clone()))
            })
        }
        "exp" => {
            let x = rn([n0], d);
            b(0., 8. * n0 as f64, &mut || sync(&x.clone().exp()))
        }
        "tanh" => {
            let x = rn([n0], d);
            b(0., 8. * n0 as f64, &mut || {
                sync(&activation::tanh(x.clone()))
            })
        }
        "sum_all" => {
            let x = rn([n0], d);
            b(0., 4. * n0 as f64, &mut || {
                x.clone().sum().into_scalar::<f32>();
            })
        }
        "add_row" => {
            let (x, r) = (rn([n0, n1], d), rn([1, n1], d));
            b(0., 8. * (n0 * n1) as f64, &mut || {
                sync(&(x.clone() + r.clone()))
            })
        }
        "sum_rows" => {
            let x = rn([n0, n1], d);
            b(0., 4. * (n0 * n1) as f64, &mut || {
                sync(&x.clone().sum_dim(1))
            })
        }
        "sum_cols" => {
            let x = rn([n0, n1], d);
            b(0., 4. * (n0 * n1) as f64, &mut || {
                sync(&x.clone().sum_dim(0))
            })
        }
        "softmax" => {
            let x = rn([n0, n1], d);
            b(0., 8. * (n0 * n1) as f64, &mut || {
                sync(&activation::softmax(x.clone(), 1))
            })
        }
        "layer_norm" => {
            let x = rn([n0, n1], d);
            let m = LayerNormConfig::new(n1).init(d);
            b(0., 8. * (n0 * n1) as f64, &mut || {
                sync(&m.forward(x.clone()))
            })
        }
        "lsm_nll_fb" => {
            let x = rn([n0, n1], ad).require_grad();
            let y = labels(n0, n1, ad);
            let l = CrossEntropyLossConfig::new().init(ad);
            b(0., 0., &mut || {
                let g = l.forward(x.clone(), y.clone()).backward();
                sync(&x.grad(&g).unwrap());
            })
        }
        "conv_f" | "conv_fb" => {
            let (n, ci, hw, co) = (p[0], p[1], p[2], p[3]);
            let fl = 2.0 * (n * hw * hw * co * ci * 9) as f64;
            let mk = |d: &Device| {
                Conv2dConfig::new([ci, co], [3, 3])
                    .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                    .init(d)
            };
            if kind == "conv_f" {
                let m = mk(d);
                let x = rn([n, ci, hw, hw], d);
                b(fl, 0., &mut || sync(&m.forward(x.clone())))
            } else {
                let m = mk(ad);
                let x = rn([n, ci, hw, hw], ad);
                let x = if ci > 1 { x.require_grad() } else { x };
                let g = rn([n, co, hw, hw], ad);
                b(fl * if ci > 1 { 3. } else { 2. }, 0., &mut || {
                    let r = (m.forward(x.clone()) * g.clone()).sum().backward();
                    sync(&m.weight.val().grad(&r).unwrap());
                })
            }
        }
        "maxpool_fb" => {
            let x = rn([p[0], p[1], p[2], p[2]], ad).require_grad();
            let g = rn([p[0], p[1], p[2] / 2, p[2] / 2], ad);
            let m = MaxPool2dConfig::new([2, 2]).init();
            b(0., 0., &mut || {
                let r = (m.forward(x.clone()) * g.clone()).sum().backward();
                sync(&x.grad(&r).unwrap());
            })
        }
        "batchnorm_fb" => {
            let m = BatchNormConfig::new(p[1]).init(ad);
            let x = rn([p[0], p[1], p[2], p[2]], ad).require_grad();
            let g = rn([p[0], p[1], p[2], p[2]], ad);
            b(0., 0., &mut || {
                let r = (m.forward(x.clone()) * g.clone()).sum().backward();
                sync(&x.grad(&r).unwrap());
            })
        }
        "mlp_train" => {
            let mut s = Step::new(Mlp::new(ad), false, ad);
            let (x, y) = (rn([n0, 784], ad), labels(n0, 10, ad));
            b(
                (p[0] * 2 * (3 * (784 * 512 + 512 * 512 + 5120) - 784 * 512)) as f64,
                0.,
                &mut || {
                    s.run(|m| m.forward(x.clone()), y.clone());
                },
            )
        }
        "cnn_train" => {
            let mut s = Step::new(Cnn::new(ad), true, ad);
            let (x, y) = (rn([n0, 1, 28, 28], ad), labels(n0, 10, ad));
            b(
                (p[0] * 2 * (2 * 784 * 32 * 9 + 3 * (196 * 64 * 32 * 9 + 3136 * 128 + 1280)))
                    as f64,
                0.,
                &mut || {
                    s.run(|m| m.forward(x.clone()), y.clone());
                },
            )
        }
        "mlp_infer" => {
            let m = Mlp::new(d);
            let x = rn([n0, 784], d);
            b(0., 0., &mut || sync(&m.forward(x.clone())))
        }
        "cnn_infer" => {
            let m = Cnn::new(d);
            let x = rn([n0, 1, 28, 28], d);
            b(0., 0., &mut || sync(&m.forward(x.clone())))
        }
        "tiny_train" => {
            let mut m = Some(Tiny {
                a: LinearConfig::new(2, 16).init(ad),
                b: LinearConfig::new(16, 1).init(ad),
            });
            let mut o = SgdConfig::new().init();
            let x = rn([n0, 2], ad);
            let y = Tensor::<2>::from_data(
                TensorData::new((0..n0).map(|i| (i % 2) as f32).collect::<Vec<_>>(), [n0, 1]),
                ad,
            );
            let ny = y.clone().neg().add_scalar(1.0);
            b(0., 0., &mut || {
                let k = m.take().unwrap();
                let q =
                    activation::sigmoid(k.b.forward(activation::sigmoid(k.a.forward(x.clone()))));
                let l = (y.clone() * q.clone().log() + ny.clone() * q.neg().add_scalar(1.0).log())
                    .mean()
                    .neg();
                let g = GradientsParams::from_grads(l.backward(), &k);
                m = Some(o.step(0.1, k, g));
            })
        }
        "load_gz" => bench(&peer, a, name, 0., 0., 6.0, || {
            load_all(a);
        }),
        "epoch_mlp" | "epoch_cnn" => {
            let f = load_all(a);
            let items: Vec<Item> = f[0][16..]
                .chunks(784)
                .map(|c| c.to_vec())
                .zip(f[1][8..].iter().copied())
                .collect();
            for w in [0, 2] {
                let dl = DataLoaderBuilder::new(B)
                    .batch_size(p[0])
                    .shuffle(42)
                    .num_workers(w)
                    .set_device(ad.clone())
                    .build(InMemDataset::new(items.clone()));
                let (mut xs, mut first) = (vec![], 0.);
                let (mut sm, mut sc) = (
                    Step::new(Mlp::new(ad), false, ad),
                    Step::new(Cnn::new(ad), true, ad),
                );
                for e in 0..a.epochs {
                    let t = Instant::now();
                    for r in dl.iter() {
                        let (x, y) = r.unwrap();
                        let n = x.dims()[0];
                        if kind == "epoch_mlp" {
                            sm.run(|m| m.forward(x.reshape([n, 784])), y);
                        } else {
                            sc.run(|m| m.forward(x.reshape([n, 1, 28, 28])), y);
                        }
                    }
                    xs.push(t.elapsed().as_secs_f64());
                    if e == 0 {
                        first = xs[0];
                    }
                }
                let t = Instant::now();
                for _ in dl.iter() {}
                let lo = t.elapsed().as_secs_f64();
                let k = xs.len() as f64;
                let (m, mn) = med(&mut xs);
                emit(
                    &peer,
                    a,
                    &format!("{name}/dataloader-w{w}"),
                    m,
                    mn,
                    &[
                        ("first_epoch_s", first),
                        ("loader_only_s", lo),
                        ("samples", k),
                        ("peak_rss_mb", rss_mb()),
                    ],
                );
            }
        }
        _ => {}
    }
}
fn main() {
    let a = args();
    if a.sections == "first" {
        let d = dev(&a).autodiff();
        Step::new(Mlp::new(&d), false, &d)
            .run(|m| m.forward(rn([64, 784], &d)), labels(64, 10, &d));
        return;
    }
    for (n, k, p) in cases(&a) {
        run(&a, &n, &k, &p);
    }
}
