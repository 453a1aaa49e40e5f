//! Bent by chance.

use std::fmt;

use ondol_autograd::{RandomOptions, Tensor};
use ondol_tensor::Result;

use super::warp::common;
use crate::sample_generator;
use crate::transforms::functional::{self, identity_grid};
use crate::transforms::kernel::grid::Grid;
use crate::transforms::kernel::warp_planes::warp;
use crate::transforms::options::repr::list;
use crate::transforms::steps::{Drawn, drawn, one_by_one};
use crate::transforms::{Fill, ImageLike, InterpolationMode, WarpOptions};

/// Seen through moving water, `torchvision.transforms.ElasticTransform`.
#[derive(Clone, Debug)]
pub struct ElasticTransform {
    alpha: [f64; 2],
    sigma: [f64; 2],
    options: WarpOptions,
}

impl ElasticTransform {
    /// Moved by up to about 50 pixels, smoothed over 5.
    pub fn new() -> Self {
        ElasticTransform {
            alpha: [50.0; 2],
            sigma: [5.0; 2],
            options: WarpOptions::new().fill([0.0]),
        }
    }

    /// How far pixels move, across and down. Default: 50.
    pub fn alpha(mut self, alpha: [f64; 2]) -> Self {
        self.alpha = alpha;
        self
    }

    /// How smooth the movement is, across and down. Default: 5.
    pub fn sigma(mut self, sigma: [f64; 2]) -> Self {
        self.sigma = sigma;
        self
    }
}

impl Default for ElasticTransform {
    fn default() -> Self {
        ElasticTransform::new()
    }
}

impl ElasticTransform {
    /// Smooth displacements `[N, H, W, 2]` of noise `[N, 2, H, W]` from 0 to 1.
    fn displacement(&self, noise: &Tensor) -> Result<Tensor> {
        let line = |d: usize, size: usize| -> Result<Tensor> {
            let mut noise = noise.narrow(1, d, 1).mul(2.0).sub(1.0);
            if self.sigma[d] > 0.0 {
                let window = (8.0 * self.sigma[d] + 1.0) as usize | 1;
                noise = functional::gaussian_blur(&noise, [window; 2], Some(self.sigma))?;
            }
            Ok(noise.mul(self.alpha[d] / size as f64))
        };
        let (h, w) = (noise.size(2), noise.size(3));
        Ok(Tensor::cat(&[line(0, w)?, line(1, h)?], 1).permute([0, 2, 3, 1]))
    }
}

impl Drawn for ElasticTransform {
    type Params = Tensor;

    fn draw(&self, [_, h, w]: [usize; 3]) -> Result<Tensor> {
        let line = || Tensor::rand_with([1, 1, h, w], RandomOptions::from(&sample_generator()));
        Ok(Tensor::cat(&[line(), line()], 1))
    }

    fn run<I: ImageLike>(&self, img: &I, noise: &Tensor) -> Result<I> {
        let displacement = self.displacement(noise)?;
        functional::elastic_transform(img, &displacement, self.options.clone())
    }

    fn run_batch(&self, x: &Tensor, noise: &[Tensor]) -> Result<Tensor> {
        if x.ndim() != 4 || noise.is_empty() {
            return one_by_one(self, x, noise);
        }
        let [_, h, w] = x.dimensions()?;
        let displacement = self.displacement(&Tensor::cat(noise, 0))?;
        let grid = Grid::Places(identity_grid(h, w).add(&displacement).to(x.device()));
        let o = &self.options;
        warp(
            "elastic_transform",
            x,
            &grid,
            [h, w],
            o.interpolation,
            o.fill.as_ref(),
        )
    }
}

impl fmt::Display for ElasticTransform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fill = self.options.fill.clone().unwrap_or_default();
        let fill = fill.to_string();
        let inner = fill.trim_matches(['(', ')']).trim_end_matches(',');
        let mode = self
            .options
            .interpolation
            .name()
            .to_uppercase()
            .replace('-', "_");
        write!(
            f,
            "ElasticTransform(alpha={}, sigma={}, interpolation=InterpolationMode.{mode}, fill=[{inner}])",
            list(&self.alpha),
            list(&self.sigma)
        )
    }
}

common!(ElasticTransform);
drawn!(ElasticTransform);
