//! The shapes and dtypes of what composites give.

use smallvec::{SmallVec, smallvec};

use super::{Conv2dOptions, Fused, Pool2dOptions, Reduced, wide, window_count};
use crate::{DType, Error, Result, Shape};

/// Shape and dtype of each result.
type Outputs = SmallVec<[(Shape, DType); 1]>;

impl Fused {
    /// Shapes and dtypes of its results.
    ///
    /// # Errors
    /// Shapes that do not go together.
    pub fn outputs(&self, shapes: &[&Shape], dtype: DType) -> Result<Outputs> {
        match *self {
            Fused::Linear => self.linear(shapes, dtype),
            Fused::Conv2d(options) | Fused::Conv2dBias(options) => {
                self.conv2d(options, shapes, dtype)
            }
            Fused::Conv2dInputGrad { options, input } => {
                self.all_four(shapes)?;
                let (g, w) = (shapes[0], shapes[1]);
                let shape = [g[0], w[1] * options.groups, input[0], input[1]];
                Ok(smallvec![(Shape::new(&shape), dtype)])
            }
            Fused::Conv2dWeightGrad { options, kernel } => {
                self.all_four(shapes)?;
                let (x, g) = (shapes[0], shapes[1]);
                let shape = [g[1], x[1] / options.groups, kernel[0], kernel[1]];
                Ok(smallvec![(Shape::new(&shape), dtype)])
            }
            Fused::Conv2dParameterGrads { options, kernel } => {
                self.all_four(shapes)?;
                let (x, g) = (shapes[0], shapes[1]);
                let weight = [g[1], x[1] / options.groups, kernel[0], kernel[1]];
                let bias = (Shape::new(&[g[1]]), dtype);
                Ok(smallvec![(Shape::new(&weight), dtype), bias])
            }
            Fused::MaxPool2d(options) => {
                let places = (self.max_pool2d(options, shapes)?, DType::I64);
                Ok(smallvec![(places.0.clone(), dtype), places])
            }
            Fused::MaxPool2dValues(options) => {
                Ok(smallvec![(self.max_pool2d(options, shapes)?, dtype)])
            }
            Fused::MaxPool2dGrad(options) => {
                let (g, x) = (shapes[0], shapes[1]);
                let fits = *g == self.max_pool2d(options, &shapes[1..])?;
                let rule = "expected a gradient of the shape of the pooled input";
                self.expect(fits, shapes, rule)?;
                Ok(smallvec![(x.clone(), dtype)])
            }
            Fused::Softmax { dim, .. } | Fused::SoftmaxGrad { dim, .. } => {
                self.alike(shapes)?;
                self.expect(dim < shapes[0].ndim(), shapes, "expected such a dimension")?;
                Ok(smallvec![(shapes[0].clone(), dtype)])
            }
            Fused::UnaryGrad(_) => {
                self.alike(shapes)?;
                Ok(smallvec![(shapes[0].clone(), dtype)])
            }
            Fused::CrossEntropy { reduced, .. } => {
                let rule = "expected input [N, C] and target [N]";
                let [&[n, _], &[targets]] = sizes(shapes)[..] else {
                    return Err(self.misfit(shapes, rule));
                };
                self.expect(n == targets, shapes, rule)?;
                let rows = Shape::new(&[n]);
                let losses = if reduced == Reduced::Each {
                    rows.clone()
                } else {
                    Shape::default()
                };
                let wide = wide(dtype);
                Ok(smallvec![
                    (losses, dtype),
                    (rows.clone(), wide),
                    (rows, wide)
                ])
            }
            Fused::CrossEntropyGrad { reduced, .. } => {
                let rule = "expected a gradient, input [N, C], three of [N]";
                let [gradient, &[n, c], &[a], &[b], &[t]] = sizes(shapes)[..] else {
                    return Err(self.misfit(shapes, rule));
                };
                let each = if reduced == Reduced::Each {
                    &[n][..]
                } else {
                    &[]
                };
                let fits = gradient == each && [a, b, t] == [n; 3];
                self.expect(fits, shapes, rule)?;
                Ok(smallvec![(Shape::new(&[n, c]), dtype)])
            }
            Fused::BinaryCrossEntropy(reduced) => {
                self.alike(shapes)?;
                let losses = match reduced {
                    Reduced::Each => shapes[0].clone(),
                    Reduced::Sum | Reduced::Mean => Shape::default(),
                };
                Ok(smallvec![(losses, dtype)])
            }
            Fused::BinaryCrossEntropyGrad(reduced) => {
                self.alike(&shapes[1..])?;
                let fits = match reduced {
                    Reduced::Each => shapes[0] == shapes[1],
                    Reduced::Sum | Reduced::Mean => shapes[0].ndim() == 0,
                };
                self.expect(fits, shapes, "expected a gradient of the losses' shape")?;
                Ok(smallvec![(shapes[1].clone(), dtype)])
            }
            Fused::LayerNorm { .. } => {
                let [m, n] = self.of_rank(shapes, "expected input [M, N], weight and bias [N]")?;
                self.normed(shapes, 1, n, &[m], dtype)
            }
            Fused::LayerNormGrad { .. } => {
                let [m, n] = self.of_rank(shapes, "expected gradient and input [M, N]")?;
                self.normed_grad(shapes, m, n, dtype)
            }
            Fused::BatchNorm { .. } => {
                let rule = "expected input [N, C, S], weight and bias [C]";
                let [_, c, _] = self.of_rank(shapes, rule)?;
                self.normed(shapes, 1, c, &[c], dtype)
            }
            Fused::BatchNormGrad { .. } => {
                let [_, c, _] = self.of_rank(shapes, "expected gradient and input [N, C, S]")?;
                self.normed_grad(shapes, c, c, dtype)
            }
        }
    }

