//! A softmax over very many classes, of which few are frequent.

use ondol_autograd::{Error, Scope, Tensor, raise};

use crate::module::repr::shown;
use crate::{Forward, Linear, Module, Sequential, Visitor};

/// The log-probability of a target among very many classes, ordered from the most frequent on,
/// `torch.nn.AdaptiveLogSoftmaxWithLoss`: the frequent ones are asked for at once, the others in
/// clusters of which only those with targets are computed.
///
/// `x [N, in_features]` (or without `N`) and targets `[N]`. `cutoffs` are the first classes of the
/// clusters; each has a projection `div_value` times smaller than the one before.
///
/// ```
/// use ondol_nn::{AdaptiveLogSoftmaxWithLoss, Tensor, tensor};
/// let layer = AdaptiveLogSoftmaxWithLoss::new(16, 1000, &[10, 100]);
/// let (output, loss) = layer.forward(&Tensor::randn([3, 16]), &tensor!([2, 50, 999]));
/// assert_eq!((output.shape(), loss.ndim()), ([3].into(), 0));
/// assert_eq!(layer.log_prob(&Tensor::randn([3, 16])).shape(), [3, 1000]);
/// ```
pub struct AdaptiveLogSoftmaxWithLoss {
    /// The frequent classes and one number for each cluster.
    pub head: Linear,
    /// A projection and the classes of each cluster.
    pub tail: Vec<Sequential>,
    in_features: usize,
    n_classes: usize,
    /// Ends with the number of classes.
    cutoffs: Vec<usize>,
    div_value: f64,
}

impl AdaptiveLogSoftmaxWithLoss {
    /// A layer of `f32` on the CPU: `div_value` 4, no bias in the head.
    ///
    /// # Panics
    /// Where the cutoffs do not rise strictly between 0 and the number of classes.
    #[track_caller]
    pub fn new(in_features: usize, n_classes: usize, cutoffs: &[usize]) -> Self {
        let rising = cutoffs.windows(2).all(|pair| pair[0] < pair[1]);
        let within = cutoffs
            .iter()
            .all(|&cutoff| cutoff > 0 && cutoff < n_classes);
        if cutoffs.is_empty() || !rising || !within {
            raise(Error::value(
                "AdaptiveLogSoftmaxWithLoss",
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between 1 and n_classes-1",
            ));
        }
        let mut cutoffs = cutoffs.to_vec();
        cutoffs.push(n_classes);
        let mut layer = AdaptiveLogSoftmaxWithLoss {
            head: Linear::new(in_features, cutoffs[0] + cutoffs.len() - 1).bias(false),
            tail: Vec::new(),
            in_features,
            n_classes,
            cutoffs,
            div_value: 4.0,
        };
        layer.make_tail();
        layer
    }

    /// By how much the projection of a cluster is smaller than the one before; 4 unless said
    /// otherwise.
    pub fn div_value(mut self, div_value: f64) -> Self {
        self.div_value = div_value;
        self.make_tail();
        self
    }

    /// Whether the head has a bias; it has none unless said otherwise.
    pub fn head_bias(mut self, head_bias: bool) -> Self {
        self.head = self.head.bias(head_bias);
        self
    }

    fn make_tail(&mut self) {
        let clusters = self.cutoffs.windows(2).enumerate();
        self.tail = clusters
            .map(|(i, pair)| {
                let width = self.in_features as f64 / self.div_value.powi(i as i32 + 1);
                let width = width.floor() as usize;
                Sequential::new()
                    .add(Linear::new(self.in_features, width).bias(false))
                    .add(Linear::new(width, pair[1] - pair[0]).bias(false))
            })
            .collect();
    }

    /// The log-probability of each target, and their negative mean.
    ///
    /// # Panics
    /// On a target that is no class, or sizes that do not go together.
    #[track_caller]
    pub fn forward(&self, input: &Tensor, target: &Tensor) -> (Tensor, Tensor) {
        let _scope = Scope::enter("AdaptiveLogSoftmaxWithLoss", &[]);
        if input.ndim() == 1 && target.ndim() == 0 {
            let (output, loss) = self.forward(&input.unsqueeze(0), &target.unsqueeze(0));
            return (output.squeeze_dim(0), loss);
        }
        let fits = input.ndim() == 2 && target.ndim() == 1 && input.size(0) == target.size(0);
        if !fits {
            raise(Error::Shape {
                op: "AdaptiveLogSoftmaxWithLoss",
                lhs: input.shape().to_vec(),
                rhs: target.shape().to_vec(),
                rule: "Input and target should have the same size in the batch dimension".into(),
            });
        }
        let classes = target.long().to_vec::<i64>();
        if let Some(bad) = classes
            .iter()
            .find(|&&y| y < 0 || y as usize >= self.n_classes)
        {
            raise(Error::value(
                "AdaptiveLogSoftmaxWithLoss",
                format!(
                    "Target values should be in [0, {}], but one is {bad}",
                    self.n_classes - 1
                ),
            ));
        }
        let first = self.cutoffs[0];
        let cluster = |y: i64| self.cutoffs.partition_point(|&cutoff| cutoff <= y as usize);
        let positions = |list: Vec<i64>| {
            let count = list.len();
            Tensor::from_vec(list, count).to(input.device())
        };
        // In the head a rare class stands under its cluster's number.
        let asked = classes.iter().map(|&y| match cluster(y) {
            0 => y,
            i => (first + i - 1) as i64,
        });
        let asked = positions(asked.collect()).unsqueeze(1);
        let head = self.head.forward(input).log_softmax(1);
        let mut output = head.gather(1, &asked).squeeze_dim(1);
        for (i, tail) in self.tail.iter().enumerate() {
            let low = self.cutoffs[i];
            let rows = (0..classes.len()).filter(|&n| cluster(classes[n]) == i + 1);
            let rows: Vec<i64> = rows.map(|n| n as i64).collect();
            if rows.is_empty() {
                continue;
            }
            let within = rows.iter().map(|&n| classes[n as usize] - low as i64);
            let within = positions(within.collect()).unsqueeze(1);
            let rows = positions(rows);
            let part = tail.forward(&input.index_select(0, &rows)).log_softmax(1);
            output = output.index_add(0, &rows, &part.gather(1, &within).squeeze_dim(1));
        }
        let loss = output.mean().neg();
        (output, loss)
    }

    /// The log-probabilities of all classes, `[N, n_classes]`.
    #[track_caller]
    pub fn log_prob(&self, input: &Tensor) -> Tensor {
        let _scope = Scope::enter("AdaptiveLogSoftmaxWithLoss", &[]);
        let first = self.cutoffs[0];
        let head = self.head.forward(input).log_softmax(1);
        let mut parts = vec![head.narrow(1, 0, first)];
        for (i, tail) in self.tail.iter().enumerate() {
            let part = tail.forward(input).log_softmax(1);
            parts.push(part.add(head.narrow(1, first + i, 1)));
        }
        Tensor::cat(&parts, 1)
    }

    /// The most probable class of each row, `[N]`.
    #[track_caller]
    pub fn predict(&self, input: &Tensor) -> Tensor {
        self.log_prob(input).argmax(1, false)
    }
}

impl Module for AdaptiveLogSoftmaxWithLoss {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("head", &self.head);
        visitor.field("tail", &self.tail);
    }
}
shown!(AdaptiveLogSoftmaxWithLoss);
