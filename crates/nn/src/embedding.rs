//! Tables of vectors.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, no_grad, ok, raise};

use crate::functional::{Bag, EmbeddingBagOptions, EmbeddingOptions, embedding, embedding_bag};
use crate::module::repr::{python_bool, python_float, shown};
use crate::{Forward, Module, Parameter, Visitor, init};

/// The parts of a table that both layers share.
macro_rules! table {
    ($layer:ident) => {
        /// A row that gets no gradient and begins as zeros; negative counts from the back.
        ///
        /// # Panics
        /// On a row outside of the table.
        #[track_caller]
        pub fn padding_idx(mut self, row: isize) -> $layer {
            let count = self.num_embeddings as isize;
            let place = if row < 0 { row + count } else { row };
            if !(0..count).contains(&place) {
                raise(Error::value(
                    stringify!($layer),
                    "Padding_idx must be within num_embeddings",
                ));
            }
            self.rows.padding_idx = Some(place as usize);
            self.clear_padding();
            self
        }

        /// Used rows that are longer than this are first shortened to it, in the table itself.
        pub fn max_norm(mut self, max_norm: f64) -> $layer {
            self.rows.max_norm = Some(max_norm);
            self
        }

        /// Which norm that length is; 2 unless said otherwise.
        pub fn norm_type(mut self, norm_type: f64) -> $layer {
            self.rows.norm_type = norm_type;
            self
        }

        /// Whether gradients are divided by how often their row is used.
        pub fn scale_grad_by_freq(mut self, scale: bool) -> $layer {
            self.rows.scale_grad_by_freq = scale;
            self
        }

        /// The layer in another floating-point dtype.
        ///
        /// # Panics
        /// On a dtype that is not floating point.
        #[track_caller]
        pub fn dtype(self, dtype: DType) -> $layer {
            ok(self.to_dtype(dtype));
            self
        }

        /// The layer on a device.
        #[track_caller]
        pub fn device(self, device: &Device) -> $layer {
            ok(self.to(device));
            self
        }

        /// Draws the table anew.
        pub fn reset_parameters(&self) {
            init::normal_(&self.weight, 0.0, 1.0);
            self.clear_padding();
        }

        fn clear_padding(&self) {
            if let Some(row) = self.rows.padding_idx {
                no_grad(|| {
                    let rows = Tensor::range(self.num_embeddings).to(self.weight.device());
                    let others = rows.ne(row as i64).unsqueeze(1);
                    let cleared = self
                        .weight
                        .detach()
                        .mul(others.to_dtype(self.weight.dtype()));
                    self.weight.set_data(cleared.value());
                });
            }
        }

        /// A layer with a table `[V, D]` that is not trained, `from_pretrained` of PyTorch.
        ///
        /// # Panics
        /// Where it is no matrix.
        #[track_caller]
        pub fn from_pretrained(embeddings: &Tensor) -> $layer {
            if embeddings.ndim() != 2 {
                raise(Error::Input {
                    op: stringify!($layer),
                    shape: embeddings.shape().to_vec(),
                    rule: "Embeddings parameter is expected to be 2-dimensional".into(),
                });
            }
            let mut layer = $layer::new(embeddings.size(0), embeddings.size(1));
            layer.weight = Parameter::new(embeddings.clone_data());
            layer.weight.requires_grad_(false);
            layer
        }
    };
}

/// Rows of a table by their numbers, `torch.nn.Embedding`: `x [..]` of an integer dtype → `[.., D]`.
///
/// `weight [V, D]` begins normal, as PyTorch's does.
///
/// ```
/// use ondol_nn::{Embedding, Forward, tensor};
/// let layer = Embedding::new(10, 3).padding_idx(0);
/// let y = layer.forward(&tensor!([[0, 2, 0], [4, 5, 9]]));
/// assert_eq!(y.shape(), [2, 3, 3]);
/// assert_eq!(y.i((0, 0)).to_vec::<f32>(), [0.0; 3]);
/// assert_eq!(layer.to_string(), "Embedding(10, 3, padding_idx=0)");
/// ```
pub struct Embedding {
    /// `[num_embeddings, embedding_dim]`.
    pub weight: Parameter,
    num_embeddings: usize,
    embedding_dim: usize,
    rows: EmbeddingOptions,
}

impl Embedding {
    /// A table of `f32` on the CPU.
    pub fn new(num_embeddings: usize, embedding_dim: usize) -> Embedding {
        let layer = Embedding {
            weight: Parameter::new(Tensor::zeros([num_embeddings, embedding_dim])),
            num_embeddings,
            embedding_dim,
            rows: EmbeddingOptions::default(),
        };
        layer.reset_parameters();
        layer
    }

