//! Teaches a language model: a tiny GPT learns a rhyme character by character and goes on with it.
//!
//! `cargo run --release --example char_gpt`

use ondol::data::text::NextTokenDataset;
use ondol::nn::EncoderMasks;
use ondol::prelude::*;

const RHYME: &str = "This is the house that Jack built. This is the malt that lay in the house \
    that Jack built. This is the rat that ate the malt that lay in the house that Jack built. \
    This is the cat that killed the rat that ate the malt that lay in the house that Jack built. ";
const BLOCK: usize = 32;
const WIDTH: usize = 48;

#[derive(Module)]
struct Gpt {
    tokens: nn::Embedding,
    places: nn::Embedding,
    blocks: nn::TransformerEncoder,
    head: nn::Linear,
}

impl Gpt {
    fn new(letters: usize) -> Self {
        let block = nn::TransformerEncoderLayer::new(WIDTH, 4)
            .dim_feedforward(4 * WIDTH)
            .dropout(0.0)
            .batch_first(true)
            .norm_first(true);
        Self {
            tokens: nn::Embedding::new(letters, WIDTH),
            places: nn::Embedding::new(BLOCK, WIDTH),
            blocks: nn::TransformerEncoder::new(&block, 2),
            head: nn::Linear::new(WIDTH, letters),
        }
    }
}

impl Forward for Gpt {
    /// Characters `[N, T]` to scores of the next one `[N, T, V]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let places = Tensor::range(x.size(1));
        let x = self.tokens.forward(x) + self.places.forward(&places);
        // No place sees those after it: that makes an encoder a GPT.
        let causal = nn::Transformer::generate_square_subsequent_mask(x.size(1));
        let masks = EncoderMasks {
            mask: Some(&causal),
            ..EncoderMasks::default()
        };
        self.head.forward(&self.blocks.forward_with(&x, &masks))
    }
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let mut letters: Vec<char> = RHYME.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let index = |c| letters.binary_search(&c).expect("a letter of the rhyme") as i64;
    let text = NextTokenDataset::new(RHYME.chars().map(index).collect::<Vec<_>>(), BLOCK)?;
    let loader = DataLoader::new(text).batch_size(16).shuffle(true);
    let model = Gpt::new(letters.len());
    println!("{} parameters", model.num_parameters());

    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::AdamW::new(model.parameters(), 0.003);
    let batches = std::iter::repeat_with(|| loader.iter()).flatten();
    for (step, batch) in batches.take(151).enumerate() {
        let (x, y) = batch?;
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x).flatten(0, 1), &y.flatten(0, 1));
        loss.backward();
        optimizer.step();
        if step % 50 == 0 {
            println!("step {step}: loss {:.3}", loss.item());
        }
    }

    let mut written: Vec<i64> = "This is the cat".chars().map(index).collect();
    while written.len() < 60 {
        let seen = &written[written.len().saturating_sub(BLOCK)..];
        let x = Tensor::from_vec(seen.to_vec(), [1, seen.len()]);
        let scores = no_grad(|| model.forward(&x));
        written.push(scores.i((0, -1)).argmax(0, false).item_as::<i64>());
    }
    let written: String = written.iter().map(|&i| letters[i as usize]).collect();
    println!("{written}");
    Ok(())
}
