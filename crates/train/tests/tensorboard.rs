//! Every method of the writer, as a program uses it; the bytes are tested beside their source.

use ondol_autograd::Tensor;
use ondol_nn::Linear;
use ondol_train::plot::Plot;
use ondol_train::tensorboard::SummaryWriter;

#[test]
fn what_is_added_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = SummaryWriter::new(folder.path()).unwrap();
    assert_eq!(writer.get_logdir(), folder.path());
    writer.add_scalar("tag_scalar", 1.0, 0).unwrap();
    writer
        .add_scalars("tag_scalars", &[("run", 1.0)], 0)
        .unwrap();
    writer
        .add_image("tag_image", &Tensor::zeros([3, 4, 4]), 0)
        .unwrap();
    writer
        .add_images("tag_images", &Tensor::zeros([2, 1, 4, 4]), 0)
        .unwrap();
    let figure = Plot::new().line("line", &[0.0, 1.0], &[0.0, 1.0]).figure();
    writer.add_figure("tag_figure", &figure, 0).unwrap();
    writer
        .add_histogram("tag_histogram", &Tensor::zeros([3]), 0)
        .unwrap();
    writer.add_text("tag_text", "text", 0).unwrap();
    writer
        .add_graph(&Linear::new(2, 1), &Tensor::zeros([1, 2]))
        .unwrap();
    writer
        .add_hparams("hparams", &[("lr", 0.1.into())], &[("loss", 0.5)])
        .unwrap();
    writer.flush().unwrap();
    let path = writer.path().to_owned();
    let flushed = std::fs::read(&path).unwrap();
    writer.close().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), flushed);
    let text = String::from_utf8_lossy(&flushed).into_owned();
    for tag in ["scalar", "image", "images", "figure", "histogram", "text"] {
        assert!(text.contains(&format!("tag_{tag}")), "{tag}");
    }
    for run in ["hparams", "tag_scalars_run"] {
        assert!(folder.path().join(run).is_dir(), "{run}");
    }
}
