//! Geometric transforms: what is drawn, the same bits however they are fetched, texts and errors.

use ondol_autograd::{DType, Tensor, no_grad, tensor};
use ondol_data::transforms::*;
use ondol_data::{DataLoader, Dataset, with_batch};
use ondol_tensor::{Result, fork_rng_guard, manual_seed};

fn image(c: usize, h: usize, w: usize, seed: usize) -> Image {
    let byte = |i: usize| ((i * 31 + i / 7 * 13 + seed * 57) % 256) as u8;
    Image::new(w, h, c, (0..c * h * w).map(byte).collect()).unwrap()
}

/// Images through a transform, one by one or a batch at once.
struct Pictures {
    transform: Compose,
    at_once: bool,
    tensors: bool,
}

impl Pictures {
    fn batch(&self, indices: &[usize]) -> Result<PictureBatch> {
        let images = indices.iter().map(|&i| Ok(image(3, 14, 12, i)));
        let images = PictureBatch::Images(ImageBatch::join(images)?);
        if self.tensors {
            ToTensor.apply_batch(images)
        } else {
            Ok(images)
        }
    }
}

impl Dataset for Pictures {
    type Item = Tensor;

    fn len(&self) -> usize {
        23
    }

    fn get(&self, index: usize) -> Result<Tensor> {
        let picture = self.batch(&[index])?.split()?.remove(0);
        let done = self.transform.apply(picture)?;
        match done {
            Picture::Image(image) => functional::to_tensor(&image),
            Picture::Tensor(x) => Ok(x),
        }
    }

    fn get_batch(&self, indices: &[usize]) -> Result<Tensor> {
        with_batch(indices, || {
            let all = self.batch(indices)?;
            let done = if self.at_once {
                self.transform.apply_batch(all)?
            } else {
                let one = |(i, p)| ondol_data::with_sample(i, || self.transform.apply(p));
                PictureBatch::join(
                    all.split()?
                        .into_iter()
                        .enumerate()
                        .map(one)
                        .collect::<Result<_>>()?,
                )?
            };
            ToTensor.apply_batch(done)?.into_tensor()
        })
    }
}

fn bits(transform: &Compose, tensors: bool, at_once: bool, workers: usize) -> Vec<u32> {
    let set = Pictures {
        transform: transform.clone(),
        at_once,
        tensors,
    };
    let loader = DataLoader::new(set)
        .batch_size(5)
        .shuffle(true)
        .seed(3)
        .num_workers(workers);
    let mut all = Vec::new();
    for batch in &loader {
        all.extend(batch.unwrap().to_vec::<f32>().into_iter().map(f32::to_bits));
    }
    all
}

#[test]
fn the_same_bits_for_any_number_of_workers_and_batched_or_not() {
    let bilinear = InterpolationMode::Bilinear;
    let geometry = || {
        compose![
            RandomCrop::new(12)
                .padding(2)
                .padding_mode(PaddingMode::Reflect),
            RandomHorizontalFlip::new(),
            RandomVerticalFlip::new().p(0.3),
            RandomRotation::new(20.0).interpolation(bilinear),
            RandomAffine::new(5.0)
                .translate((0.1, 0.1))
                .scale((0.9, 1.1))
                .shear(3.0)
                .interpolation(bilinear),
            RandomPerspective::new(),
            RandomResizedCrop::new(9),
            Pad::new(1),
            Resize::new(10),
            CenterCrop::new(8),
        ]
    };
    let chosen = compose![
        RandomApply::new(compose![RandomCrop::new(14).pad_if_needed(true)]),
        RandomOrder::new(compose![
            RandomHorizontalFlip::new(),
            RandomRotation::new((0.0, 90.0))
        ]),
        RandomChoice::new(compose![
            Resize::new((9, 9)),
            RandomResizedCrop::new((9, 9))
        ])
        .p([0.3, 0.7]),
    ];
    let tensors = compose![
        geometry(),
        ElasticTransform::new().alpha([3.0; 2]).sigma([0.5; 2]),
        RandomErasing::new().p(0.7).value(Erasing::Random),
    ];
    for (transform, kind) in [
        (geometry(), false),
        (geometry(), true),
        (chosen, false),
        (tensors, true),
    ] {
        let want = bits(&transform, kind, false, 0);
        assert_eq!(
            want,
            bits(&transform, kind, true, 0),
            "at once: {transform}"
        );
        for workers in [1, 2, 4] {
            assert_eq!(
                want,
                bits(&transform, kind, true, workers),
                "{workers} workers: {transform}"
            );
        }
    }
}

