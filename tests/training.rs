//! Training as users write it: it learns, it repeats to the bit for any number of threads, its
//! memory stays flat, and what is saved comes back.

use ondol::prelude::*;
use ondol::vision::datasets::SyntheticFashion;

/// `set_num_threads` is for the whole process, so the tests that call it take turns.
static THREADS: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn cnn() -> nn::Sequential {
    nn::sequential![
        nn::Conv2d::new(1, 8, 3).padding(1),
        nn::BatchNorm2d::new(8),
        nn::ReLU::new(),
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Dropout::new(0.1),
        nn::Linear::new(8 * 14 * 14, 10),
    ]
}

fn mlp() -> nn::Sequential {
    nn::sequential![
        nn::Flatten::new(),
        nn::Linear::new(784, 256),
        nn::ReLU::new(),
        nn::Linear::new(256, 10),
    ]
}

/// Trains on drawn garments; the weights' bits and the last loss.
fn train(model: &nn::Sequential, steps: usize, workers: usize) -> (Vec<Vec<u32>>, f64) {
    let _own = ondol::fork_rng_guard();
    ondol::manual_seed(7);
    let images = SyntheticFashion::new(true, 2048, 3);
    let loader = DataLoader::new(images)
        .batch_size(64)
        .shuffle(true)
        .seed(1)
        .num_workers(workers);
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::SGD::new(model.parameters(), 0.05).momentum(0.9);
    model.train();
    let mut last = f64::NAN;
    let batches = std::iter::repeat_with(|| loader.iter()).flatten();
    for batch in batches.take(steps) {
        let (x, y) = batch.expect("drawn images never fail");
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x), &y);
        loss.backward();
        optimizer.step();
        last = loss.item();
    }
    let parameters = model.parameters();
    let bits = |p: &Tensor| p.to_vec::<f32>().into_iter().map(f32::to_bits).collect();
    (parameters.iter().map(bits).collect(), last)
}

fn fresh(build: fn() -> nn::Sequential) -> nn::Sequential {
    let _own = ondol::fork_rng_guard();
    ondol::manual_seed(0);
    build()
}

#[test]
fn a_network_learns_drawn_garments() {
    let model = fresh(mlp);
    let (_, first) = train(&model, 1, 0);
    let (_, last) = train(&model, 160, 0);
    assert!(
        last < 0.6 * first,
        "the loss fell only from {first} to {last}"
    );

    model.eval();
    let test = DataLoader::new(SyntheticFashion::new(false, 500, 3)).batch_size(500);
    let (x, y) = test
        .iter()
        .next()
        .expect("one batch")
        .expect("drawn images never fail");
    let right = no_grad(|| model.forward(&x))
        .argmax(-1, false)
        .eq(&y)
        .float()
        .mean()
        .item();
    assert!(right > 0.5, "only {right} of the test images are right");
}

#[test]
fn the_bits_do_not_depend_on_threads_or_workers() {
    let _turn = THREADS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    for build in [mlp, cnn] {
        let mut runs = Vec::new();
        for (threads, workers) in [(1, 0), (2, 2), (3, 1)] {
            ondol::set_num_threads(threads);
            runs.push(train(&fresh(build), 12, workers));
        }
        ondol::set_num_threads(0);
        assert!(runs[0].1.is_finite());
        assert!(
            runs.windows(2).all(|r| r[0] == r[1]),
            "losses {:?}",
            runs.iter().map(|r| r.1).collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_loop_written_by_hand_keeps_its_memory() {
    let model = fresh(mlp);
    let x = Tensor::rand([64, 784]);
    let y = Tensor::randint(0, 10, 64);
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 1e-3);
    let mut step = || {
        optimizer.zero_grad();
        criterion.forward(&model.forward(&x), &y).backward();
        optimizer.step();
        ondol::live_nodes()
    };
    // Other tests of this process make nodes too; a leak would add hundreds with each step.
    let early = (0..10).map(|_| step()).max();
    let late = (0..200).map(|_| step()).min();
    assert!(
        late <= early.map(|n| n + 100),
        "{early:?} nodes at first, {late:?} later"
    );
}

#[test]
fn a_saved_model_comes_back_to_the_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("model.ond");
    let model = fresh(cnn);
    train(&model, 3, 0);
    ondol::save(&model.state_dict(), &path).expect("the state dict is saved");

    let other = cnn();
    let state = ondol::load(&path).expect("the file is read");
    other.load_state_dict(&state).expect("the keys fit");
    let x = Tensor::rand([4, 1, 28, 28]);
    model.eval();
    other.eval();
    let (a, b) = no_grad(|| (model.forward(&x), other.forward(&x)));
    assert_eq!(a.to_vec::<f32>(), b.to_vec::<f32>());

    let wrong = mlp()
        .load_state_dict(&state)
        .expect_err("another architecture");
    let text = wrong.to_string();
    assert!(
        text.contains("Missing key(s)") && text.contains("Unexpected key(s)"),
        "{text}"
    );
}
