//! What transforms work on: an image of bytes or a tensor, alone or a batch of them.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use crate::{Collate, sample_name};

/// An image of bytes, row after row, the channels of a pixel side by side (HWC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    width: usize,
    height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

/// Whether so many bytes make `count` images of this size.
fn check(op: &'static str, sizes: [usize; 4], bytes: usize) -> Result<()> {
    let needed = sizes.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
    if needed == Some(bytes) {
        return Ok(());
    }
    let [count, height, width, channels] = sizes;
    Err(Error::value(
        op,
        format!(
            "{bytes} bytes are not {count} of height {height}, width {width} and {channels} channels"
        ),
    ))
}

impl Image {
    /// An image from its bytes, `height × width × channels` of them.
    ///
    /// # Errors
    /// Another number of bytes.
    pub fn new(width: usize, height: usize, channels: usize, pixels: Vec<u8>) -> Result<Image> {
        check("Image", [1, height, width, channels], pixels.len())?;
        Ok(Image {
            width,
            height,
            channels,
            pixels,
        })
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes of a pixel: 1 for grey, 3 for red, green and blue.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// The bytes.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The bytes, to be changed in place.
    pub fn pixels_mut(&mut self) -> &mut [u8] {
        &mut self.pixels
    }

    /// The bytes alone.
    pub fn into_pixels(self) -> Vec<u8> {
        self.pixels
    }
}

/// Images of one size, one after the other (NHWC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageBatch {
    count: usize,
    width: usize,
    height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl ImageBatch {
    /// `count` images from their bytes.
    ///
    /// # Errors
    /// Another number of bytes.
    pub fn new(
        count: usize,
        width: usize,
        height: usize,
        channels: usize,
        pixels: Vec<u8>,
    ) -> Result<ImageBatch> {
        check("ImageBatch", [count, height, width, channels], pixels.len())?;
        Ok(ImageBatch {
            count,
            width,
            height,
            channels,
            pixels,
        })
    }

    /// How many images there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows of an image.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Bytes of a pixel.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// All bytes.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The images one by one, copied.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Image> + '_ {
        let size = self.width * self.height * self.channels;
        (0..self.count).map(move |i| Image {
            width: self.width,
            height: self.height,
            channels: self.channels,
            pixels: self.pixels[i * size..(i + 1) * size].to_vec(),
        })
    }

    /// Images together.
    ///
    /// # Errors
    /// Images of different sizes, naming two of the samples; an image that is an error.
    pub fn join(images: impl IntoIterator<Item = Result<Image>>) -> Result<ImageBatch> {
        let mut images = images.into_iter();
        let Some(first) = images.next().transpose()? else {
            return ImageBatch::new(0, 0, 0, 0, Vec::new());
        };
        let Image {
            width,
            height,
            channels,
            mut pixels,
        } = first;
        pixels.reserve(images.size_hint().0.saturating_mul(pixels.len()));
        let mut count = 1;
        for image in images {
            let image = image?;
            if (image.width, image.height, image.channels) != (width, height, channels) {
                return Err(Error::Shape {
                    op: "collate",
                    lhs: vec![height, width, channels],
                    rhs: vec![image.height, image.width, image.channels],
                    rule: format!(
                        "the images of a batch need one size, but {} and {} differ",
                        sample_name(0),
                        sample_name(count)
                    ),
                });
            }
            pixels.extend_from_slice(&image.pixels);
            count += 1;
        }
        ImageBatch::new(count, width, height, channels, pixels)
    }
}

/// What a [`Transform`](super::Transform) takes and gives.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Bytes, as a file or a dataset has them.
    Image(Image),
    /// A tensor `[C, H, W]`.
    Tensor(Tensor),
}

impl Picture {
    /// The tensor in it.
    ///
    /// # Errors
    /// Where it is an image still.
    pub fn into_tensor(self) -> Result<Tensor> {
        match self {
            Picture::Tensor(tensor) => Ok(tensor),
            Picture::Image(_) => Err(still_image()),
        }
    }

    /// The image in it.
    ///
    /// # Errors
    /// Where it is a tensor already.
    pub fn into_image(self) -> Result<Image> {
        match self {
            Picture::Image(image) => Ok(image),
            Picture::Tensor(_) => Err(Error::value(
                "Picture",
                "expected an image, found a tensor; put this transform before ToTensor",
            )),
        }
    }
}