/// Every transform that takes a batch at once, alone: name, transform, whether it takes images too.
fn batched() -> Vec<(&'static str, Compose, bool)> {
    let one = |name, t: Compose, images| (name, t, images);
    vec![
        one("crop", compose![RandomCrop::new(9)], true),
        one(
            "crop, padded",
            compose![RandomCrop::new(15).padding(3).fill(1)],
            true,
        ),
        one(
            "crop, padded if needed",
            compose![RandomCrop::new((20, 10)).pad_if_needed(true)],
            true,
        ),
        one("crop of all", compose![RandomCrop::new((14, 12))], true),
        one(
            "erase",
            compose![RandomErasing::new().p(0.6).value(0.5)],
            false,
        ),
        one(
            "erase with noise",
            compose![RandomErasing::new().p(0.9).value(Erasing::Random)],
            false,
        ),
        one(
            "elastic",
            compose![ElasticTransform::new().alpha([9.0; 2]).sigma([0.6; 2])],
            false,
        ),
        one(
            "elastic, not smoothed",
            compose![ElasticTransform::new().alpha([9.0; 2]).sigma([0.0; 2])],
            false,
        ),
        one(
            "PILToTensor",
            compose![PILToTensor, ToDtype::new(DType::F32)],
            true,
        ),
        one(
            "dtypes",
            compose![
                ConvertImageDtype::new(DType::U8),
                ToDtype::new(DType::F32).scale(true),
                Identity
            ],
            false,
        ),
        one("five crops", compose![FiveCrop::new(5)], false),
        one("ten crops", compose![TenCrop::new((5, 6))], false),
        one(
            "grey",
            compose![RandomGrayscale::new().p(0.5), Grayscale::new()],
            true,
        ),
        one("RGB", compose![Grayscale::new(), RGB], true),
        one(
            "jitter",
            compose![ColorJitter::new().brightness(0.5).contrast(0.5)],
            true,
        ),
        one(
            "jitter of all",
            compose![
                ColorJitter::new()
                    .brightness(0.5)
                    .contrast(0.4)
                    .saturation(0.9)
                    .hue(0.2)
            ],
            true,
        ),
        one("distorted", compose![RandomPhotometricDistort::new()], true),
        one("channels", compose![RandomChannelPermutation], true),
        one("noise", compose![GaussianNoise::new().sigma(0.2)], false),
        one(
            "blur of one sigma",
            compose![GaussianBlur::new(3).sigma(0.7)],
            true,
        ),
        one("blur of a range", compose![GaussianBlur::new((5, 3))], true),
        one("invert", compose![RandomInvert::new()], true),
        one("posterize", compose![RandomPosterize::new(3)], true),
        one("solarize", compose![RandomSolarize::new(0.5)], true),
        one("sharper", compose![RandomAdjustSharpness::new(1.7)], true),
        one("autocontrast", compose![RandomAutocontrast::new()], true),
    ]
}

#[test]
fn each_gives_a_batch_at_once_the_bits_of_its_samples_alone() {
    for (name, transform, images) in batched() {
        assert!(transform.is_batched(), "{name}");
        let kinds = if images { &[true, false][..] } else { &[true] };
        for &tensors in kinds {
            let tensors = tensors && name != "PILToTensor";
            let want = bits(&transform, tensors, false, 0);
            let same = want == bits(&transform, tensors, true, 2);
            assert!(same, "{name}, tensors: {tensors}");
        }
    }
}

