//! How most transforms are made: those that only do, and those that first draw.

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use super::{ImageBatch, ImageLike, Picture, PictureBatch};
use crate::context::in_sample;
use crate::with_sample;

/// A transform in two steps: what is drawn for a picture, and what is then done to it.
pub(super) trait Drawn: Send + Sync {
    /// What is drawn.
    type Params;

    /// Draws for a picture of so many channels, rows and columns.
    fn draw(&self, size: [usize; 3]) -> Result<Self::Params>;

    /// Does it to one picture.
    fn run<I: ImageLike>(&self, img: &I, params: &Self::Params) -> Result<I>;

    /// Does it to tensors `[N, C, H, W]`, each its own.
    fn run_batch(&self, x: &Tensor, params: &[Self::Params]) -> Result<Tensor> {
        one_by_one(self, x, params)
    }
}

/// [`Drawn::run_batch`] in as many calls as there are samples.
pub(super) fn one_by_one<T: Drawn + ?Sized>(
    t: &T,
    x: &Tensor,
    params: &[T::Params],
) -> Result<Tensor> {
    let one = |(i, params)| {
        t.run(&x.select(0, i as isize), params)
            .map_err(|e| in_sample(i, e))
    };
    let all: Vec<Tensor> = params.iter().enumerate().map(one).collect::<Result<_>>()?;
    crate::Collate::collate(all)
}

/// What `f` makes of the samples of a batch that stand at `at`; the others keep their bits.
pub(super) fn chosen(
    x: &Tensor,
    at: &[usize],
    f: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    if at.is_empty() {
        return Ok(x.clone());
    }
    if at.len() == x.size(0) {
        return f(x);
    }
    let rows: Vec<i64> = at.iter().map(|&i| i as i64).collect();
    let rows = Tensor::from(rows).to(x.device());
    Ok(x.index_copy(0, &rows, &f(&x.index_select(0, &rows))?))
}

/// Where something is drawn, and what.
pub(super) fn places<T>(all: impl IntoIterator<Item = Option<T>>) -> (Vec<usize>, Vec<T>) {
    let all = all.into_iter().enumerate();
    all.filter_map(|(i, value)| Some((i, value?))).unzip()
}

/// [`Transform::apply`](super::Transform::apply) of a [`Drawn`].
pub(super) fn apply(t: &impl Drawn, input: &Picture) -> Result<Picture> {
    let params = t.draw(input.dimensions()?)?;
    t.run(input, &params)
}

/// [`Transform::apply_batch`](super::Transform::apply_batch) of a [`Drawn`]: every sample draws from
/// its own stream, then all is done at once.
pub(super) fn apply_batch(t: &impl Drawn, batch: &PictureBatch) -> Result<PictureBatch> {
    let size = batch.dimensions()?;
    let count = match batch {
        PictureBatch::Images(images) => images.count(),
        PictureBatch::Tensor(x) => x.shape().first().copied().unwrap_or(0),
    };
    let draw = |i| with_sample(i, || t.draw(size)).map_err(|e| in_sample(i, e));
    let params = (0..count).map(draw).collect::<Result<Vec<_>>>()?;
    match batch {
        PictureBatch::Images(images) => {
            let done = images.iter().zip(&params).enumerate();
            let done = done.map(|(i, (x, p))| t.run(&x, p).map_err(|e| in_sample(i, e)));
            ImageBatch::join(done).map(PictureBatch::Images)
        }
        PictureBatch::Tensor(x) => t.run_batch(x, &params).map(PictureBatch::Tensor),
    }
}

/// A [`Transform`](super::Transform) of a [`Drawn`].
macro_rules! drawn {
    ($($name:ident),*) => {$(
        impl $crate::transforms::Transform for $name {
            fn apply(&self, input: $crate::transforms::Picture) -> ondol_tensor::Result<$crate::transforms::Picture> {
                $crate::transforms::steps::apply(self, &input)
            }

            fn is_batched(&self) -> bool {
                true
            }

            fn apply_batch(&self, batch: $crate::transforms::PictureBatch) -> ondol_tensor::Result<$crate::transforms::PictureBatch> {
                $crate::transforms::steps::apply_batch(self, &batch)
            }

            fn repr(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

/// A [`Transform`](super::Transform) of a `run` that draws nothing.
macro_rules! steady {
    ($($name:ident),*) => {$(
        impl $crate::transforms::Transform for $name {
            fn apply(&self, input: $crate::transforms::Picture) -> ondol_tensor::Result<$crate::transforms::Picture> {
                self.run(&input)
            }

            fn is_batched(&self) -> bool {
                true
            }

            fn apply_batch(&self, batch: $crate::transforms::PictureBatch) -> ondol_tensor::Result<$crate::transforms::PictureBatch> {
                self.run(&batch)
            }

            fn repr(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
pub(super) use {drawn, steady};
