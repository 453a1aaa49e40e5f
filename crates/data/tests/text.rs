//! What torchtext gives for the same text, and a whole way from text to batches.

use ondol_autograd::Tensor;
use ondol_data::text::{
    BasicEnglish, BucketBatchSampler, PadSequence, TextDataset, Tokenizer, VocabOptions,
    Whitespace, build_vocab_from_iterator, ngrams_iterator,
};
use ondol_data::{DataLoader, Dataset};
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let text = include_str!("fixtures/torchtext/cases.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let cases = all[kind].as_array().unwrap().clone();
    assert!(cases.len() > 5);
    cases
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap();
    list.iter()
        .map(|s| s.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn tokens_are_torchtexts() {
    for case in cases("tokenizers") {
        let text = case["text"].as_str().unwrap();
        assert_eq!(
            BasicEnglish.tokenize(text),
            strings(&case["basic_english"]),
            "{text:?}"
        );
        assert_eq!(
            Whitespace.tokenize(text),
            strings(&case["split"]),
            "{text:?}"
        );
    }
}

#[test]
fn ngrams_are_torchtexts() {
    for case in cases("ngrams") {
        let n = case["ngrams"].as_u64().unwrap() as usize;
        let all: Vec<String> = ngrams_iterator(&strings(&case["tokens"]), n).collect();
        assert_eq!(all, strings(&case["all"]), "{case}");
    }
}

#[test]
fn from_text_to_batches_of_similar_lengths() {
    let word = |i: usize| ["ice", "hot", "tea", "sun"][i % 4];
    let line = |i: usize| {
        (0..1 + (i * 7) % 12)
            .map(|k| word(i + k))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let lines: Vec<String> = (0..60).map(line).collect();
    let labels: Vec<i64> = (0..60).collect();
    let tokens: Vec<Vec<String>> = lines.iter().map(|l| BasicEnglish.tokenize(l)).collect();
    let lengths: Vec<usize> = tokens.iter().map(Vec::len).collect();
    let options = VocabOptions::new().specials(["<pad>"]);
    let vocab = build_vocab_from_iterator(&tokens, &options).unwrap();
    assert_eq!(vocab.len(), 5);
    let pad = PadSequence::new().batch_first(true);
    let known = vocab.clone();
    let data = TextDataset::new(lines, labels).map(move |(line, label)| {
        (
            pad.of(known.tensor(&BasicEnglish.tokenize(&line)).unwrap()),
            label,
        )
    });
    let data = std::sync::Arc::new(data);
    let batches = |workers| {
        let loader = DataLoader::new(data.clone())
            .batch_sampler(BucketBatchSampler::new(lengths.clone(), 8).pool(3))
            .num_workers(workers)
            .seed(1);
        assert_eq!(loader.len(), 8);
        let all = loader.iter().map(|batch| {
            let ((x, lengths), y): ((Tensor, Vec<usize>), Tensor) = batch.unwrap();
            (
                x.to_vec::<i64>(),
                x.shape().to_vec(),
                lengths,
                y.to_vec::<i64>(),
            )
        });
        all.collect::<Vec<_>>()
    };
    let all = batches(0);
    assert_eq!(all, batches(3));
    let mut seen = 0;
    for (x, shape, kept, y) in &all {
        assert_eq!(shape, &[y.len(), *kept.iter().max().unwrap()]);
        for (row, (&n, &i)) in x.chunks(shape[1]).zip(kept.iter().zip(y)) {
            assert_eq!(n, lengths[i as usize]);
            assert_eq!(vocab.lookup_tokens(&row[..n]).unwrap(), tokens[i as usize]);
            assert!(row[n..].iter().all(|&index| index == 0));
            seen += 1;
        }
    }
    assert_eq!(seen, 60);
}