#[test]
fn pictures_of_random_size_keep_to_their_ranges() {
    let _own = fork_rng_guard();
    manual_seed(8);
    let x = image(3, 10, 20, 0);
    type Row = (&'static str, Compose, fn(usize, usize) -> bool);
    let rows: [Row; 4] = [
        (
            "RandomShortestSize",
            compose![RandomShortestSize::new([5, 20, 30]).max_size(50)],
            |h, w| matches!((h, w), (5, 10) | (20, 40) | (25, 50)),
        ),
        ("RandomResize", compose![RandomResize::new(6, 9)], |h, w| {
            (6..9).contains(&h) && w == 2 * h
        }),
        (
            "ScaleJitter",
            compose![ScaleJitter::new((40, 20)).scale_range((0.5, 1.0))],
            |h, w| (10..=20).contains(&h) && (20..=40).contains(&w),
        ),
        (
            "RandomZoomOut",
            compose![RandomZoomOut::new().p(0.7).side_range((1.0, 3.0))],
            |h, w| (10..=30).contains(&h) && (20..=60).contains(&w),
        ),
    ];
    for (name, transform, fits) in rows {
        let mut sizes = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let done = transform.apply(x.clone().into()).unwrap();
            let done = done.into_image().unwrap();
            assert!(fits(done.height(), done.width()), "{name}: {done:?}");
            sizes.insert(done.height());
        }
        assert!(sizes.len() > 2, "{name}: {sizes:?}");
    }
}

#[test]
fn flips_and_places_are_drawn_evenly() {
    let _own = fork_rng_guard();
    manual_seed(5);
    let x = image(1, 1, 2, 0);
    let flip = RandomHorizontalFlip::new().p(0.25);
    let flipped = (0..4000).filter(|_| {
        let done = flip.apply(x.clone().into()).unwrap().into_image().unwrap();
        done != x
    });
    let flipped = flipped.count();
    assert!((850..1150).contains(&flipped), "{flipped}");
    let wide = image(1, 5, 7, 0);
    let mut seen = [[0; 4]; 3];
    for _ in 0..2400 {
        let [i, j, 3, 4] = RandomCrop::get_params(&wide, (3, 4)).unwrap() else {
            panic!()
        };
        seen[i][j] += 1;
    }
    assert!(
        seen.iter().flatten().all(|n| (140..260).contains(n)),
        "{seen:?}"
    );
    for _ in 0..500 {
        let [i, j, h, w] =
            RandomResizedCrop::get_params(&image(1, 40, 60, 0), (0.2, 0.5), (0.5, 2.0)).unwrap();
        assert!(i + h <= 40 && j + w <= 60);
        let area = (h * w) as f64 / 2400.0;
        assert!((0.15..0.56).contains(&area), "{area}");
        let angle = RandomRotation::get_params((-3.0, 8.0));
        assert!((-3.0..8.0).contains(&angle));
    }
    // Nothing fits: the middle.
    let middle =
        RandomResizedCrop::get_params(&image(1, 10, 100, 0), (1.0, 1.0), (0.75, 4.0 / 3.0));
    assert_eq!(middle.unwrap(), [0, 43, 10, 13]);
}

#[test]
fn an_erased_rectangle_has_its_size_and_value() {
    let _own = fork_rng_guard();
    manual_seed(6);
    let erase = RandomErasing::new().p(1.0).value([1.0, 2.0]);
    for _ in 0..50 {
        let y = erase
            .apply(Tensor::zeros([2, 20, 20]).into())
            .unwrap()
            .into_tensor()
            .unwrap();
        let count = |c: isize, v: f64| y.select(0, c).eq(v).sum().item();
        assert_eq!(count(0, 1.0), count(1, 2.0));
        assert!((4.0..160.0).contains(&count(0, 1.0)));
        assert_eq!(count(0, 0.0) + count(0, 1.0), 400.0);
    }
    let wrong = RandomErasing::new().p(1.0).value([1.0, 2.0]);
    let text = wrong
        .apply(Tensor::zeros([3, 9, 9]).into())
        .unwrap_err()
        .to_string();
    assert!(text.contains("3 (number of input channels)"), "{text}");
}

