// The programs of docs/tour.md; see tests/pages/main.rs.

pub(crate) const COUNT: usize = 14;

pub(crate) fn run(program: usize) {
    match program {
        0 => crate::programs::end(p0::main()),
        1 => crate::programs::end(p1::main()),
        2 => crate::programs::end(p2::main()),
        3 => crate::programs::end(p3::main()),
        4 => crate::programs::end(p4::main()),
        5 => crate::programs::end(p5::main()),
        6 => crate::programs::end(p6::main()),
        7 => crate::programs::end(p7::main()),
        8 => crate::programs::end(p8::main()),
        9 => crate::programs::end(p9::main()),
        10 => crate::programs::end(p10::main()),
        11 => { let _ = p11::main; },
        12 => crate::programs::end(p12::main()),
        13 => crate::programs::end(p13::main()),
        _ => unreachable!(),
    }
}

mod p0 {
pub(super) fn main() {
use ondol::cuda;

println!("{}", cuda::is_available());
println!("{}", cuda::device_count());
match cuda::device_name(cuda::current_device()) {
    Ok(name) => println!("{name}"),
    Err(reason) => println!("{reason}"),
}
println!("{}", ondol::VERSION);
}
}

mod p1 {
pub(super) fn main() {
use ondol::prelude::*;

let w = tensor!(3.0).requires_grad_(true);
for steps in [1, 3] {
    // An ordinary loop makes an ordinary graph: w¹, then w³.
    let mut y = w.clone();
    for _ in 1..steps {
        y = y * &w;
    }
    w.zero_grad();
    y.backward();
    println!("{steps} steps: {}", w.grad().unwrap().item());
}
}
}

