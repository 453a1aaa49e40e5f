//! Transforms of colour at random, and batches that are mixed.

use ondol_autograd::{Tensor, catch, fork_rng_guard, manual_seed, tensor};
use ondol_data::transforms::{
    AutoAugment, AutoAugmentPolicy, ColorJitter, CutMix, GaussianBlur, Grayscale, Image, ImageLike,
    MixUp, Picture, PictureBatch, RandAugment, RandomAdjustSharpness, RandomAutocontrast,
    RandomEqualize, RandomGrayscale, RandomInvert, RandomPosterize, RandomSolarize, ToTensor,
    Transform, TrivialAugmentWide, compose, functional as F,
};
use ondol_data::{DataLoader, Dataset};
use ondol_tensor::Result;

fn image(seed: usize) -> Image {
    let pixels = (0..9 * 8 * 3).map(|i| ((i * 37 + seed * 101) % 251) as u8);
    Image::new(9, 8, 3, pixels.collect()).unwrap()
}

#[test]
fn their_texts_are_torchvisions() {
    let texts: [(&dyn std::fmt::Display, &str); 16] = [
        (&Grayscale::new(), "Grayscale(num_output_channels=1)"),
        (&RandomGrayscale::new(), "RandomGrayscale(p=0.1)"),
        (
            &ColorJitter::new()
                .brightness(0.4)
                .contrast((0.5, 1.5))
                .hue(0.1),
            "ColorJitter(brightness=(0.6, 1.4), contrast=(0.5, 1.5), saturation=None, hue=(-0.1, 0.1))",
        ),
        (
            &GaussianBlur::new(3),
            "GaussianBlur(kernel_size=(3, 3), sigma=(0.1, 2.0))",
        ),
        (&RandomInvert::new(), "RandomInvert(p=0.5)"),
        (&RandomPosterize::new(3), "RandomPosterize(bits=3,p=0.5)"),
        (
            &RandomSolarize::new(128.0),
            "RandomSolarize(threshold=128.0,p=0.5)",
        ),
        (
            &RandomAdjustSharpness::new(2.0).p(0.25),
            "RandomAdjustSharpness(sharpness_factor=2.0,p=0.25)",
        ),
        (&RandomAutocontrast::new(), "RandomAutocontrast(p=0.5)"),
        (&RandomEqualize::new(), "RandomEqualize(p=0.5)"),
        (
            &MixUp::new().num_classes(10),
            "MixUp(alpha=1.0, num_classes=10)",
        ),
        (
            &CutMix::new().alpha(0.5),
            "CutMix(alpha=0.5, num_classes=None)",
        ),
        (
            &AutoAugment::new(AutoAugmentPolicy::ImageNet),
            "AutoAugment(policy=AutoAugmentPolicy.IMAGENET, fill=None)",
        ),
        (
            &RandAugment::new(),
            "RandAugment(num_ops=2, magnitude=9, num_magnitude_bins=31, interpolation=InterpolationMode.NEAREST, fill=None)",
        ),
        (
            &TrivialAugmentWide::new(),
            "TrivialAugmentWide(num_magnitude_bins=31, interpolation=InterpolationMode.NEAREST, fill=None)",
        ),
        (&AutoAugmentPolicy::Svhn, "AutoAugmentPolicy.SVHN"),
    ];
    for (shown, text) in texts {
        assert_eq!(shown.to_string(), text);
    }
}

#[test]
fn what_is_wrong_is_said_in_torchvisions_words() {
    let x = image(0);
    let two = Tensor::zeros([2, 4, 4]);
    let (images, labels) = (Tensor::zeros([2, 3, 4, 4]), tensor!([0, 1]));
    let of = |r: Result<Image>| r.unwrap_err().to_string();
    let cases = [
        (
            of(F::adjust_brightness(&x, -1.0)),
            "brightness_factor (-1.0) is not non-negative.",
        ),
        (
            of(F::adjust_contrast(&x, f64::NAN)),
            "contrast_factor (NaN) is not non-negative.",
        ),
        (
            of(F::adjust_hue(&x, 0.6)),
            "hue_factor (0.6) is not in [-0.5, 0.5].",
        ),
        (
            of(F::adjust_gamma(&x, -1.0, 1.0)),
            "Gamma should be a non-negative real number",
        ),
        (
            of(F::rgb_to_grayscale(&x, 2)),
            "num_output_channels should be either 1 or 3",
        ),
        (
            of(F::posterize(&x, 9)),
            "The number if bits should be between 0 and 8. Got 9",
        ),
        (
            of(F::gaussian_blur(&x, (3, 4), None)),
            "kernel_size should have odd and positive integers. Got [3, 4]",
        ),
        (
            of(F::gaussian_blur(&x, 3, Some([-1.0; 2]))),
            "sigma should have positive values. Got [-1.0, -1.0]",
        ),
        (
            of(F::gaussian_blur(&x, 17, None)),
            "Padding size should be less than the corresponding input dimension",
        ),
        (
            F::equalize(&two).unwrap_err().to_string(),
            "permitted channel values are [1, 3], but found 2",
        ),
        (
            F::solarize(&images, 1.5).unwrap_err().to_string(),
            "Threshold should be less than bound of img",
        ),
        (
            MixUp::new()
                .apply(&images, &labels)
                .unwrap_err()
                .to_string(),
            "num_classes must be passed if the labels are index-based (1D)",
        ),
        (
            CutMix::new()
                .num_classes(2)
                .apply(&two, &labels)
                .unwrap_err()
                .to_string(),
            "Expected a batched input with 4 dims, but got 3 dimensions instead.",
        ),
        (
            catch(|| ColorJitter::new().brightness(-1.0))
                .unwrap_err()
                .to_string(),
            "If brightness is a single number, it must be non negative.",
        ),
        (
            catch(|| ColorJitter::new().hue(0.6))
                .unwrap_err()
                .to_string(),
            "hue values should be between (-0.5, 0.5), but got [-0.6, 0.6].",
        ),
        (
            catch(|| GaussianBlur::new(4)).unwrap_err().to_string(),
            "Kernel size value should be an odd and positive number.",
        ),
        (
            catch(|| RandomInvert::new().p(2.0))
                .unwrap_err()
                .to_string(),
            "`p` should be a floating point value in the interval [0.0, 1.0]",
        ),
    ];
    for (got, want) in cases {
        assert!(got.contains(want), "{got}\nis not\n{want}");
    }
}