#[test]
fn gradients_flow_and_agree_with_the_loops() {
    let x = Tensor::from_vec(
        (0..2 * 3 * 8 * 7)
            .map(|i| (i * 37 % 101) as f32 / 50.0)
            .collect(),
        [2, 3, 8, 7],
    );
    let end = [[1, 0], [6, 1], [5, 7], [0, 6]];
    let start = [[0, 0], [6, 0], [6, 7], [0, 7]];
    type Step = Box<dyn Fn(&Tensor) -> Result<Tensor>>;
    let steps: [Step; 6] = [
        Box::new(|x| functional::resize(x, (5, 9), InterpolationMode::Bicubic)),
        Box::new(|x| functional::resize(x, (5, 9), InterpolationMode::Nearest)),
        Box::new(|x| {
            functional::rotate(
                x,
                25.0,
                RotateOptions::from(InterpolationMode::Bilinear).fill(0.5),
            )
        }),
        Box::new(|x| {
            functional::affine(x, 10.0, (1, 0), 1.2, (3.0, 0.0), InterpolationMode::Nearest)
        }),
        Box::new(move |x| functional::perspective(x, start, end, WarpOptions::new())),
        Box::new(|x| functional::pad(x, 2, 0, PaddingMode::Symmetric)),
    ];
    for step in steps {
        let leaf = x.clone_data().requires_grad_(true);
        let composed = step(&leaf).unwrap();
        let looped = no_grad(|| step(&x)).unwrap();
        assert!(composed.detach().allclose(&looped, 1e-4, 1e-5, false));
        composed.sum().backward();
        assert!(leaf.grad().unwrap().abs().sum().item() > 0.0);
    }
}

#[test]
fn errors_are_torchvisions() {
    let x = image(3, 5, 6, 0);
    let crop = RandomCrop::new((9, 4))
        .apply(x.clone().into())
        .unwrap_err()
        .to_string();
    assert!(
        crop.contains("Required crop size (9, 4) is larger than input image size (5, 6)"),
        "{crop}"
    );
    let texts = [
        (
            functional::five_crop(&x, 6).err(),
            "Requested crop size (6, 6) is bigger than input size (5, 6)",
        ),
        (
            functional::resize(&x, 4, ResizeOptions::new().max_size(4)).err(),
            "must be strictly greater",
        ),
        (
            functional::affine(&x, 0.0, (0, 0), 0.0, (0.0, 0.0), AffineOptions::new()).err(),
            "scale should be positive",
        ),
        (
            functional::rotate(&x, 9.0, RotateOptions::new().fill([1, 2])).err(),
            "(2 != 3)",
        ),
        (
            functional::pad(&x, -3, 0, PaddingMode::Constant).err(),
            "less than nothing",
        ),
    ];
    for (error, expected) in texts {
        let text = error.unwrap().to_string();
        assert!(text.contains(expected), "{text}");
    }
    let t = functional::to_tensor(&x).unwrap();
    let big = functional::pad(&t, 9, 0, PaddingMode::Reflect)
        .unwrap_err()
        .to_string();
    assert!(big.contains("Padding size should be less than"), "{big}");
    let mode = functional::resize(&t, 3, InterpolationMode::Lanczos)
        .unwrap_err()
        .to_string();
    assert!(mode.contains("unsupported with Tensor input"), "{mode}");
    let cast = functional::convert_image_dtype(&t, DType::I64)
        .unwrap_err()
        .to_string();
    assert!(cast.contains("cannot be performed safely"), "{cast}");
    let five = FiveCrop::new(3).apply(x.into()).unwrap_err().to_string();
    assert!(five.contains("ToTensor"), "{five}");
}

