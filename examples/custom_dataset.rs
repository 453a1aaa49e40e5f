//! Teaches a Dataset of one's own: samples by index, batches on worker threads, errors that name the sample.
//!
//! `cargo run --example custom_dataset`

use ondol::Error;
use ondol::prelude::*;

/// A signal as a line of text, `"1,2,3"`, and whether it rises: parsed when it is asked for.
struct Signals {
    lines: Vec<String>,
}

impl Signals {
    fn new(n: usize) -> Self {
        let line = |i: usize| {
            let (start, step) = ((i * 7 % 11) as f32, (i % 5 + 1) as f32 * 0.1);
            let step = if i.is_multiple_of(2) { step } else { -step };
            let values: Vec<_> = (0..8).map(|t| start + step * t as f32).collect();
            let texts: Vec<_> = values.iter().map(f32::to_string).collect();
            texts.join(",")
        };
        Self {
            lines: (0..n).map(line).collect(),
        }
    }
}

impl Dataset for Signals {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        self.lines.len()
    }

    /// What can go wrong in the world is an error, not a panic.
    fn get(&self, index: usize) -> ondol::Result<(Tensor, i64)> {
        let number = |text: &str| {
            let wrong = |_| Error::value("Signals", format!("{text:?} is not a number"));
            text.parse::<f32>().map_err(wrong)
        };
        let values = self.lines[index].split(',').map(number);
        let values = values.collect::<ondol::Result<Vec<_>>>()?;
        let rises = values.last() > values.first();
        Ok((Tensor::from_vec(values, [8]), i64::from(rises)))
    }
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let (train, test) = data::random_split(Signals::new(400), [0.8, 0.2], None)?.into();
    let loader = DataLoader::new(train)
        .batch_size(32)
        .shuffle(true)
        .num_workers(2);
    println!("{} batches an epoch", loader.len());

    let model = nn::Linear::new(8, 2);
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.05);
    for epoch in 0..10 {
        let mut sum = 0.0;
        for batch in &loader {
            let (x, y) = batch?;
            optimizer.zero_grad();
            let loss = criterion.forward(&model.forward(&x), &y);
            loss.backward();
            optimizer.step();
            sum += loss.item();
        }
        println!("epoch {epoch}: loss {:.4}", sum / loader.len() as f64);
    }
    let (x, y) = test.get_batch(&(0..test.len()).collect::<Vec<_>>())?;
    let guess = no_grad(|| model.forward(&x)).argmax(1, false);
    println!("test accuracy {:.3}", guess.eq(&y).float().mean().item());

    let mut broken = Signals::new(6);
    broken.lines[4] = "1,2,three".into();
    let error = DataLoader::new(broken).iter().find_map(Result::err);
    println!("a broken line: {}", error.expect("sample 4 cannot be read"));
    Ok(())
}
