//! Picture files, grids and drawings, beside torchvision's: `fixtures/pictures/record.py` recorded them.

use std::collections::BTreeMap;

use ondol_autograd::{DType, Tensor, catch, tensor};
use ondol_vision::io::{
    ImageReadMode, decode_image, encode_jpeg, encode_png, read_file, read_image, write_file,
    write_jpeg, write_png,
};
use ondol_vision::utils::{
    Boxes, Color, Grid, Keypoints, Masks, draw_bounding_boxes, draw_keypoints,
    draw_segmentation_masks, flow_to_image, make_grid, preview, save_image,
};

type Line = (String, Vec<usize>, Vec<u8>);

/// Type, shape and bytes of each line.
fn recorded() -> BTreeMap<String, Line> {
    let text = include_str!("fixtures/pictures/pictures.txt");
    let line = |line: &str| {
        let [name, dtype, shape, hex] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
        let bytes = (0..hex.len()).step_by(2).map(byte).collect();
        let shape = shape.split('x').filter_map(|n| n.parse().ok()).collect();
        (name.to_owned(), (dtype.to_owned(), shape, bytes))
    };
    text.lines().skip(1).map(line).collect()
}

fn floats_of(bytes: &[u8]) -> Vec<f32> {
    let one = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
    bytes.chunks_exact(4).map(one).collect()
}

/// What `record.py` makes too.
fn pattern(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    let value = |i: usize| ((i * 37 + i / 7 * 11 + i / 100 * 3) % 256) as u8;
    Tensor::from_vec((0..n).map(value).collect(), shape.to_vec())
}

fn floats(shape: &[usize]) -> Tensor {
    pattern(shape).to_dtype(DType::F32).div(255.0)
}

fn same(all: &BTreeMap<String, Line>, name: &str, got: &Tensor) {
    let (dtype, shape, bytes) = &all[name];
    assert_eq!(got.shape(), shape[..], "{name}");
    if dtype == "u8" {
        let got = got.to_vec::<u8>();
        let area = shape[shape.len() - 2] * shape[shape.len() - 1];
        let wrong: Vec<_> = (0..got.len()).filter(|&i| got[i] != bytes[i]).collect();
        let width = shape[shape.len() - 1];
        let places: Vec<_> = wrong
            .iter()
            .map(|i| (i % area % width, i % area / width))
            .collect();
        assert!(wrong.is_empty(), "{name}: (x, y) {places:?}");
        return;
    }
    for (i, (got, want)) in got.to_vec::<f32>().iter().zip(floats_of(bytes)).enumerate() {
        assert!((got - want).abs() < 1e-6, "{name}: {i}: {got} {want}");
    }
}

#[test]
fn grids_are_torchvisions() {
    let all = recorded();
    let x = floats(&[5, 3, 4, 6]).mul(3.0).sub(1.0);
    let grid = |options: Grid| make_grid(&x, &options);
    same(&all, "grid_plain", &grid(Grid::new()));
    same(
        &all,
        "grid_rows",
        &grid(Grid::new().nrow(2).padding(1).pad_value(0.5)),
    );
    same(
        &all,
        "grid_normalize",
        &grid(Grid::new().nrow(3).normalize(true)),
    );
    let each = Grid::new()
        .nrow(3)
        .normalize(true)
        .scale_each(true)
        .padding(0);
    same(&all, "grid_each", &grid(each));
    same(
        &all,
        "grid_range",
        &grid(Grid::new().normalize(true).value_range(-0.5, 1.25)),
    );
    same(
        &all,
        "grid_grey",
        &make_grid(&x.narrow(1, 0, 1), &Grid::new().nrow(4)),
    );
    same(
        &all,
        "grid_one",
        &make_grid(&x.narrow(0, 0, 1), &Grid::new()),
    );
    let bytes = make_grid(&pattern(&[3, 3, 2, 2]), &Grid::new().nrow(2).pad_value(7.0));
    same(&all, "grid_bytes", &bytes);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.png");
    save_image(&x, &path, &Grid::new().nrow(3)).unwrap();
    let saved = read_image(&path, ImageReadMode::Rgb).unwrap();
    same(&all, "saved", &saved.permute([1, 2, 0]).contiguous());
    let path = dir.path().join("x.ppm");
    save_image(&floats(&[1, 3, 5]), &path, &Grid::new()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), all["saved_ppm"].2);
}

const MODES: [(&str, ImageReadMode); 5] = [
    ("UNCHANGED", ImageReadMode::Unchanged),
    ("GRAY", ImageReadMode::Gray),
    ("GRAY_ALPHA", ImageReadMode::GrayAlpha),
    ("RGB", ImageReadMode::Rgb),
    ("RGB_ALPHA", ImageReadMode::Rgba),
];