#[test]
fn crops_come_stacked_and_pictures_are_whitened() {
    let t = functional::to_tensor(&image(3, 6, 8, 0)).unwrap();
    let five = FiveCrop::new((3, 4))
        .apply(t.clone().into())
        .unwrap()
        .into_tensor()
        .unwrap();
    assert_eq!(five.shape(), [5, 3, 3, 4]);
    let ten = TenCrop::new(3)
        .vertical_flip(true)
        .apply(t.clone().into())
        .unwrap()
        .into_tensor()
        .unwrap();
    assert_eq!(ten.shape(), [10, 3, 3, 3]);
    assert!(ten.select(0, 0).equal(&t.narrow(1, 0, 3).narrow(2, 0, 3)));
    let white = LinearTransformation::new(tensor!([[2.0, 0.0], [1.0, 1.0]]), tensor!([1.0, 0.0]));
    let y = white
        .apply(tensor!([[[3.0, 5.0]]]).into())
        .unwrap()
        .into_tensor()
        .unwrap();
    assert_eq!(y.to_vec::<f32>(), [9.0, 5.0]);
    let image = image(3, 4, 4, 1);
    let there = compose![PILToTensor, ConvertImageDtype::new(DType::F32), ToPILImage];
    assert_eq!(
        there
            .apply(image.clone().into())
            .unwrap()
            .into_image()
            .unwrap(),
        image
    );
}

#[test]
fn texts_are_torchvisions() {
    let texts = compose![
        Resize::new((6, 5))
            .interpolation(InterpolationMode::Bicubic)
            .antialias(false),
        Pad::new((1, 2))
            .fill([1, 2, 3])
            .padding_mode(PaddingMode::Edge),
        CenterCrop::new(10),
        RandomCrop::new((32, 31)).padding((1, 2, 3, 4)),
        RandomResizedCrop::new(224),
        RandomHorizontalFlip::new(),
        RandomPerspective::new(),
        RandomAffine::new((-5.0, 9.0))
            .translate((0.1, 0.2))
            .shear_xy(3.0, 4.0)
            .fill(7),
        RandomRotation::new(10.0).center((1.0, 2.0)),
        FiveCrop::new(7),
        TenCrop::new((7, 8)),
        ElasticTransform::new(),
        RandomErasing::new().value(Erasing::Random),
        ToTensor,
        Normalize::new([0.5], [0.25]),
    ];
    let want = "Compose(
    Resize(size=(6, 5), interpolation=bicubic, max_size=None, antialias=False)
    Pad(padding=(1, 2), fill=(1, 2, 3), padding_mode=edge)
    CenterCrop(size=(10, 10))
    RandomCrop(size=(32, 31), padding=(1, 2, 3, 4))
    RandomResizedCrop(size=(224, 224), scale=(0.08, 1.0), ratio=(0.75, 1.3333), interpolation=bilinear, antialias=True)
    RandomHorizontalFlip(p=0.5)
    RandomPerspective(p=0.5)
    RandomAffine(degrees=[-5.0, 9.0], translate=(0.1, 0.2), shear=[-3.0, 3.0, -4.0, 4.0], fill=7)
    RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, center=(1.0, 2.0), fill=0)
    FiveCrop(size=(7, 7))
    TenCrop(size=(7, 8), vertical_flip=False)
    ElasticTransform(alpha=[50.0, 50.0], sigma=[5.0, 5.0], interpolation=InterpolationMode.BILINEAR, fill=[0.0])
    RandomErasing(p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=random, inplace=False)
    ToTensor()
    Normalize(mean=[0.5], std=[0.25])
)";
    assert_eq!(texts.to_string(), want);
}

#[test]
fn sizes_are_read_off_images_and_tensors() {
    use functional::{get_dimensions, get_image_num_channels, get_image_size};
    let picture = image(3, 4, 7, 0);
    assert_eq!(get_dimensions(&picture).unwrap(), [3, 4, 7]);
    assert_eq!(get_image_size(&picture).unwrap(), [7, 4]);
    assert_eq!(get_image_num_channels(&picture).unwrap(), 3);
    let batch = Tensor::zeros([5, 1, 2, 6]);
    assert_eq!(get_image_size(&batch).unwrap(), [6, 2]);
    assert_eq!(get_image_num_channels(&batch).unwrap(), 1);
    // torchvision counts a plane without channels as one.
    assert_eq!(get_image_num_channels(&Tensor::zeros([2, 6])).unwrap(), 1);
    assert!(get_image_size(&Tensor::zeros([6])).is_err());
}
