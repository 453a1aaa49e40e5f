//! Figures: what is written in them, that they are the same each time, and where they go.

use ondol_autograd::{Tensor, fork_rng_guard, manual_seed, tensor};
use ondol_train::metrics::{ConfusionMatrix, roc_curve};
use ondol_train::plot::{self, Figure, Plot};
use ondol_train::{History, metrics::AUROC};

fn garments() -> [&'static str; 10] {
    [
        "t-shirt",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ]
}

fn history() -> Figure {
    let mut history = History::new();
    for epoch in 0..15 {
        let t = f64::from(epoch);
        history.push(&[
            ("loss", 0.9 * (-t / 4.0).exp() + 0.12),
            ("accuracy", 0.96 - 0.3 * (-t / 4.0).exp()),
            (
                "val_loss",
                0.85 * (-t / 4.0).exp() + 0.22 + 0.012 * (t - 7.0).max(0.0),
            ),
            (
                "val_accuracy",
                0.91 - 0.26 * (-t / 4.0).exp() - 0.002 * (t - 9.0).max(0.0),
            ),
            ("lr", 0.1),
        ]);
    }
    plot::history(&history)
}

fn confusion() -> Figure {
    let mut confusion = ConfusionMatrix::new(10).class_names(garments());
    let (mut truth, mut guess) = (Vec::new(), Vec::new());
    for i in 0..3000i64 {
        let class = i % 10;
        truth.push(class);
        guess.push(if i % 7 == 0 {
            (class * 3 + i / 70) % 10
        } else {
            class
        });
    }
    confusion.update(
        &Tensor::from_vec(guess, [3000]),
        &Tensor::from_vec(truth, [3000]),
    );
    plot::confusion_matrix(&confusion)
}

fn predictions() -> Figure {
    let images = Tensor::rand([12, 1, 28, 28]);
    let logits = Tensor::randn([12, 10]) * 3.0;
    let targets = Tensor::from_vec((0..12).map(|i| i % 10).collect::<Vec<i64>>(), [12]);
    let guessed = logits.argmax(1, false).to_vec::<i64>();
    let mixed: Vec<i64> = guessed
        .iter()
        .zip(targets.to_vec::<i64>())
        .enumerate()
        .map(|(i, (&g, t))| if i % 3 == 0 { t } else { g })
        .collect();
    plot::predictions(
        &images,
        &Tensor::from_vec(mixed, [12]),
        &logits,
        &garments(),
    )
    .unwrap()
}

fn boundary() -> Figure {
    let x = Tensor::randn([150, 2]);
    let inside = x.square().sum_dim([1], false).lt(1.4).long();
    let model = |x: &Tensor| (1.4 - x.square().sum_dim([1], false)).sigmoid();
    plot::decision_boundary(model, &x, &inside).unwrap()
}

fn three_classes() -> Figure {
    let x = Tensor::randn([90, 2]) * 2.0;
    let model = |x: &Tensor| {
        Tensor::cat(
            &[
                &x.narrow(1, 0, 1),
                &(x.narrow(1, 1, 1) - 0.5),
                &(-x.sum_dim([1], true)),
            ],
            1,
        )
    };
    let classes = model(&x).argmax(1, false);
    plot::decision_boundary(model, &x, &classes).unwrap()
}

fn rocs() -> Figure {
    let targets = Tensor::from_vec((0..200).map(|i| i % 2).collect::<Vec<i64>>(), [200]);
    let noise = Tensor::randn([200]);
    let good = roc_curve(&(targets.float() * 2.0 + &noise), &targets);
    let mut auroc = AUROC::binary();
    auroc.update(&(targets.float() * 0.7 + noise), &targets);
    plot::roc(&[("two layers", &good), ("one layer", &auroc.curve(0))])
}

fn lines() -> Figure {
    let x: Vec<f64> = (0..200).map(|i| f64::from(i) / 20.0).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|x| {
            if *x > 4.0 && *x < 4.5 {
                f64::NAN
            } else {
                -x.sin() * 0.2
            }
        })
        .collect();
    let z: Vec<f64> = x.iter().map(|x| x.cos() * 0.1).collect();
    Plot::new()
        .title("Two waves <&>")
        .x_label("time")
        .y_label("height")
        .line("sine", &x, &y)
        .line("cosine", &x, &z)
        .figure()
}

