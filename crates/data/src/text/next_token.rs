//! Blocks of a long text, for language models.

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{Array, Error, Result};

use crate::Dataset;
use crate::tensor_dataset::check_index;

/// A long text as samples for a language model: a block of `T` tokens and the same block one token
/// on, `(x [T], y [T])` of `i64`, where `y[i]` follows `x[i]`.
///
/// ```
/// use ondol_data::Dataset;
/// use ondol_data::text::NextTokenDataset;
/// let data = NextTokenDataset::new([10, 11, 12, 13, 14], 3)?;
/// assert_eq!(data.len(), 2);
/// let (x, y) = data.get(1)?;
/// assert_eq!(x.to_vec::<i64>(), [11, 12, 13]);
/// assert_eq!(y.to_vec::<i64>(), [12, 13, 14]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct NextTokenDataset {
    tokens: Vec<i64>,
    block_size: usize,
    stride: usize,
}

impl NextTokenDataset {
    /// The blocks of `block_size` tokens that begin at each token.
    ///
    /// # Errors
    /// Fewer than `block_size + 1` tokens; a block of no tokens.
    pub fn new(tokens: impl Into<Vec<i64>>, block_size: usize) -> Result<Self> {
        let tokens = tokens.into();
        if block_size == 0 || tokens.len() <= block_size {
            let message = format!(
                "a text of {} tokens has no block of {block_size} and the token after it; \
                 expected a block of 1 to {}",
                tokens.len(),
                tokens.len().saturating_sub(1)
            );
            return Err(Error::value("NextTokenDataset", message));
        }
        Ok(NextTokenDataset {
            tokens,
            block_size,
            stride: 1,
        })
    }

    /// How far apart blocks begin; the block size makes them lie side by side.
    ///
    /// # Panics
    /// Where it is 0.
    #[track_caller]
    pub fn stride(mut self, stride: usize) -> Self {
        if stride == 0 {
            raise(Error::value(
                "NextTokenDataset",
                "stride must be positive, but got 0",
            ));
        }
        self.stride = stride;
        self
    }

    /// The tokens.
    pub fn tokens(&self) -> &[i64] {
        &self.tokens
    }

    /// The block and its shift, one after the other in memory.
    fn block(&self, index: usize) -> Result<(&[i64], &[i64])> {
        check_index("NextTokenDataset", index, self.len())?;
        let (start, size) = (index * self.stride, self.block_size);
        Ok((
            &self.tokens[start..start + size],
            &self.tokens[start + 1..start + 1 + size],
        ))
    }
}

impl Dataset for NextTokenDataset {
    type Item = (Tensor, Tensor);

    fn len(&self) -> usize {
        (self.tokens.len() - self.block_size - 1) / self.stride + 1
    }

    fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        let (x, y) = self.block(index)?;
        let tensor = |block| Array::from_slice(block, [self.block_size]).map(Tensor::from);
        Ok((tensor(x)?, tensor(y)?))
    }

    fn get_batch(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        let size = indices.len() * self.block_size;
        let (mut xs, mut ys) = (Vec::with_capacity(size), Vec::with_capacity(size));
        for &index in indices {
            let (x, y) = self.block(index)?;
            xs.extend_from_slice(x);
            ys.extend_from_slice(y);
        }
        let tensor = |all| Array::from_vec(all, [indices.len(), self.block_size]).map(Tensor::from);
        Ok((tensor(xs)?, tensor(ys)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Collate;

    #[test]
    fn a_batch_is_its_samples() {
        let tokens: Vec<i64> = (0..20).collect();
        for (stride, len) in [(1, 16), (4, 4), (5, 4), (6, 3)] {
            let data = NextTokenDataset::new(tokens.clone(), 4)
                .unwrap()
                .stride(stride);
            assert_eq!(data.len(), len, "stride {stride}");
            let indices = [len - 1, 0];
            let (x, y) = data.get_batch(&indices).unwrap();
            let alone = indices.iter().map(|&i| data.get(i).unwrap()).collect();
            let (a, b) = <(Tensor, Tensor)>::collate(alone).unwrap();
            assert_eq!(x.shape(), [2, 4]);
            assert_eq!(x.to_vec::<i64>(), a.to_vec::<i64>());
            assert_eq!(y.to_vec::<i64>(), b.to_vec::<i64>());
            assert_eq!(y.to_vec::<i64>(), x.add(1).to_vec::<i64>());
            assert!(data.get(len).is_err() && data.get_batch(&[0, len]).is_err());
        }
    }

    #[test]
    fn a_text_that_is_too_short_is_refused() {
        assert_eq!(NextTokenDataset::new([1, 2, 3], 2).unwrap().len(), 1);
        for (n, block) in [(3, 3), (0, 1), (5, 0)] {
            let text = NextTokenDataset::new(vec![0; n], block).unwrap_err();
            assert!(text.to_string().contains("has no block"), "{text}");
        }
    }
}
