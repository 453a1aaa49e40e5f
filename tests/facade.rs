//! What one reaches through `ondol` alone.

use ondol::data::{DataLoader, Epoch, Sampler, TensorDataset};
use ondol::nn::utils::rnn::{PackedSequence, pack_sequence, unpack_sequence};
use ondol::optim::GradScaler;
use ondol::{Device, Tensor, tensor};

#[test]
fn the_version_is_the_packages() {
    assert_eq!(ondol::VERSION, env!("CARGO_PKG_VERSION"));
    let text = ondol::version_info().to_string();
    assert!(text.contains(ondol::VERSION), "{text}");
}

#[test]
fn a_device_waits_for_its_work() {
    let sum = Tensor::ones([100]).sum();
    Device::cpu()
        .synchronize()
        .expect("the CPU has nothing to wait for");
    assert_eq!(sum.item(), 100.0);
}

/// Every second sample, from the last on.
struct Backwards(usize);

impl Sampler for Backwards {
    fn len(&self) -> usize {
        self.0.div_ceil(2)
    }

    fn indices(&self, _: Epoch) -> Vec<usize> {
        (0..self.0).rev().step_by(2).collect()
    }
}

#[test]
fn an_order_of_ones_own() {
    let dataset = TensorDataset::new((Tensor::range(5), Tensor::range(5)));
    let loader = DataLoader::new(dataset).batch_size(2).sampler(Backwards(5));
    assert_eq!(loader.len(), 2);
    let seen: Vec<i64> = loader
        .iter()
        .flat_map(|batch| batch.expect("a batch").0.to_vec::<i64>())
        .collect();
    assert_eq!(seen, [4, 2, 0]);
}

#[test]
fn sequences_of_several_lengths_in_one_batch() {
    let sequences = [tensor!([1.0, 2.0, 3.0]), tensor!([4.0])];
    let packed: PackedSequence = pack_sequence(&sequences, true);
    let back = unpack_sequence(&packed);
    assert_eq!(back[0].to_vec::<f32>(), [1.0, 2.0, 3.0]);
    assert_eq!(back[1].to_vec::<f32>(), [4.0]);
}

#[test]
fn a_scaler_that_is_off_changes_nothing() {
    let mut scaler = GradScaler::new().enabled(false);
    assert!(!scaler.is_enabled() && GradScaler::new().is_enabled());
    assert_eq!(scaler.scale(&tensor!(2.0)).item(), 2.0);
}