#[test]
fn factors_stay_in_their_ranges_and_orders_vary() {
    let _own = fork_rng_guard();
    manual_seed(3);
    let jitter = ColorJitter::new()
        .brightness(2.0)
        .contrast((0.5, 0.75))
        .hue(0.25);
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..400 {
        let drawn = jitter.get_params();
        assert!((0.0..=3.0).contains(&drawn.brightness.unwrap()));
        assert!((0.5..=0.75).contains(&drawn.contrast.unwrap()));
        assert!((-0.25..=0.25).contains(&drawn.hue.unwrap()));
        assert_eq!(drawn.saturation, None);
        orders.insert(drawn.order);
        assert!((0.1..=2.0).contains(&GaussianBlur::new(3).get_params()));
    }
    assert_eq!(orders.len(), 24);
    let turned = RandomInvert::new().p(0.25);
    let black = || Image::new(1, 1, 1, vec![0]).unwrap();
    let times = (0..2000).filter(|_| {
        let out = turned.apply(black().into()).unwrap().into_image().unwrap();
        out.pixels() == [255]
    });
    assert!((400..600).contains(&times.count()));
}

#[test]
fn a_batch_is_its_images() {
    let batch = || PictureBatch::join((0..3).map(|i| Picture::Image(image(i))).collect()).unwrap();
    let grey = Grayscale::new();
    assert!(grey.is_batched());
    let (together, alone) = (
        F::adjust_contrast(&batch(), 1.7).unwrap().split().unwrap(),
        (0..3).map(|i| F::adjust_contrast(&image(i), 1.7).unwrap()),
    );
    for (a, b) in together.into_iter().zip(alone) {
        assert_eq!(a.into_image().unwrap(), b);
    }
    let greys = grey.apply_batch(batch()).unwrap();
    assert_eq!(greys.dimensions().unwrap(), [1, 8, 9]);
}

struct Pictures<T>(T);

impl<T: Transform + 'static> Dataset for Pictures<T> {
    type Item = Tensor;

    fn len(&self) -> usize {
        24
    }

    fn get(&self, index: usize) -> Result<Tensor> {
        self.0.apply(image(index).into())?.into_tensor()
    }
}

#[test]
fn workers_change_nothing() {
    let epoch = |workers| -> Vec<f32> {
        let transform = compose![
            ColorJitter::new()
                .brightness(0.4)
                .contrast(0.4)
                .saturation(0.4)
                .hue(0.2),
            GaussianBlur::new(3),
            RandomGrayscale::new(),
            RandomPosterize::new(4),
            RandomSolarize::new(100.0),
            RandomAdjustSharpness::new(2.0),
            RandomAutocontrast::new(),
            RandomEqualize::new(),
            RandomInvert::new(),
            AutoAugment::new(AutoAugmentPolicy::Svhn),
            RandAugment::new(),
            TrivialAugmentWide::new(),
            ToTensor,
        ];
        let loader = DataLoader::new(Pictures(transform))
            .batch_size(5)
            .shuffle(true)
            .seed(4);
        let loader = loader.num_workers(workers);
        loader
            .iter()
            .flat_map(|batch| batch.unwrap().to_vec::<f32>())
            .collect()
    };
    let alone = epoch(0);
    assert_eq!(alone.len(), 24 * 9 * 8 * 3);
    for workers in [1, 2, 4] {
        assert!(epoch(workers) == alone, "{workers} workers");
    }
}

