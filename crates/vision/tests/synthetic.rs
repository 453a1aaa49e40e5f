//! The drawn garments: the same for ever, balanced, and neither too easy nor too hard.

use ondol_vision::datasets::SyntheticFashion;
use ondol_vision::datasets::checksum::Digests;

#[test]
fn a_picture_depends_on_seed_split_and_index_only() {
    let long = SyntheticFashion::new(true, 200, 7);
    let short = SyntheticFashion::new(true, 30, 7);
    assert_eq!(long.data()[..30 * 784], *short.data());
    assert_eq!(long.targets()[..30], *short.targets());
    let pictures = |train, seed| SyntheticFashion::new(train, 30, seed).data().to_vec();
    assert_ne!(pictures(true, 7), pictures(false, 7));
    assert_ne!(pictures(true, 7), pictures(true, 8));
    assert_eq!(SyntheticFashion::new(true, 0, 0).data().len(), 0);
}

#[test]
fn every_platform_draws_the_same_bits() {
    let set = SyntheticFashion::new(true, 500, 0);
    assert_eq!(
        Digests::of(set.targets()).md5,
        "016c61828a3dafc2d5b75f39fc557d6a"
    );
    assert_eq!(
        Digests::of(set.data()).md5,
        "7282992c21af7e886afb748f6e933fcc"
    );
}

#[test]
fn classes_are_balanced_and_mixed() {
    let set = SyntheticFashion::new(false, 1000, 3);
    for class in 0..10 {
        assert_eq!(set.targets().iter().filter(|&&y| y == class).count(), 100);
    }
    assert!(set.targets().chunks(10).any(|c| c != &set.targets()[..10]));
}

#[test]
fn pictures_differ_and_are_drawn() {
    let set = SyntheticFashion::new(true, 2000, 0);
    let mut all: Vec<&[u8]> = set.data().chunks(784).collect();
    all.sort_unstable();
    assert!(all.windows(2).all(|w| w[0] != w[1]));
    for picture in all {
        let ink = picture.iter().filter(|&&p| p > 0).count();
        assert!((20..700).contains(&ink), "{ink} of 784 pixels are drawn");
    }
    let mean =
        set.data().iter().map(|&p| f64::from(p)).sum::<f64>() / set.data().len() as f64 / 255.0;
    assert!((0.12..0.4).contains(&mean), "{mean}");
}

/// Softmax regression by plain gradient descent; returns the accuracy on `test`.
fn linear_accuracy(train: &SyntheticFashion, test: &SyntheticFashion) -> f64 {
    let mut weights = vec![0.0f32; 10 * 785];
    let scores = |weights: &[f32], image: &[u8]| -> [f32; 10] {
        std::array::from_fn(|class| {
            let row = &weights[class * 785..(class + 1) * 785];
            let dot: f32 = row[..784]
                .iter()
                .zip(image)
                .map(|(w, &p)| w * f32::from(p))
                .sum();
            dot / 255.0 + row[784]
        })
    };
    for epoch in 0..25 {
        let rate = 0.03 / (1.0 + 0.15 * epoch as f32);
        for (image, &label) in train.data().chunks(784).zip(train.targets()) {
            let s = scores(&weights, image);
            let top = s.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let e = s.map(|x| (x - top).exp());
            let total: f32 = e.iter().sum();
            for (class, e) in e.iter().enumerate() {
                let step = rate * (e / total - f32::from(u8::from(class == usize::from(label))));
                let row = &mut weights[class * 785..(class + 1) * 785];
                for (w, &p) in row[..784].iter_mut().zip(image) {
                    *w -= step * f32::from(p) / 255.0;
                }
                row[784] -= step;
            }
        }
    }
    let right = test
        .data()
        .chunks(784)
        .zip(test.targets())
        .filter(|&(image, &label)| {
            let s = scores(&weights, image);
            (0..10).all(|c| s[c] <= s[usize::from(label)])
        });
    right.count() as f64 / test.targets().len() as f64
}

#[test]
fn a_linear_model_learns_it_but_errs() {
    let train = SyntheticFashion::new(true, 2000, 0);
    let test = SyntheticFashion::new(false, 1000, 0);
    let accuracy = linear_accuracy(&train, &test);
    println!("softmax regression: {accuracy}");
    assert!((0.55..0.97).contains(&accuracy), "{accuracy}");
}