mod p2 {
pub(super) fn main() {
use ondol::prelude::*;

let x = tensor!([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
println!("Size: {}", x.shape());
println!("Shape: {}", x.shape());
println!("Rank: {}", x.ndimension());
println!("Rows: {}", x.size(0));
}
}

mod p3 {
pub(super) fn main() {
use ondol::prelude::*;

let x = tensor!([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
let x = x.unsqueeze(0);
println!("{}", x.shape());
let x = x.squeeze();
println!("{}", x.shape());
let x = x.view(9);
println!("{} {}", x.shape(), x);
}
}

mod p4 {
pub(super) fn main() {
use ondol::prelude::*;

ondol::manual_seed(0);
let w = Tensor::randn([5, 3]);
let x = tensor!([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
let b = Tensor::randn([5, 2]);
let wx = w.mm(&x) + &b;
println!("{} {}", wx.shape(), wx.dtype());
}
}

mod p5 {
pub(super) fn main() {
use ondol::prelude::*;

let w = tensor!(1.0).requires_grad_(true);
let l = (&w * 3.0).pow(2.0);
l.backward();
println!("dl/dw = {}", w.grad().unwrap());
}
}

mod p6 {
pub(super) fn main() {
use ondol::prelude::*;

let x_train = vec![0.5_f32, 1.5, 2.5, 3.5];
let x_train = Tensor::from_vec(x_train, [2, 2]);
println!("{} {}", x_train.dtype(), x_train);
let labels = tensor!([0, 1]);
println!("{} -> {}", labels.dtype(), labels.float().dtype());
}
}

mod p7 {
use ondol::prelude::*;

#[derive(Module)]
struct NeuralNet {
    linear_1: nn::Linear,
    relu: nn::ReLU,
    linear_2: nn::Linear,
    sigmoid: nn::Sigmoid,
}

impl NeuralNet {
    fn new(input_size: usize, hidden_size: usize) -> Self {
        Self {
            linear_1: nn::Linear::new(input_size, hidden_size),
            relu: nn::ReLU,
            linear_2: nn::Linear::new(hidden_size, 1),
            sigmoid: nn::Sigmoid,
        }
    }
}

impl Forward for NeuralNet {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.relu.forward(&self.linear_1.forward(x));
        self.sigmoid.forward(&self.linear_2.forward(&x))
    }
}

pub(super) fn main() {
    let model = NeuralNet::new(2, 5);
    println!("{}", model.repr());
    println!("{}", model.forward(&Tensor::zeros([80, 2])).shape());
}
}

mod p8 {
pub(super) fn main() {
use ondol::prelude::*;

ondol::manual_seed(0);
let x_train = tensor!([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]);
let y_train = tensor!([0.0, 0.0, 1.0, 1.0]);
let model = nn::sequential![
    nn::Linear::new(2, 5),
    nn::ReLU,
    nn::Linear::new(5, 1),
    nn::Sigmoid,
];

let learning_rate = 0.3;
let criterion = nn::BCELoss::new();
let mut optimizer = optim::SGD::new(model.parameters(), learning_rate);

model.eval();
let before = no_grad(|| criterion.forward(&model.forward(&x_train).squeeze(), &y_train));
for _epoch in 0..400 {
    model.train();
    optimizer.zero_grad();
    let train_output = model.forward(&x_train);
    let train_loss = criterion.forward(&train_output.squeeze(), &y_train);
    train_loss.backward();
    optimizer.step();
}
model.eval();
let after = no_grad(|| criterion.forward(&model.forward(&x_train).squeeze(), &y_train));
println!("{}", before.item() > 0.5 && after.item() < 0.1);
}
}

mod p9 {
use ondol::prelude::*;

pub(super) fn main() -> ondol::Result<()> {
    let model = nn::Linear::new(2, 1);
    ondol::save(&model.state_dict(), "./model.pt")?;

    let new_model = nn::Linear::new(2, 1);
    new_model.load_state_dict(&ondol::load("./model.pt")?)?;
    println!("{}", new_model.weight.equal(&model.weight));

    // What the world can break is an error, with what and where.
    let error = ondol::load("./no_such.pt").unwrap_err();
    println!("{error}");
    Ok(())
}
}

mod p10 {
use ondol::prelude::*;

struct Squares;

impl Dataset for Squares {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        10
    }

    fn get(&self, i: usize) -> ondol::Result<(Tensor, i64)> {
        let i = i as i64;
        Ok((tensor!([i, i * i]), i % 2))
    }
}

pub(super) fn main() -> ondol::Result<()> {
    let (x, label) = Squares.get(3)?;
    println!("{x} {label}");
    Ok(())
}
}

mod p11 {
use ondol::data::compose;
use ondol::data::transforms::ToTensor;
use ondol::vision::datasets::FashionMNIST;

pub(super) fn main() -> ondol::Result<()> {
    let transform = compose![ToTensor];
    let trainset = FashionMNIST::new("./data")
        .train(true)
        .download(true)
        .transform(transform)
        .open()?;
    println!("{trainset:?}");
    Ok(())
}
}

mod p12 {
use ondol::data::compose;
use ondol::data::transforms::{Normalize, RandomCrop, Resize, ToTensor};
use ondol::prelude::*;
use ondol::vision::datasets::SyntheticFashion;

pub(super) fn main() -> ondol::Result<()> {
    let transform = compose![
        Resize::new(32),
        RandomCrop::new(28),
        ToTensor,
        Normalize::new([0.5], [0.5]),
    ];
    let trainset = SyntheticFashion::new(true, 100, 0).transform(transform);
    let (image, label) = trainset.get(0)?;
    println!("{} {} {}", image.shape(), image.dtype(), label.dtype());
    Ok(())
}
}

mod p13 {
use ondol::prelude::*;
use ondol::vision::datasets::SyntheticFashion;

pub(super) fn main() -> ondol::Result<()> {
    let trainset = SyntheticFashion::new(true, 100, 0);
    let batch_size = 16;
    let train_loader = DataLoader::new(trainset).batch_size(batch_size);
    println!("{} batches", train_loader.len());

    let mut dataiter = train_loader.iter();
    let (images, labels) = dataiter.next().expect("a first batch")?;
    println!("{} {}", images.shape(), labels.shape());

    let mut count = 0;
    for batch in &train_loader {
        let (images, _labels) = batch?;
        count += images.size(0);
    }
    println!("{count} images");
    Ok(())
}
}
