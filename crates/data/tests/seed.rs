//! What `manual_seed` governs. Alone in its program: other tests draw from the same generator.

use ondol_autograd::{Tensor, manual_seed};
use ondol_data::{DataLoader, TensorDataset, make_blobs};

#[test]
fn without_a_seed_of_its_own_the_loader_follows_manual_seed() {
    let run = |seed| {
        manual_seed(seed);
        let (x, y) = make_blobs(30, &[[1.0, 1.0], [-1.0, -1.0]], 0.3);
        let data = TensorDataset::new((x, y, Tensor::range(30)));
        let loader = DataLoader::new(data).batch_size(30).shuffle(true);
        let epoch = || {
            let (x, _, order) = loader.iter().next().unwrap().unwrap();
            (x.to_vec::<f32>(), order.to_vec::<i64>())
        };
        [epoch(), epoch()]
    };
    let first = run(11);
    assert_eq!(first, run(11));
    assert_ne!(first, run(12));
    assert_ne!(first[0].1, first[1].1, "each epoch has its own order");
}