#[test]
fn policies_take_images_and_tensors_of_bytes() {
    let _own = fork_rng_guard();
    manual_seed(8);
    let bytes = Tensor::from_vec((0..3 * 16 * 16).map(|i| i as u8).collect(), [3, 16, 16]);
    for policy in [
        AutoAugmentPolicy::ImageNet,
        AutoAugmentPolicy::Cifar10,
        AutoAugmentPolicy::Svhn,
    ] {
        let augment = AutoAugment::new(policy).fill(7);
        let mut changed = 0;
        for _ in 0..60 {
            let out = augment
                .apply(bytes.clone().into())
                .unwrap()
                .into_tensor()
                .unwrap();
            assert_eq!((out.shape(), out.dtype()), (bytes.shape(), bytes.dtype()));
            changed += usize::from(out.to_vec::<u8>() != bytes.to_vec::<u8>());
            augment
                .apply(image(1).into())
                .unwrap()
                .into_image()
                .unwrap();
        }
        assert!(changed > 20, "{policy}: {changed}");
    }
}

#[test]
fn mixed_labels_say_how_much_of_each_image_there_is() {
    let _own = fork_rng_guard();
    manual_seed(5);
    // Image i is all i, of class i.
    let (n, labels) = (4, tensor!([0, 1, 2, 3]));
    let images = Tensor::range(n)
        .float()
        .reshape([4, 1, 1, 1])
        .expand([4, 1, 10, 12]);
    let mut least = 1.0f32;
    for alpha in [0.2, 1.0, 5.0] {
        for _ in 0..30 {
            let (x, y) = MixUp::new()
                .alpha(alpha)
                .num_classes(4)
                .apply(&images, &labels)
                .unwrap();
            let (means, y) = (x.mean_dim([1, 2, 3], false), y);
            let expected = y.matmul(&Tensor::range(4).float());
            assert!(
                means.allclose(&expected, 1e-5, 1e-6, false),
                "{means} {expected}"
            );
            assert!(
                y.sum_dim(1, false)
                    .allclose(&Tensor::ones([4]), 1e-5, 1e-6, false)
            );
            least = least.min(y.to_vec::<f32>()[0]);
            let (x, y) = CutMix::new()
                .alpha(alpha)
                .num_classes(4)
                .apply(&images, &labels)
                .unwrap();
            let expected = y.matmul(&Tensor::range(4).float());
            assert!(
                x.mean_dim([1, 2, 3], false)
                    .allclose(&expected, 1e-5, 1e-6, false)
            );
            assert!(
                y.sum_dim(1, false)
                    .allclose(&Tensor::ones([4]), 1e-5, 1e-6, false)
            );
            let whole = x.to_vec::<f32>().iter().all(|v| v.fract() == 0.0);
            assert!(whole, "pixels are cut, not mixed");
        }
    }
    assert!(least < 0.5, "something was mixed");
}

#[test]
fn noise_channels_and_dtypes_follow_torchvision() {
    use ondol_autograd::{DType, Tensor};
    use ondol_data::transforms::functional as F;
    let _own = ondol_tensor::fork_rng_guard();
    ondol_tensor::manual_seed(2);
    // No noise is a shift; bytes count 255 times, are cut to whole numbers and kept to their bounds.
    let x = Tensor::from_vec(vec![0u8, 100, 250], [1, 1, 3]);
    let shifted = |clip| F::gaussian_noise(&x, 0.1, 0.0, clip).unwrap();
    assert_eq!(shifted(true).to_vec::<u8>(), [25, 125, 255]);
    assert_eq!(shifted(false).to_vec::<u8>(), [25, 125, 19]);
    let noisy = F::gaussian_noise(&Tensor::zeros([1, 100, 100]), 0.5, 0.1, false).unwrap();
    assert!((noisy.mean().item() - 0.5).abs() < 0.005);
    let spread = noisy.sub(noisy.mean()).square().mean().item().sqrt();
    assert!((spread - 0.1).abs() < 0.005);
    assert!(F::gaussian_noise(&x, 0.0, -1.0, true).is_err());
    assert!(F::gaussian_noise(&x.long(), 0.0, 1.0, true).is_err());
    let rgb = Tensor::range(6).reshape([3, 1, 2]);
    let turned = F::permute_channels(&rgb, &[2, 0, 1]).unwrap();
    assert_eq!(turned.to_vec::<i64>(), [4, 5, 0, 1, 2, 3]);
    for wrong in [&[0, 1][..], &[0, 1, 1], &[0, 1, 3]] {
        assert!(F::permute_channels(&rgb, wrong).is_err());
    }
    assert_eq!(F::grayscale_to_rgb(&x).unwrap().shape(), [3, 1, 3]);
    assert!(F::grayscale_to_rgb(&rgb).unwrap().equal(&rgb));
    let floats = |scale| F::to_dtype(&x, DType::F32, scale).unwrap().to_vec::<f32>();
    assert_eq!(floats(false), [0.0, 100.0, 250.0]);
    assert_eq!(floats(true), [0.0, 100.0 / 255.0, 250.0 / 255.0]);
}