#[test]
fn png_files_are_read_as_torchvision_reads_them() {
    let all = recorded();
    let mut read = 0;
    for (name, (_, _, file)) in all
        .iter()
        .filter(|(n, l)| n.starts_with("png") && l.0 == "file")
    {
        for (mode_name, mode) in MODES {
            let Some((dtype, _, bytes)) = all.get(&format!("{name}.{mode_name}")) else {
                continue;
            };
            let got = decode_image(file, mode).unwrap();
            if dtype == "u16" {
                let wide = |b: &[u8]| i32::from(u16::from_le_bytes([b[0], b[1]]));
                let want: Vec<i32> = bytes.chunks_exact(2).map(wide).collect();
                assert_eq!(got.to_vec::<i32>(), want, "{name}.{mode_name}");
            } else {
                same(&all, &format!("{name}.{mode_name}"), &got);
            }
            read += 1;
        }
    }
    assert_eq!(read, 29);
}

#[test]
fn jpeg_files_are_read_nearly_as_torchvision_reads_them() {
    let all = recorded();
    for name in ["jpeg_420", "jpeg_444", "jpeg_grey"] {
        for (mode_name, mode) in MODES {
            let Some((_, shape, want)) = all.get(&format!("{name}.{mode_name}")) else {
                let text = decode_image(&all[name].2, mode).unwrap_err().to_string();
                assert!(text.contains("no alpha"), "{text}");
                continue;
            };
            let got = decode_image(&all[name].2, mode).unwrap();
            assert_eq!(got.shape(), shape[..]);
            let off: Vec<u8> = got
                .to_vec::<u8>()
                .iter()
                .zip(want)
                .map(|(a, b)| a.abs_diff(*b))
                .collect();
            let mean = off.iter().map(|&o| f64::from(o)).sum::<f64>() / off.len() as f64;
            let most = off.iter().max().unwrap();
            assert!(
                mean < 1.0 && *most <= 8,
                "{name}.{mode_name}: {mean}, at most {most}"
            );
        }
    }
}

#[test]
fn files_are_written_and_read_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.png");
    let image = pattern(&[3, 4, 5]);
    write_png(&image, &path).unwrap();
    let back = read_image(&path, ImageReadMode::Unchanged).unwrap();
    same(&recorded(), "encoded", &back);
    write_jpeg(&Tensor::full([1, 9, 8], 77).to_dtype(DType::U8), &path, 90).unwrap();
    let back = read_image(&path, ImageReadMode::Unchanged).unwrap();
    assert_eq!(back.shape(), [1, 9, 8]);
    assert!(back.to_vec::<u8>().iter().all(|v| v.abs_diff(77) < 3));
    let bytes = read_file(&path).unwrap();
    write_file(dir.path().join("b"), &bytes).unwrap();
    assert_eq!(
        read_file(dir.path().join("b")).unwrap().to_vec::<u8>(),
        bytes.to_vec::<u8>()
    );
    assert!(write_file(&path, &image).is_err());
    assert!(
        encode_png(&floats(&[3, 4, 5]))
            .unwrap_err()
            .to_string()
            .contains("expected u8")
    );
    assert!(
        encode_jpeg(&image, 0)
            .unwrap_err()
            .to_string()
            .contains("1 to 100")
    );
    std::fs::write(&path, "text").unwrap();
    let text = read_image(&path, ImageReadMode::Rgb)
        .unwrap_err()
        .to_string();
    assert!(text.contains("a.png: no picture file (4 bytes)"), "{text}");
}

