//! Samples of distributions whose parameters are tensors. No gradient flows.

use ondol_tensor::{DType, Error, Generator, default_generator, philox};

use crate::place::{ok, raise};
use crate::{Operand, Tensor};

fn refuse(op: &'static str, message: &str) -> Error {
    Error::value(op, message)
}

impl Tensor {
    /// Whether all are true, read back.
    #[track_caller]
    fn holds(&self) -> bool {
        self.all().item_as::<bool>()
    }

    /// 1 with the probability each element gives, else 0, `torch.bernoulli`.
    ///
    /// # Panics
    /// On integers, and on what is no probability.
    #[track_caller]
    pub fn bernoulli(&self) -> Tensor {
        self.bernoulli_with(&default_generator())
    }

    /// [`Tensor::bernoulli`] from a generator.
    #[track_caller]
    pub fn bernoulli_with(&self, generator: &Generator) -> Tensor {
        if !self.dtype().is_floating_point() {
            raise(Error::DType {
                op: "bernoulli",
                got: self.dtype().to_string(),
                expected: "probabilities of a floating-point dtype".into(),
            });
        }
        let p = self.detach();
        if !p.ge(0.0).logical_and(p.le(1.0)).holds() {
            raise(refuse("bernoulli", "Expected p_in >= 0 && p_in <= 1"));
        }
        // Halves would round a draw up to 1.
        let draw = p.wide().rand_like_with(generator);
        draw.lt(p).to_dtype(self.dtype())
    }

    /// Normal with a mean and a standard deviation for each element, of which at least one is a
    /// tensor, `torch.normal`.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let x = Tensor::normal_of(tensor!([0.0, 100.0]), 0.1);
    /// assert!(x.i(1).item() > 99.0);
    /// ```
    ///
    /// # Panics
    /// On integers, on a negative deviation, and where both are numbers.
    #[track_caller]
    pub fn normal_of(mean: impl Into<Operand>, std: impl Into<Operand>) -> Tensor {
        Tensor::normal_of_with(mean, std, &default_generator())
    }

    /// [`Tensor::normal_of`] from a generator.
    #[track_caller]
    pub fn normal_of_with(
        mean: impl Into<Operand>,
        std: impl Into<Operand>,
        generator: &Generator,
    ) -> Tensor {
        let (mean, std) = match (mean.into(), std.into()) {
            (Operand::Tensor(mean), std) => (mean.clone(), std.to_tensor(&mean)),
            (mean, Operand::Tensor(std)) => (mean.to_tensor(&std), std),
            _ => raise(refuse(
                "normal",
                "of two numbers the shape must be given: use Tensor::normal(mean, std, shape)",
            )),
        };
        let (mean, std) = (mean.detach(), std.detach());
        mean.floating("normal");
        std.floating("normal");
        if !std.ge(0.0).holds() {
            raise(refuse(
                "normal",
                "normal expects all elements of std >= 0.0",
            ));
        }
        let shape = ok(mean.shape().broadcast(&std.shape(), "normal"));
        let like = mean.expand(&shape);
        std.mul(like.randn_like_with(generator)).add(mean)
    }

    /// Whole numbers of Poisson's distribution with a rate for each element, `torch.poisson`.
    ///
    /// # Panics
    /// On integers, and on a negative rate.
    #[track_caller]
    pub fn poisson(&self) -> Tensor {
        self.poisson_with(&default_generator())
    }

    /// [`Tensor::poisson`] from a generator.
    #[track_caller]
    pub fn poisson_with(&self, generator: &Generator) -> Tensor {
        self.floating("poisson");
        let rates = self.detach().cpu().double().to_vec::<f64>();
        if rates.iter().any(|rate| rate.is_nan() || *rate < 0.0) {
            raise(refuse(
                "poisson",
                "invalid Poisson rate, expected rate to be non-negative",
            ));
        }
        let key = generator.next_u64();
        let drawn = (0u64..).zip(rates).map(|(i, rate)| poisson(rate, key, i));
        Tensor::from_vec(drawn.collect(), self.shape()).to((self.dtype(), &self.device()))
    }

    /// Places drawn with the probabilities that the last dimension gives, up to a factor, `i64`,
    /// `torch.multinomial`: `[n]` to `[count]`, `[rows, n]` to `[rows, count]`. Without `replacement`
    /// no place is drawn twice.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([0.0, 3.0, 0.0]).multinomial(4, true);
    /// assert_eq!(x.to_vec::<i64>(), [1, 1, 1, 1]);
    /// ```
    ///
    /// # Panics
    /// On probabilities that are negative, infinite, NaN or all 0, on more than two dimensions, and
    /// on more places than there are.
    #[track_caller]
    pub fn multinomial(&self, count: usize, replacement: bool) -> Tensor {
        self.multinomial_with(count, replacement, &default_generator())
    }

