//! What is written, beside what PyTorch writes.

use ondol_autograd::{Tensor, tensor};
use ondol_nn::Linear;
use ondol_tensor::Result;

use super::SummaryWriter;
use super::record::unframe;
use crate::plot::Plot;

/// The numbered fields of a message: an integer's or a double's eight bytes, or a text's.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return value;
            }
        }
        unreachable!()
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let take = match tag & 7 {
            0 => {
                let value = varint(&mut bytes);
                found.push((tag >> 3, value.to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            5 => 4,
            2 => varint(&mut bytes) as usize,
            wire => panic!("wire type {wire}"),
        };
        found.push((tag >> 3, bytes[..take].to_vec()));
        bytes = &bytes[take..];
    }
    found
}

/// The events of a file without the time they were written at.
fn events(file: &[u8]) -> Vec<Vec<(u64, Vec<u8>)>> {
    let events = unframe(file).unwrap();
    let timeless = |event: &Vec<u8>| {
        fields(event)
            .into_iter()
            .filter(|(field, _)| *field != 1)
            .collect()
    };
    events.iter().map(timeless).collect()
}

fn of(bytes: &[(u64, Vec<u8>)], path: &[u64]) -> Vec<u8> {
    let [first, rest @ ..] = path else {
        unreachable!()
    };
    let (_, value) = bytes
        .iter()
        .find(|(field, _)| field == first)
        .expect("the field is there");
    if rest.is_empty() {
        value.clone()
    } else {
        of(&fields(value), rest)
    }
}

fn write(fill: impl FnOnce(&mut SummaryWriter) -> Result<()>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SummaryWriter::new(folder.path().join("a/b")).unwrap();
    fill(&mut writer).unwrap();
    let path = writer.path().to_owned();
    writer.close().unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn the_events_are_those_of_pytorch() {
    let file = write(|writer| {
        writer.add_scalar("loss/train", 0.5, 3)?;
        writer.add_scalar("zero", 0.0, 0)?;
        writer.add_scalar("minus", -1.25, 1 << 40)?;
        let numbers: Vec<f32> = (-8..9).map(|i| i as f32 / 4.0).collect();
        writer.add_histogram("weights", &Tensor::from_vec(numbers, [17]), 2)?;
        writer.add_histogram("ones", &Tensor::ones([5]), 1)?;
        writer.add_text("note", "two **layers**", 4)
    });
    let recorded = include_bytes!("../../tests/fixtures/tensorboard/scalars.tfevents");
    let (ours, theirs) = (events(&file), events(recorded));
    assert_eq!(ours.len(), 7);
    // The first says the version; PyTorch's says who wrote it, too.
    assert_eq!(of(&ours[0], &[3]), b"brain.Event:2");
    for (ours, theirs) in ours[1..].iter().zip(&theirs[theirs.len() - 6..]) {
        // A histogram's bytes are too many to print.
        let flat = |event: &[(u64, Vec<u8>)]| {
            event
                .iter()
                .flat_map(|(_, bytes)| bytes.clone())
                .collect::<Vec<u8>>()
        };
        let (ours, theirs) = (flat(ours), flat(theirs));
        let differ = ours.iter().zip(&theirs).position(|(a, b)| a != b);
        assert_eq!(
            (ours.len(), differ),
            (theirs.len(), None),
            "{}",
            String::from_utf8_lossy(&ours[..40])
        );
    }
}

#[test]
fn hyperparameters_are_those_of_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SummaryWriter::new(folder.path()).unwrap();
    writer
        .add_hparams("run", &[("lr", 0.25.into())], &[("accuracy", 0.5)])
        .unwrap();
    let run = folder.path().join("run");
    let file = std::fs::read_dir(run)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let ours = events(&std::fs::read(file).unwrap());
    let theirs = events(include_bytes!(
        "../../tests/fixtures/tensorboard/hparams.tfevents"
    ));
    // PyTorch gives the number no step, and this one is 0, which is the same.
    let summaries = |events: &[Vec<(u64, Vec<u8>)>]| -> Vec<Vec<u8>> {
        let with = events
            .iter()
            .filter(|e| e.iter().any(|(field, _)| *field == 5));
        with.map(|event| of(event, &[5])).collect()
    };
    assert_eq!(summaries(&ours), summaries(&theirs));
    assert_eq!(summaries(&ours).len(), 4);
}

#[test]
fn pictures_are_whole_pngs() {
    let file = write(|writer| {
        writer.add_image("one", &tensor!([[[0.0, 1.0], [0.5, 2.0], [0.25, -1.0]]]), 1)?;
        writer.add_images("many", &Tensor::zeros([9, 3, 2, 4]), 2)?;
        let figure = Plot::new().line("a", &[0.0, 1.0], &[1.0, 2.0]).figure();
        writer.add_figure("figure", &figure, 3)
    });
    let events = events(&file);
    let sizes = [(2, 3), (32, 4), (920, 680)];
    for (event, (width, height)) in events[1..].iter().zip(sizes) {
        let png = of(event, &[5, 1, 4, 4]);
        let picture = image::load_from_memory(&png).unwrap();
        assert_eq!((picture.width(), picture.height()), (width, height));
        let said = |field| u64::from_le_bytes(of(event, &[5, 1, 4, field]).try_into().unwrap());
        assert_eq!(
            (said(1), said(2), said(3)),
            (height.into(), width.into(), 3)
        );
    }
    let one = image::load_from_memory(&of(&events[1], &[5, 1, 4, 4]))
        .unwrap()
        .to_rgb8();
    let bytes: Vec<u8> = one.pixels().map(|p| p.0[0]).collect();
    assert_eq!(bytes, [0, 255, 127, 255, 63, 0]);
}

#[test]
fn a_graph_is_text() {
    let file = write(|writer| writer.add_graph(&Linear::new(2, 3), &Tensor::zeros([1, 2])));
    let text = String::from_utf8(of(&events(&file)[1], &[5, 1, 8, 8])).unwrap();
    assert!(
        text.contains("Linear(in_features=2, out_features=3, bias=True)"),
        "{text}"
    );
    assert!(
        text.contains("    digraph {") && text.contains("weight"),
        "{text}"
    );
}

#[test]
fn several_numbers_are_several_runs() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SummaryWriter::new(folder.path()).unwrap();
    for step in 0..2 {
        writer
            .add_scalars("loss/all", &[("train", 1.0), ("valid", 2.0)], step)
            .unwrap();
    }
    writer.flush().unwrap();
    for (run, value) in [("loss_all_train", 1f32), ("loss_all_valid", 2.0)] {
        let file = std::fs::read_dir(folder.path().join(run))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let events = events(&std::fs::read(file).unwrap());
        assert_eq!(events.len(), 3);
        assert_eq!(of(&events[1], &[5, 1, 1]), b"loss/all");
        assert_eq!(of(&events[2], &[5, 1, 2]), value.to_le_bytes());
    }
    assert_eq!(writer.get_logdir(), folder.path());
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = SummaryWriter::new(file.join("run"))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("cannot create the folder"), "{error}");
    let mut writer = SummaryWriter::new(folder.path()).unwrap();
    let error = writer
        .add_image("x", &Tensor::zeros([2, 4, 4]), 0)
        .unwrap_err()
        .to_string();
    assert!(error.contains("with 1 or 3 channels"), "{error}");
    assert!(
        writer
            .add_images("x", &Tensor::zeros([0, 1, 4, 4]), 0)
            .is_err()
    );
    assert!(writer.add_image("x", &tensor!([[1, 2]]), 0).is_err());
}