#[test]
fn boxes_are_torchvisions_to_the_pixel() {
    let all = recorded();
    let (image, grey) = (pattern(&[3, 20, 24]), pattern(&[1, 20, 24]));
    let boxes = tensor!([[2, 3, 10, 12], [5, 1, 22, 18], [0, 0, 23, 19]]);
    let colors: [Color; 3] = ["red".into(), "#00FF80".into(), (10, 20, 30).into()];
    let colored = || Boxes::new().colors(colors.clone());
    let draw = |options: Boxes| draw_bounding_boxes(&image, &boxes, &options);
    same(&all, "boxes_plain", &draw(colored()));
    same(&all, "boxes_wide", &draw(colored().width(3)));
    same(
        &all,
        "boxes_fill",
        &draw(Boxes::new().color("blue").fill(true).width(2)),
    );
    same(
        &all,
        "boxes_grey",
        &draw_bounding_boxes(&grey, &boxes, &Boxes::new()),
    );
    let drawn = draw_bounding_boxes(&floats(&[3, 20, 24]), &boxes, &colored().fill(true));
    same(&all, "boxes_float", &drawn);
    let far = tensor!([
        [-5.7, -3.2, 4.9, 30.0],
        [20.6, 10.1, 40.0, 12.9],
        [7.0, 7.0, 7.0, 15.0],
        [3.0, 4.0, 3.0, 4.0],
        [1.0, 9.0, 12.0, 10.0]
    ]);
    let gold = || Boxes::new().color("gold");
    same(
        &all,
        "boxes_far",
        &draw_bounding_boxes(&image, &far, &gold().width(2)),
    );
    let filled = draw_bounding_boxes(&image, &far, &gold().width(4).fill(true));
    same(&all, "boxes_far_fill", &filled);
}

#[test]
fn labels_stand_inside_of_their_box() {
    let image = Tensor::zeros([3, 24, 40]).to_dtype(DType::U8);
    let boxes = tensor!([[2, 3, 38, 20]]);
    let options = Boxes::new()
        .color("white")
        .labels(["Ab"])
        .label_color("red");
    let plain = draw_bounding_boxes(&image, &boxes, &options).to_vec::<u8>();
    let at = |v: &[u8], c: usize, x: usize, y: usize| v[(c * 24 + y) * 40 + x];
    let red = |v: &[u8]| -> Vec<(usize, usize)> {
        let all = (0..24).flat_map(|y| (0..40).map(move |x| (x, y)));
        all.filter(|&(x, y)| at(v, 0, x, y) == 255 && at(v, 1, x, y) == 0)
            .collect()
    };
    let ink = red(&plain);
    assert!(ink.len() > 20, "{ink:?}");
    assert!(
        ink.iter()
            .all(|&(x, y)| (4..20).contains(&x) && (5..13).contains(&y)),
        "{ink:?}"
    );
    let ground = options.fill_labels(true).label_background_color("blue");
    let filled = draw_bounding_boxes(&image, &boxes, &ground).to_vec::<u8>();
    assert_eq!(red(&filled), ink);
    assert_eq!(at(&filled, 2, 3, 4), 255);
    let text = catch(|| draw_bounding_boxes(&image, &boxes, &Boxes::new().labels(["a", "b"])));
    assert!(
        text.unwrap_err()
            .to_string()
            .contains("Number of boxes (1) and labels (2) mismatch")
    );
}

#[test]
fn masks_are_torchvisions() {
    let all = recorded();
    let image = pattern(&[3, 20, 24]);
    let mask = |f: &dyn Fn(usize, usize) -> bool| -> Vec<bool> {
        (0..480).map(|i| f(i / 24, i % 24)).collect()
    };
    let rules: [&dyn Fn(usize, usize) -> bool; 3] =
        [&|y, x| (y + x) % 3 == 0, &|y, _| y < 8, &|y, x| {
            x * y % 5 == 1
        }];
    let masks = Tensor::from_vec(rules.iter().flat_map(|f| mask(f)).collect(), [3, 20, 24]);
    same(
        &all,
        "masks_bytes",
        &draw_segmentation_masks(&image, &masks, &Masks::new()),
    );
    let one = masks.select(0, 1);
    let half = Masks::new().alpha(0.5).color("tomato");
    same(
        &all,
        "masks_colors",
        &draw_segmentation_masks(&image, &one, &half),
    );
    let colors: [Color; 3] = ["red".into(), "#00FF80".into(), (10, 20, 30).into()];
    let options = Masks::new().alpha(0.3).colors(colors);
    let drawn = draw_segmentation_masks(&floats(&[3, 20, 24]), &masks, &options);
    same(&all, "masks_float", &drawn);
}