fn all() -> Vec<(&'static str, Figure, &'static [&'static str])> {
    let _own = fork_rng_guard();
    manual_seed(1);
    vec![
        (
            "history",
            history(),
            &[
                "training",
                "validation",
                "epoch",
                "best: epoch ",
                "Accuracy",
            ],
        ),
        (
            "confusion",
            confusion(),
            &["ankle boot", "guessed", "true", "100 %", "3000 samples"],
        ),
        ("predictions", predictions(), &["→", "t-shirt", " %"]),
        (
            "filters",
            plot::filters(&Tensor::randn([32, 1, 5, 5])).unwrap(),
            &["32 filters, 5 × 5"],
        ),
        (
            "colours",
            plot::filters(&Tensor::randn([16, 3, 7, 7])).unwrap(),
            &["16 filters, 7 × 7"],
        ),
        (
            "boundary",
            boundary(),
            &["class 0", "class 1", "Decision boundary"],
        ),
        ("three", three_classes(), &["class 2"]),
        (
            "scatter",
            plot::scatter(&tensor!([[0.0, 1.0], [2.0, -1.0]]), &tensor!([0, 1])).unwrap(),
            &["class 1"],
        ),
        (
            "roc",
            rocs(),
            &["two layers (AUC 0.", "false positive rate"],
        ),
        (
            "histogram",
            plot::histogram("fc1.weight", &Tensor::randn([2000]), 30).unwrap(),
            &["fc1.weight", "count"],
        ),
        (
            "lines",
            lines(),
            &["Two waves &lt;&amp;&gt;", "cosine", "height"],
        ),
    ]
}

#[test]
fn every_figure_says_what_it_shows() {
    let folder = std::env::var_os("ONDOL_PICTURES").map(std::path::PathBuf::from);
    for (name, figure, texts) in all() {
        let svg = figure.to_svg().unwrap();
        for text in texts {
            assert!(svg.contains(text), "{name} does not say {text:?}");
        }
        let (width, height) = figure.size();
        assert!(
            svg.starts_with(&format!("<svg width=\"{width}\" height=\"{height}\"")),
            "{}",
            &svg[..80]
        );
        // To look at them: ONDOL_PICTURES=folder cargo test -p ondol-train --test plot
        if let Some(folder) = &folder {
            figure.save(folder.join(format!("{name}.png"))).unwrap();
            figure.save(folder.join(format!("{name}.svg"))).unwrap();
        }
    }
}

/// Text, in pixels, within its picture: nothing is drawn at the very edge.
#[test]
fn nothing_is_cut_off() {
    for (name, figure, _) in all() {
        let png = figure.to_png().unwrap();
        let picture = image::load_from_memory(&png).unwrap().to_rgb8();
        let (w, h) = picture.dimensions();
        assert_eq!(
            (w, h),
            (
                (figure.size().0 * 2.0) as u32,
                (figure.size().1 * 2.0) as u32
            ),
            "{name}"
        );
        let edge = (0..w)
            .flat_map(|x| [(x, 0), (x, h - 1)])
            .chain((0..h).flat_map(|y| [(0, y), (w - 1, y)]));
        for (x, y) in edge {
            assert_eq!(
                picture.get_pixel(x, y).0,
                [255; 3],
                "{name}: ink at the edge, {x} {y}"
            );
        }
        let ink = picture.pixels().filter(|p| p.0 != [255; 3]).count();
        assert!(ink > 2000, "{name}: {ink} pixels are drawn");
    }
}

#[test]
fn the_same_figure_each_time() {
    let (first, second) = (history(), history());
    assert_eq!(first.to_svg().unwrap(), second.to_svg().unwrap());
    assert_eq!(first.to_png().unwrap(), second.to_png().unwrap());
}

#[test]
fn a_file_by_its_extension() {
    let folder = tempfile::tempdir().unwrap();
    let figure = lines();
    figure.save(folder.path().join("a.svg")).unwrap();
    figure.save(folder.path().join("a.PNG")).unwrap();
    assert!(
        std::fs::read(folder.path().join("a.PNG"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let error = figure
        .save(folder.path().join("a.gif"))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a.gif") && error.contains("expected svg or png"),
        "{error}"
    );
    let error = figure
        .save(folder.path().join("no/a.svg"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("does not exist"), "{error}");
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let images = Tensor::rand([2, 1, 4, 4]);
    let (targets, logits) = (tensor!([0, 5]), tensor!([[1.0, 0.0], [0.0, 1.0]]));
    let error = plot::predictions(&images, &targets, &logits, &["a", "b"])
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("class 5 has no name; there are 2"),
        "{error}"
    );
    assert!(plot::predictions(&images, &tensor!([0]), &logits, &["a", "b"]).is_err());
    assert!(plot::filters(&Tensor::zeros([3, 3])).is_err());
    assert!(plot::scatter(&Tensor::zeros([3, 3]), &tensor!([0, 1, 2])).is_err());
    assert!(plot::histogram("x", &Tensor::zeros([3]), 0).is_err());
    let wrong = |_: &Tensor| Tensor::zeros([4]);
    assert!(plot::decision_boundary(wrong, &tensor!([[0.0, 1.0]]), &tensor!([0])).is_err());
    // Nothing to show is no error.
    plot::history(&History::new()).to_png().unwrap();
    plot::histogram("x", &Tensor::zeros([0]), 4)
        .unwrap()
        .to_svg()
        .unwrap();
}
