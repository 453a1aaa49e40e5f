// The cells of examples/notebooks/first_steps.ipynb; see tests/pages/main.rs.

pub(crate) fn run() {
use ondol::prelude::*;
use ondol::train::{History, plot};
use ondol::vision::datasets::SyntheticFashion;
use ondol::vision::utils::{Grid, make_grid, preview};
crate::programs::end_of_cell();
let x = tensor!([[1.0, 2.0], [3.0, 4.0]]).requires_grad_(true);
crate::notebook::show((x).notebook());
crate::programs::end_of_cell();
let y = x.square().sum();
y.backward();
println!("{}", y.item());
crate::notebook::show((x.grad().unwrap()).notebook());
crate::programs::end_of_cell();
let train = SyntheticFashion::new(true, 1000, 0);
let (images, labels) = train.get_batch(&(0..16).collect::<Vec<_>>()).unwrap();
println!("{} {}", images.shape(), labels.shape());
crate::notebook::show((preview(&make_grid(&images, &Grid::new().nrow(8)))).notebook());
crate::programs::end_of_cell();
ondol::manual_seed(0);
let model = nn::sequential![
    nn::Flatten::new(),
    nn::Linear::new(784, 64),
    nn::ReLU,
    nn::Linear::new(64, 10),
];
println!("{} parameters", model.num_parameters());
crate::programs::end_of_cell();
let criterion = nn::CrossEntropyLoss::new();
let mut optimizer = optim::Adam::new(model.parameters(), 0.003);
let loader = DataLoader::new(train).batch_size(50).shuffle(true).seed(0);
let mut history = History::new();
for _epoch in 0..5 {
    let mut sum = 0.0;
    for batch in &loader {
        let (x, y) = batch.unwrap();
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x), &y);
        loss.backward();
        optimizer.step();
        sum += loss.item();
    }
    history.push(&[("loss", sum / loader.len() as f64)]);
}
println!("the loss fell: {}", history.last("loss").unwrap() < 0.8);
crate::notebook::show((plot::history(&history)).notebook());
crate::programs::end_of_cell();
let error = ondol::catch(|| model.forward(&Tensor::zeros([1, 5]))).unwrap_err();
println!("{}", error.to_string().lines().next().unwrap());
crate::programs::end_of_cell();
}