    fn linear(&self, shapes: &[&Shape], dtype: DType) -> Result<Outputs> {
        match sizes(shapes)[..] {
            [&[m, k], &[n, inner], &[each]] if k == inner && n == each => {
                Ok(smallvec![(Shape::new(&[m, n]), dtype)])
            }
            _ => Err(self.misfit(shapes, "expected input [M, K], weight [N, K] and bias [N]")),
        }
    }

    fn conv2d(&self, o: Conv2dOptions, shapes: &[&Shape], dtype: DType) -> Result<Outputs> {
        // The bias has one dimension.
        self.all_four(&shapes[..2])?;
        let (x, w) = (shapes[0], shapes[1]);
        if let Some(bias) = shapes.get(2) {
            let rule = "expected a bias with one number for each output channel";
            self.expect(bias[..] == [w[0]], &[w, bias], rule)?;
        }
        let [oh, ow] = self.windows(x, [w[2], w[3]], o.stride, o.padding, o.dilation)?;
        Ok(smallvec![(Shape::new(&[x[0], w[0], oh, ow]), dtype)])
    }

    /// The shape of what pooling gives.
    fn max_pool2d(&self, o: Pool2dOptions, shapes: &[&Shape]) -> Result<Shape> {
        self.all_four(shapes)?;
        let x = shapes[0];
        let [oh, ow] = self.windows(x, o.kernel, o.stride, o.padding, o.dilation)?;
        Ok(Shape::new(&[x[0], x[1], oh, ow]))
    }

    fn windows(
        &self,
        input: &Shape,
        k: [usize; 2],
        s: [usize; 2],
        p: [usize; 2],
        d: [usize; 2],
    ) -> Result<[usize; 2]> {
        let h = window_count(input[2], k[0], s[0], p[0], d[0]);
        let w = window_count(input[3], k[1], s[1], p[1], d[1]);
        match (h, w) {
            (Some(h), Some(w)) => Ok([h, w]),
            _ => Err(Error::Shape {
                op: self.name(),
                lhs: input.to_vec(),
                rhs: k.to_vec(),
                rule: "the kernel (with its dilation) cannot be larger than the padded input, nor the stride 0".into(),
            }),
        }
    }

    fn all_four(&self, shapes: &[&Shape]) -> Result<()> {
        match shapes.iter().find(|s| s.ndim() != 4) {
            None => Ok(()),
            Some(s) => Err(Error::Input {
                op: self.name(),
                shape: s.to_vec(),
                rule: "expected 4 dimensions [N, C, H, W]".into(),
            }),
        }
    }

    /// The first operand's sizes, of which there must be `R`.
    fn of_rank<const R: usize>(&self, shapes: &[&Shape], rule: &'static str) -> Result<[usize; R]> {
        shapes[0][..]
            .try_into()
            .map_err(|_| self.misfit(shapes, rule))
    }

    /// The results of a normalisation whose parameters, from operand `from` on, have `n` elements.
    fn normed(
        &self,
        shapes: &[&Shape],
        from: usize,
        n: usize,
        statistics: &[usize],
        dtype: DType,
    ) -> Result<Outputs> {
        let fits = shapes[from..].iter().all(|s| s[..] == [n]);
        let rule = "weight and bias must have one number for each normalised by itself";
        self.expect(fits, shapes, rule)?;
        let (statistics, wide) = (Shape::new(statistics), wide(dtype));
        Ok(smallvec![
            (shapes[0].clone(), dtype),
            (statistics.clone(), wide),
            (statistics, wide)
        ])
    }

    /// The gradients of a normalisation with `m` means and parameters of `n` elements.
    fn normed_grad(&self, shapes: &[&Shape], m: usize, n: usize, dtype: DType) -> Result<Outputs> {
        let fits = shapes.len() >= 4
            && shapes[0] == shapes[1]
            && shapes[2..4].iter().all(|s| s[..] == [m])
            && shapes[4..].iter().all(|s| s[..] == [n]);
        let rule = "gradient and input must be of one shape, statistics and weight of theirs";
        self.expect(fits, shapes, rule)?;
        let parameter = (Shape::new(&[n]), dtype);
        Ok(smallvec![
            (shapes[0].clone(), dtype),
            parameter.clone(),
            parameter
        ])
    }

    /// All operands must have one shape.
    fn alike(&self, shapes: &[&Shape]) -> Result<()> {
        let alike = shapes.windows(2).all(|pair| pair[0] == pair[1]);
        self.expect(alike, shapes, "expected operands of one shape")
    }

    fn expect(&self, fits: bool, shapes: &[&Shape], rule: &'static str) -> Result<()> {
        if fits {
            Ok(())
        } else {
            Err(self.misfit(shapes, rule))
        }
    }

    #[cold]
    fn misfit(&self, shapes: &[&Shape], rule: &'static str) -> Error {
        Error::Shape {
            op: self.name(),
            lhs: shapes[0].to_vec(),
            rhs: shapes.get(1).map_or_else(Vec::new, |s| s.to_vec()),
            rule: rule.into(),
        }
    }
}

fn sizes<'a>(shapes: &[&'a Shape]) -> SmallVec<[&'a [usize]; 5]> {
    shapes.iter().map(|s| &s[..]).collect()
}
