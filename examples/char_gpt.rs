//! Teaches a language model: a tiny GPT learns a rhyme character by character and goes on with it.
//!
//! `cargo run --release --example char_gpt`

use ondol::data::text::NextTokenDataset;
use ondol::nn::functional::{AttentionOptions, scaled_dot_product_attention};
use ondol::prelude::*;

const RHYME: &str = "This is the house that Jack built. This is the malt that lay in the house that Jack built. \
    This is the rat that ate the malt that lay in the house that Jack built. This is the cat that killed the rat \
    that ate the malt that lay in the house that Jack built. This is the dog that worried the cat that killed the \
    rat that ate the malt that lay in the house that Jack built. ";
const BLOCK: usize = 32;
const WIDTH: usize = 48;
const HEADS: usize = 4;

/// Attention to what came before, then two layers for each place.
#[derive(Module)]
struct Block {
    norm_1: nn::LayerNorm,
    qkv: nn::Linear,
    out: nn::Linear,
    norm_2: nn::LayerNorm,
    mlp: nn::Sequential,
}

impl Block {
    fn new() -> Self {
        let mlp = nn::sequential![
            nn::Linear::new(WIDTH, 4 * WIDTH),
            nn::GELU::new(),
            nn::Linear::new(4 * WIDTH, WIDTH)
        ];
        Self {
            norm_1: nn::LayerNorm::new([WIDTH]),
            qkv: nn::Linear::new(WIDTH, 3 * WIDTH),
            out: nn::Linear::new(WIDTH, WIDTH),
            norm_2: nn::LayerNorm::new([WIDTH]),
            mlp,
        }
    }
}

impl Forward for Block {
    fn forward(&self, x: &Tensor) -> Tensor {
        let (n, t) = (x.size(0), x.size(1));
        let qkv = self.qkv.forward(&self.norm_1.forward(x));
        let heads: Vec<_> = qkv
            .chunk(3, -1)
            .iter()
            .map(|part| part.view([n, t, HEADS, WIDTH / HEADS]).transpose(1, 2))
            .collect();
        let causal = AttentionOptions {
            is_causal: true,
            ..AttentionOptions::default()
        };
        let seen = scaled_dot_product_attention(&heads[0], &heads[1], &heads[2], &causal);
        let x = x + self
            .out
            .forward(&seen.transpose(1, 2).reshape([n, t, WIDTH]));
        &x + self.mlp.forward(&self.norm_2.forward(&x))
    }
}

#[derive(Module)]
struct Gpt {
    tokens: nn::Embedding,
    places: nn::Embedding,
    blocks: Vec<Block>,
    norm: nn::LayerNorm,
    head: nn::Linear,
}

impl Forward for Gpt {
    /// Characters `[N, T]` to scores of the next one `[N, T, V]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut y = self.tokens.forward(x) + self.places.forward(&Tensor::range(x.size(1)));
        for block in &self.blocks {
            y = block.forward(&y);
        }
        self.head.forward(&self.norm.forward(&y))
    }
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let mut letters: Vec<char> = RHYME.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let v = letters.len();
    let index = |c: char| letters.iter().position(|&l| l == c).map_or(0, |i| i as i64);
    let text = NextTokenDataset::new(RHYME.chars().map(index).collect::<Vec<_>>(), BLOCK)?;
    let model = Gpt {
        tokens: nn::Embedding::new(v, WIDTH),
        places: nn::Embedding::new(BLOCK, WIDTH),
        blocks: (0..2).map(|_| Block::new()).collect(),
        norm: nn::LayerNorm::new([WIDTH]),
        head: nn::Linear::new(WIDTH, v),
    };
    println!("{} letters, {} parameters", v, model.num_parameters());

    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::AdamW::new(model.parameters(), 0.003);
    let loader = DataLoader::new(text).batch_size(16).shuffle(true);
    let mut batches = std::iter::repeat_with(|| loader.iter()).flatten();
    for step in 0..=150 {
        let (x, y) = batches.next().expect("an endless iterator")?;
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x).flatten(0, 1), &y.flatten(0, 1));
        loss.backward();
        optimizer.step();
        if step % 50 == 0 {
            println!("step {step}: loss {:.3}", loss.item());
        }
    }

    let mut written: Vec<i64> = "This is the dog".chars().map(index).collect();
    for _ in 0..60 {
        let seen = written[written.len().saturating_sub(BLOCK)..].to_vec();
        let length = seen.len();
        let scores = no_grad(|| model.forward(&Tensor::from_vec(seen, [1, length])));
        written.push(scores.i((0, -1)).argmax(0, false).item_as::<i64>());
    }
    println!(
        "{}",
        written
            .iter()
            .map(|&i| letters[i as usize])
            .collect::<String>()
    );
    Ok(())
}