    table!(Embedding);
}

impl Module for Embedding {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }

    fn extra_repr(&self) -> String {
        let mut text = format!("{}, {}", self.num_embeddings, self.embedding_dim);
        if let Some(row) = self.rows.padding_idx {
            text.push_str(&format!(", padding_idx={row}"));
        }
        limits(&mut text, &self.rows);
        text
    }
}

impl Forward for Embedding {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let sizes = [self.num_embeddings, self.embedding_dim];
        let _scope = Scope::enter("Embedding({}, {})", &sizes).of(self);
        embedding(x, &self.weight, self.rows)
    }
}

/// The settings that both layers print unless they are at their defaults.
fn limits(text: &mut String, rows: &EmbeddingOptions) {
    if let Some(max) = rows.max_norm {
        text.push_str(&format!(", max_norm={}", python_float(max)));
    }
    if rows.norm_type != 2.0 {
        text.push_str(&format!(", norm_type={}", python_float(rows.norm_type)));
    }
    if rows.scale_grad_by_freq {
        text.push_str(&format!(", scale_grad_by_freq={}", python_bool(true)));
    }
}

/// The sum, mean or maximum of bags of rows of a table, `torch.nn.EmbeddingBag`: `x [B, K]` of an
/// integer dtype → `[B, D]`.
///
/// ```
/// use ondol_nn::{EmbeddingBag, Forward, functional::Bag, tensor};
/// let layer = EmbeddingBag::new(10, 3).mode(Bag::Sum);
/// assert_eq!(layer.forward(&tensor!([[1, 2, 4], [4, 3, 9]])).shape(), [2, 3]);
/// let y = layer.forward_with(&tensor!([1, 2, 4, 5]), Some(&tensor!([0, 3])), None);
/// assert_eq!(y.shape(), [2, 3]);
/// ```
pub struct EmbeddingBag {
    /// `[num_embeddings, embedding_dim]`.
    pub weight: Parameter,
    num_embeddings: usize,
    embedding_dim: usize,
    mode: Bag,
    include_last_offset: bool,
    rows: EmbeddingOptions,
}

impl EmbeddingBag {
    /// A table of `f32` on the CPU, and means.
    pub fn new(num_embeddings: usize, embedding_dim: usize) -> EmbeddingBag {
        let layer = EmbeddingBag {
            weight: Parameter::new(Tensor::zeros([num_embeddings, embedding_dim])),
            num_embeddings,
            embedding_dim,
            mode: Bag::Mean,
            include_last_offset: false,
            rows: EmbeddingOptions::default(),
        };
        layer.reset_parameters();
        layer
    }

    /// What becomes of a bag's rows; their mean unless said otherwise.
    pub fn mode(mut self, mode: Bag) -> EmbeddingBag {
        self.mode = mode;
        self
    }

    /// Whether the last offset is the input's end and no bag of its own.
    pub fn include_last_offset(mut self, include: bool) -> EmbeddingBag {
        self.include_last_offset = include;
        self
    }

    /// As `forward`, of bags that begin at offsets in a one-dimensional input, with a factor for each
    /// place.
    ///
    /// # Panics
    /// As [`embedding_bag`].
    #[track_caller]
    pub fn forward_with(
        &self,
        x: &Tensor,
        offsets: Option<&Tensor>,
        per_sample_weights: Option<&Tensor>,
    ) -> Tensor {
        let sizes = [self.num_embeddings, self.embedding_dim];
        let _scope = Scope::enter("EmbeddingBag({}, {})", &sizes).of(self);
        let options = EmbeddingBagOptions {
            mode: self.mode,
            offsets,
            include_last_offset: self.include_last_offset,
            per_sample_weights,
            rows: self.rows,
        };
        embedding_bag(x, &self.weight, options)
    }

    table!(EmbeddingBag);
}

impl Module for EmbeddingBag {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }

    fn extra_repr(&self) -> String {
        let mut text = format!("{}, {}", self.num_embeddings, self.embedding_dim);
        limits(&mut text, &self.rows);
        let mode = match self.mode {
            Bag::Sum => "sum",
            Bag::Mean => "mean",
            Bag::Max => "max",
        };
        text.push_str(&format!(", mode='{mode}'"));
        if let Some(row) = self.rows.padding_idx {
            text.push_str(&format!(", padding_idx={row}"));
        }
        text
    }
}

impl Forward for EmbeddingBag {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.forward_with(x, None, None)
    }
}

shown!(Embedding, EmbeddingBag);