#[test]
fn points_and_lines_are_torchvisions_to_the_pixel() {
    let all = recorded();
    let image = pattern(&[3, 20, 24]);
    let points = tensor!([
        [[5.0, 5.0], [15.0, 5.0], [15.0, 14.0]],
        [[1.0, 17.0], [22.9, 18.2], [9.0, 1.0]]
    ]);
    let visible = tensor!([[true, true, true], [true, false, true]]);
    for radius in [0, 1, 2, 3, 4, 7] {
        let options = Keypoints::new()
            .color("red")
            .radius(radius)
            .visibility(visible.clone());
        same(
            &all,
            &format!("points_{radius}"),
            &draw_keypoints(&image, &points, &options),
        );
    }
    for width in [1, 2, 3, 5] {
        let lime = || Keypoints::new().color("lime").radius(1).width(width);
        let straight = lime().connectivity([(0, 1), (1, 2)]);
        let drawn = draw_keypoints(&image, &points.narrow(0, 0, 1), &straight);
        same(&all, &format!("points_straight_{width}"), &drawn);
        let slant = lime()
            .connectivity([(0, 2), (2, 1)])
            .visibility(visible.clone());
        let drawn = draw_keypoints(&image, &points, &slant);
        same(&all, &format!("points_slant_{width}"), &drawn);
    }
    let options = Keypoints::new().color([1, 200, 3]);
    same(
        &all,
        "points_float",
        &draw_keypoints(&floats(&[3, 20, 24]), &points, &options),
    );
}

#[test]
fn motion_is_torchvisions_colours() {
    let (_, shape, want) = &recorded()["flow"];
    let at = |i: usize| (i / 9 % 7) as f32 - 3.25;
    let steps = (0..63).map(|i| (i % 9) as f32 - 4.5).chain((0..63).map(at));
    let got = flow_to_image(&Tensor::from_vec(steps.collect(), [2, 7, 9]));
    assert_eq!(got.shape(), shape[..]);
    let got = got.to_vec::<u8>();
    // Rounding down hides nothing: a last bit can be a whole step.
    assert!(got.iter().zip(want).all(|(a, b)| a.abs_diff(*b) <= 1));
    assert!(got.iter().zip(want).filter(|(a, b)| a != b).count() < 4);
}

#[test]
fn colours_are_pillows() {
    let mut named = 0;
    for (name, (_, _, rgb)) in recorded() {
        if let Some(name) = name.strip_prefix("color:") {
            assert_eq!(Color::from(name).rgb().unwrap().to_vec(), rgb, "{name}");
            named += 1;
        }
    }
    assert_eq!(named, 148);
    for wrong in ["no colour", "#12", "#12345g", ""] {
        let text = Color::from(wrong).rgb().unwrap_err().to_string();
        assert!(text.contains("unknown color specifier"), "{text}");
    }
}

#[test]
fn what_cannot_be_drawn_on_is_refused() {
    let (image, boxes) = (Tensor::zeros([3, 4, 4]), tensor!([[0, 0, 1, 1]]));
    let boxed = |image: &Tensor, boxes: &Tensor| {
        let drawn = catch(|| draw_bounding_boxes(image, boxes, &Boxes::new()));
        drawn.unwrap_err().to_string()
    };
    assert!(boxed(&Tensor::zeros([1, 3, 4, 4]), &boxes).contains("not a batch"));
    assert!(boxed(&Tensor::zeros([2, 4, 4]), &boxes).contains("expected [1 or 3, H, W]"));
    assert!(boxed(&Tensor::range(8).reshape([1, 2, 4]), &boxes).contains("u8 or a float"));
    assert!(boxed(&image, &tensor!([[2, 0, 1, 1]])).contains("(xmin, ymin, xmax, ymax)"));
    let mask = catch(|| draw_segmentation_masks(&image, &Tensor::zeros([4, 4]), &Masks::new()));
    assert!(mask.unwrap_err().to_string().contains("expected bool"));
    let options = Keypoints::new().connectivity([(0, 3)]);
    let points = catch(|| draw_keypoints(&image, &Tensor::zeros([1, 3, 2]), &options));
    assert!(
        points
            .unwrap_err()
            .to_string()
            .contains("joins points 0 and 3 of 3")
    );
}

#[test]
fn a_terminal_shows_two_pixels_a_letter() {
    let image = tensor!([
        [[1.0, 0.0], [0.0, 0.0]],
        [[0.0, 0.0], [0.0, 1.0]],
        [[0.0, 0.0], [1.0, 1.0]]
    ]);
    let text = preview(&image).color(true).to_string();
    assert_eq!(
        text,
        "\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[38;2;0;0;0;48;2;0;255;255m▀\x1b[0m\n"
    );
    let grey = preview(&Tensor::ones([1, 64, 64]))
        .width(10)
        .color(false)
        .to_string();
    assert_eq!(grey, "@@@@@@@@@@\n".repeat(5));
    let odd = preview(&Tensor::zeros([1, 3, 1])).color(true).to_string();
    assert_eq!(odd.lines().count(), 2);
    assert!(odd.contains(";49m"), "{odd:?}");
    let bytes = Tensor::full([2, 3, 4, 4], 255).to_dtype(DType::U8);
    assert!(preview(&bytes).color(false).to_string().contains('@'));
}
