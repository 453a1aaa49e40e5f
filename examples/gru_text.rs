//! Teaches text: words to numbers by a vocabulary, sentences of several lengths in one padded batch, a GRU that reads them.
//!
//! `cargo run --release --example gru_text`

use ondol::data::text::{
    BasicEnglish, PadSequence, TextDataset, Tokenizer, Vocab, VocabOptions,
    build_vocab_from_iterator,
};
use ondol::nn::utils::rnn::pack_padded_sequence;
use ondol::prelude::*;

#[derive(Module)]
struct Reader {
    embedding: nn::Embedding,
    gru: nn::GRU,
    output: nn::Linear,
}

impl Reader {
    fn new(words: usize) -> Self {
        Self {
            embedding: nn::Embedding::new(words, 12).padding_idx(0),
            gru: nn::GRU::new(12, 24).batch_first(true),
            output: nn::Linear::new(24, 2),
        }
    }

    /// Words `[N, T]`, of which `lengths` count, to scores `[N, 2]`: the GRU stops at each sentence's end.
    fn forward(&self, words: &Tensor, lengths: &[usize]) -> Tensor {
        let packed = pack_padded_sequence(&self.embedding.forward(words), lengths, true, false);
        let (_, h) = self.gru.forward_packed(&packed, None);
        self.output.forward(&h.select(0, -1))
    }
}

/// Every sentence of a small grammar, and whether it is praise: "not" turns it round.
fn sentences() -> (Vec<String>, Vec<i64>) {
    let (mut texts, mut labels) = (Vec::new(), Vec::new());
    for thing in ["the film", "this book", "their song", "the last scene"] {
        for not in ["", "not", "really", "really not", "not really"] {
            for (word, good) in [("good", 1), ("lovely", 1), ("bad", 0), ("dull", 0)] {
                for end in ["", ", I say", "to me and to my friends"] {
                    texts.push(format!("{thing} is {not} {word} {end}."));
                    labels.push(if not.contains("not") { 1 - good } else { good });
                }
            }
        }
    }
    (texts, labels)
}

fn main() -> ondol::Result<()> {
    ondol::manual_seed(0);
    let (texts, labels) = sentences();
    let tokens = texts.iter().map(|text| BasicEnglish.tokenize(text));
    let specials = VocabOptions::new().specials(["<pad>", "<unk>"]);
    let mut vocab: Vocab = build_vocab_from_iterator(tokens, &specials)?;
    // A word that is not in it becomes <unk>.
    vocab.set_default_index(Some(1));
    println!("{} sentences of {} words", texts.len(), vocab.len());

    let model = Reader::new(vocab.len());
    let pad = PadSequence::new().batch_first(true);
    let words = vocab.clone();
    let dataset = TextDataset::new(texts, labels).map(move |(text, label)| {
        let indices = words.tensor(&BasicEnglish.tokenize(&text));
        (pad.of(indices.expect("a default index")), label)
    });
    // Trained on three quarters of the sentences.
    let (train, test) = data::TrainTestSplit::new(0.25)
        .seed(0)
        .split_dataset(dataset)?;
    let loader = DataLoader::new(train).batch_size(20).shuffle(true);
    let criterion = nn::CrossEntropyLoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.01);
    for epoch in 1..=12 {
        let mut sum = 0.0;
        for batch in &loader {
            let ((x, lengths), y) = batch?;
            optimizer.zero_grad();
            let loss = criterion.forward(&model.forward(&x, &lengths), &y);
            loss.backward();
            optimizer.step();
            sum += loss.item();
        }
        if epoch % 4 == 0 {
            println!("epoch {epoch}: loss {:.4}", sum / loader.len() as f64);
        }
    }
    let ((x, lengths), y) = test.get_batch(&(0..test.len()).collect::<Vec<_>>())?;
    let guess = no_grad(|| model.forward(&x, &lengths)).argmax(1, false);
    println!(
        "on unread sentences: accuracy {:.3}",
        guess.eq(&y).float().mean().item()
    );
    Ok(())
}