    /// [`Tensor::multinomial`] from a generator.
    #[track_caller]
    pub fn multinomial_with(
        &self,
        count: usize,
        replacement: bool,
        generator: &Generator,
    ) -> Tensor {
        const OP: &str = "multinomial";
        self.floating(OP);
        if self.ndim() == 0 || self.ndim() > 2 {
            raise(Error::Input {
                op: OP,
                shape: self.shape().to_vec(),
                rule: "prob_dist must be 1 or 2 dim".into(),
            });
        }
        let n = self.size(-1);
        if count == 0 {
            raise(refuse(OP, "cannot sample n_sample <= 0 samples"));
        }
        if !replacement && count > n {
            raise(refuse(
                OP,
                "cannot sample n_sample > prob_dist.size(-1) samples without replacement",
            ));
        }
        let p = self.detach().wide();
        if !p.ge(0.0).logical_and(p.isfinite()).holds() {
            raise(refuse(
                OP,
                "probability tensor contains either `inf`, `nan` or element < 0",
            ));
        }
        if !p.sum_dim(-1, false).gt(0.0).holds() {
            raise(refuse(
                OP,
                "invalid multinomial distribution (sum of probabilities <= 0)",
            ));
        }
        if !replacement {
            // Of exponential waiting times, the shortest come in the order of such draws.
            let waits = p.rand_like_with(generator).neg().log1p().neg();
            let waits = waits.clamp_min(f64::from(f32::MIN_POSITIVE));
            return p.div(waits).topk(count, -1, true).1;
        }
        self.places(&p, count, generator)
    }

    /// Draws with replacement: where uniform numbers fall among the running sums.
    #[track_caller]
    fn places(&self, p: &Tensor, count: usize, generator: &Generator) -> Tensor {
        let n = self.size(-1);
        let rows = self.numel() / n;
        let p = p.cpu().double().to_vec::<f64>();
        let draws = Tensor::rand_with([rows, count], (DType::F64, generator)).to_vec::<f64>();
        let mut places = Vec::with_capacity(rows * count);
        for (p, draws) in p.chunks(n).zip(draws.chunks(count)) {
            let mut total = 0.0;
            let sums: Vec<f64> = p
                .iter()
                .map(|p| {
                    total += p;
                    total
                })
                .collect();
            // Rounding may carry a draw to the end; the last place that can be drawn is meant.
            let last = p.iter().rposition(|&p| p > 0.0).unwrap_or(0);
            let place = |u: &f64| sums.partition_point(|&s| s <= u * total).min(last) as i64;
            places.extend(draws.iter().map(place));
        }
        let mut shape = self.shape();
        shape[self.ndim() - 1] = count;
        Tensor::from_vec(places, shape).to(self.device())
    }
}

/// One draw of Poisson's distribution: element `i` has a stream of its own.
fn poisson(rate: f64, key: u64, i: u64) -> f64 {
    let mut next = i << 20;
    let mut pair = || {
        let w = philox::block(key, next);
        next += 1;
        (
            philox::uniform_f64(w[0], w[1]),
            philox::uniform_f64(w[2], w[3]),
        )
    };
    if rate.is_infinite() {
        return f64::INFINITY;
    }
    if rate < 10.0 {
        // Up the distribution from 0, until it passes a uniform number.
        let (u, _) = pair();
        let (mut k, mut p) = (0.0, (-rate).exp());
        let mut sum = p;
        while sum < u && k < 200.0 {
            k += 1.0;
            p *= rate / k;
            sum += p;
        }
        return k;
    }
    // Hörmann, "The transformed rejection method for generating Poisson random variables" (1993).
    let root = rate.sqrt();
    let b = 0.931 + 2.53 * root;
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let fast = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let (u, v) = pair();
        let u = u - 0.5;
        let s = 0.5 - u.abs();
        let k = ((2.0 * a / s + b) * u + rate + 0.43).floor();
        if s >= 0.07 && v <= fast {
            return k;
        }
        if k < 0.0 || (s < 0.013 && v > s) {
            continue;
        }
        let left = v.ln() + inverse_alpha.ln() - (a / (s * s) + b).ln();
        if left <= k * rate.ln() - rate - log_factorial(k) {
            return k;
        }
    }
}

/// `ln k!`
pub(super) fn log_factorial(k: f64) -> f64 {
    let (mut x, mut product) = (k + 1.0, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - product.ln()
}
