//! Grids and files of pictures.

use ondol_autograd::{Tensor, catch};
use ondol_vision::utils::{Grid, make_grid, save_image};

fn counting(shape: [usize; 4]) -> Tensor {
    let n: usize = shape.iter().product();
    Tensor::from_vec(
        (0..n).map(|i| i as f32 / n as f32).collect::<Vec<f32>>(),
        shape,
    )
}

#[test]
fn pictures_stand_in_rows_with_padding() {
    let images = counting([5, 3, 2, 4]);
    let grid = make_grid(&images, &Grid::new().nrow(3).padding(1).pad_value(-1.0));
    assert_eq!(grid.shape(), [3, 2 * 3 + 1, 3 * 5 + 1]);
    let (grid, images) = (grid.to_vec::<f32>(), images.to_vec::<f32>());
    let at = |c: usize, y: usize, x: usize| grid[(c * 7 + y) * 16 + x];
    let pixel = |i: usize, c: usize, y: usize, x: usize| images[((i * 3 + c) * 2 + y) * 4 + x];
    assert_eq!(at(0, 0, 0), -1.0);
    assert_eq!(at(0, 1, 1), pixel(0, 0, 0, 0));
    assert_eq!(at(2, 2, 5 + 4), pixel(1, 2, 1, 3));
    assert_eq!(at(1, 3 + 1, 5 + 1), pixel(4, 1, 0, 0));
    // The place of the sixth stays empty.
    assert_eq!(at(1, 5, 12), -1.0);
    let taken = grid.iter().filter(|&&x| x >= 0.0).count();
    assert_eq!(taken, images.len());
}

#[test]
fn grey_becomes_three_channels_and_one_picture_has_no_padding() {
    let grid = make_grid(&counting([1, 1, 2, 2]), &Grid::new());
    assert_eq!(grid.shape(), [3, 2, 2]);
    assert_eq!(grid.to_vec::<f32>(), [0.0, 0.25, 0.5, 0.75].repeat(3));
    assert_eq!(
        make_grid(&Tensor::zeros([4, 6]), &Grid::new()).shape(),
        [3, 4, 6]
    );
    assert_eq!(
        make_grid(&Tensor::zeros([2, 4, 6]), &Grid::new()).shape(),
        [2, 4, 6]
    );
    assert_eq!(
        make_grid(&Tensor::zeros([3, 1, 4, 6]), &Grid::new()).shape(),
        [3, 8, 26]
    );
}

#[test]
fn normalising_follows_the_range() {
    let images = Tensor::from_vec(vec![-2.0f32, 0.0, 2.0, 10.0, 10.0, 20.0], [2, 3, 1, 1]);
    let values = |grid: Grid| make_grid(&images, &grid.padding(0).normalize(true)).to_vec::<f32>();
    let whole = values(Grid::new());
    assert_eq!(
        whole,
        [0.0, 12.0 / 22.0, 2.0 / 22.0, 12.0 / 22.0, 4.0 / 22.0, 1.0]
    );
    assert_eq!(
        values(Grid::new().scale_each(true)),
        [0.0, 0.0, 0.5, 0.0, 1.0, 1.0]
    );
    assert_eq!(
        values(Grid::new().value_range(0.0, 10.0)),
        [0.0, 1.0, 0.0, 1.0, 0.2, 1.0]
    );
    // The pictures themselves stay as they are, and a flat one does not divide by zero.
    assert_eq!(images.to_vec::<f32>()[0], -2.0);
    let flat = make_grid(
        &Tensor::ones([2, 3, 1, 1]),
        &Grid::new().normalize(true).padding(0),
    );
    assert_eq!(flat.to_vec::<f32>(), [0.0; 6]);
}

#[test]
fn what_is_no_picture_is_refused() {
    for (tensor, part) in [
        (Tensor::zeros([3]), "expected [B, C, H, W]"),
        (Tensor::zeros([0, 3, 2, 2]), "0 pictures"),
        (Tensor::range(4).reshape([2, 2]), "expected a float type"),
    ] {
        let text = catch(|| make_grid(&tensor, &Grid::new()))
            .unwrap_err()
            .to_string();
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn files_hold_the_rounded_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<f32> = vec![-1.0, 0.0, 0.1, 0.5, 0.999, 7.0];
    let bytes = [0, 0, 26, 128, 255, 255];
    let picture = Tensor::from_vec(values, [1, 2, 3]);
    let path = dir.path().join("a.PNG");
    std::fs::write(&path, "old").unwrap();
    save_image(&picture, &path, &Grid::new()).unwrap();
    let read = image::open(&path).unwrap().into_rgb8();
    assert_eq!((read.width(), read.height()), (3, 2));
    let expected: Vec<u8> = bytes.iter().flat_map(|&b| [b; 3]).collect();
    assert_eq!(read.into_raw(), expected);

    let path = dir.path().join("a.ppm");
    save_image(&picture, &path, &Grid::new()).unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap(),
        [b"P6\n3 2\n255\n", &expected[..]].concat()
    );

    let path = dir.path().join("a.jpg");
    save_image(&Tensor::full([3, 16, 16], 0.5), &path, &Grid::new()).unwrap();
    let read = image::open(&path).unwrap().into_rgb8();
    assert!(read.into_raw().iter().all(|&b| b.abs_diff(128) < 4));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[test]
fn a_file_that_cannot_be_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let error = |tensor: &Tensor, name: &str| {
        save_image(tensor, dir.path().join(name), &Grid::new())
            .unwrap_err()
            .to_string()
    };
    let picture = Tensor::zeros([3, 2, 2]);
    assert!(error(&picture, "a.tiff").contains("expected png, jpg, jpeg or ppm"));
    assert!(error(&picture, "a").contains("extension none"));
    assert!(error(&Tensor::zeros([2, 2, 2]), "a.png").contains("2 channels; expected 1 or 3"));
    assert!(error(&picture, "no/such/folder/a.png").contains("cannot create"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