fn still_image() -> Error {
    Error::value(
        "Picture",
        "expected a tensor, found an image; add ToTensor to the transforms",
    )
}

impl From<Image> for Picture {
    fn from(image: Image) -> Self {
        Picture::Image(image)
    }
}
impl From<Tensor> for Picture {
    fn from(tensor: Tensor) -> Self {
        Picture::Tensor(tensor)
    }
}

/// The pictures of a batch, all of one size.
#[derive(Clone, Debug)]
pub enum PictureBatch {
    /// Bytes.
    Images(ImageBatch),
    /// A tensor `[N, C, H, W]`.
    Tensor(Tensor),
}

impl PictureBatch {
    /// The tensor in it.
    ///
    /// # Errors
    /// Where it is images still.
    pub fn into_tensor(self) -> Result<Tensor> {
        match self {
            PictureBatch::Tensor(tensor) => Ok(tensor),
            PictureBatch::Images(_) => Err(still_image()),
        }
    }

    /// The pictures one by one.
    ///
    /// # Errors
    /// A tensor of no dimensions.
    pub fn split(self) -> Result<Vec<Picture>> {
        match self {
            PictureBatch::Images(batch) => Ok(batch.iter().map(Picture::Image).collect()),
            PictureBatch::Tensor(tensor) => {
                let all = tensor.value();
                let count = all.shape().first().copied().unwrap_or(0);
                let one = |i: usize| all.select_index(0, i as isize);
                (0..count)
                    .map(|i| Ok(Picture::Tensor(Tensor::from(one(i)?))))
                    .collect()
            }
        }
    }

    /// Pictures together.
    ///
    /// # Errors
    /// Pictures of different sizes or kinds, naming two of the samples; none at all.
    pub fn join(pictures: Vec<Picture>) -> Result<PictureBatch> {
        let Some(Picture::Image(_)) = pictures.first() else {
            let tensors = pictures.into_iter().enumerate().map(|(i, p)| match p {
                Picture::Tensor(tensor) => Ok(tensor),
                Picture::Image(_) => Err(mixed(i)),
            });
            return Ok(PictureBatch::Tensor(Tensor::collate(
                tensors.collect::<Result<_>>()?,
            )?));
        };
        let images = pictures.into_iter().enumerate().map(|(i, p)| match p {
            Picture::Image(image) => Ok(image),
            Picture::Tensor(_) => Err(mixed(i)),
        });
        Ok(PictureBatch::Images(ImageBatch::join(images)?))
    }
}

fn mixed(i: usize) -> Error {
    let (a, b) = (sample_name(0), sample_name(i));
    Error::data(format!(
        "collate: of {a} and {b} one is an image and the other a tensor"
    ))
}

impl Collate for Picture {
    type Batch = PictureBatch;

    fn collate(items: Vec<Picture>) -> Result<PictureBatch> {
        PictureBatch::join(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, seed: u8) -> Image {
        let pixels = (0..width * height * 3)
            .map(|i| (i as u8).wrapping_mul(7) ^ seed)
            .collect();
        Image::new(width, height, 3, pixels).unwrap()
    }

    #[test]
    fn a_batch_splits_into_what_it_was_joined_from() {
        let images = [image(4, 3, 1), image(4, 3, 2)];
        let batch =
            PictureBatch::join(images.iter().cloned().map(Picture::from).collect()).unwrap();
        let back = batch.split().unwrap();
        for (picture, image) in back.into_iter().zip(images) {
            assert_eq!(picture.into_image().unwrap(), image);
        }
    }

    #[test]
    fn sizes_are_checked() {
        assert!(Image::new(4, 3, 3, vec![0; 35]).is_err());
        assert!(Image::new(usize::MAX, 3, 3, vec![0; 35]).is_err());
        let uneven = vec![image(4, 3, 1).into(), image(3, 4, 1).into()];
        let text = PictureBatch::join(uneven).unwrap_err().to_string();
        assert!(text.contains("sample 0 and sample 1"), "{text}");
        assert!(Picture::from(image(1, 1, 0)).into_tensor().is_err());
    }
}
