//! The closed vocabulary of primitive operations.
//!
//! A backend matches on these exhaustively: a missing kernel is a compile error.

use crate::Scalar;

/// One operand to one result, element by element. The result has the operand's dtype.
///
/// Everything below [`Unary::Relu`] computes in floating point; `Array` promotes integers first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// `-x`
    Neg,
    /// `|x|`
    Abs,
    /// -1, 0 or 1; NaN stays NaN.
    Sign,
    /// `x * x`
    Square,
    /// Logical not, on `bool`.
    Not,
    /// `max(x, 0)`; NaN stays NaN.
    Relu,
    /// `eˣ`
    Exp,
    /// `eˣ - 1`
    Expm1,
    /// Natural logarithm.
    Log,
    /// `ln(1 + x)`
    Log1p,
    /// Base 2.
    Log2,
    /// Base 10.
    Log10,
    /// Square root.
    Sqrt,
    /// `1 / √x`
    Rsqrt,
    /// `1 / x`
    Reciprocal,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Arc sine.
    Asin,
    /// Arc cosine.
    Acos,
    /// Arc tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e⁻ˣ)`
    Sigmoid,
    /// The error function `2/√π ∫₀ˣ e^(-t²) dt`.
    Erf,
    /// `1 - erf(x)`, exact where that is small.
    Erfc,
    /// The inverse of the error function; NaN outside of `[-1, 1]`.
    Erfinv,
    /// `2ˣ`
    Exp2,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine.
    Acosh,
    /// Inverse hyperbolic tangent.
    Atanh,
    /// `ln |Γ(x)|`; infinite at 0 and the negative integers.
    Lgamma,
    /// The slope of [`Unary::Lgamma`]; NaN at the negative integers.
    Digamma,
    /// `e^-|x| I₀(x)`, the modified Bessel function of order 0, scaled.
    I0e,
    /// `e^-|x| I₁(x)`, that of order 1.
    I1e,
    /// Towards minus infinity.
    Floor,
    /// Towards infinity.
    Ceil,
    /// To the nearest, ties to even, as PyTorch's.
    Round,
    /// Towards zero.
    Trunc,
    /// The inverse of the normal distribution's `Φ`; infinite at 0 and 1, NaN outside of `[0, 1]`.
    Ndtri,
}

/// Two operands of one dtype to one result of that dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// `a + b`
    Add,
    /// `a - b`
    Sub,
    /// `a * b`
    Mul,
    /// True division; `Array` promotes integers to float first.
    Div,
    /// `⌊a / b⌋`; an integer divided by 0 is an error.
    FloorDivide,
    /// `a - b ⌊a / b⌋`, with the sign of `b`, as Python's `%`.
    Remainder,
    /// `aᵇ`
    Pow,
    /// The greater; NaN if either is.
    Maximum,
    /// The lesser; NaN if either is.
    Minimum,
    /// The angle of the point `(b, a)`.
    Atan2,
    /// `a - b trunc(a / b)`, with the sign of `a`, as C's `fmod`; an integer by 0 is an error.
    Fmod,
    /// `√(a² + b²)` without overflow. For floats.
    Hypot,
    /// `|a|` with the sign of `b`, that of a zero too; `Array` promotes integers to float first.
    Copysign,
    /// `Σ (b + k)⁻ᵃ` over `k >= 0`, Hurwitz's zeta function; `Array` promotes integers to float first.
    Zeta,
    /// The greatest common divisor, not negative. For integers.
    Gcd,
    /// Bits to the left by `b`; 0 where `b` is negative or not below their number. For integers.
    Shl,
    /// Bits to the right by `b`, the sign kept; only the sign where `b` is negative or not below
    /// their number. For integers.
    Shr,
    /// Bitwise and; logical on `bool`. Not for floats.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

/// Two operands of one dtype to a `bool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `a == b`
    Eq,
    /// `a != b`; true where either is NaN.
    Ne,
    /// `a < b`
    Lt,
    /// `a <= b`
    Le,
    /// `a > b`
    Gt,
    /// `a >= b`
    Ge,
}

/// Many elements to one of the same dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduce {
    /// The sum; of nothing, 0. `f16` and `bf16` accumulate in `f32`.
    Sum,
    /// The product; of nothing, 1.
    Prod,
    /// The greatest; NaN if any is. Of nothing: an error in `Array`.
    Max,
    /// The least; NaN if any is. Of nothing: an error in `Array`.
    Min,
    /// Whether any is true, on `bool`; of nothing, false.
    Any,
    /// Whether all are true, on `bool`; of nothing, true.
    All,
}

/// The position of an extreme along one dimension, as `i64`; the first of equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgReduce {
    /// Of the greatest; a NaN counts as greatest.
    Max,
    /// Of the least; a NaN counts as least.
    Min,
}

/// A running reduction along one dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scan {
    /// Cumulative sum.
    Sum,
    /// Cumulative product.
    Prod,
    /// The greatest so far; NaN from the first NaN on.
    Max,
    /// The least so far; NaN from the first NaN on.
    Min,
    /// `ln Σ eˣ` so far, without overflow. For floats.
    LogSumExp,
}

/// What happens where a scattered element lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scatter {
    /// It replaces; of several on one place, the last in index order.
    Set,
    /// It is added, in index order.
    Add,
    /// It is multiplied in, in index order.
    Mul,
    /// The greater stays; NaN if either is.
    Max,
    /// The lesser stays; NaN if either is.
    Min,
}

/// What an array is filled with, without reading anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fill {
    /// One value.
    Value(Scalar),
    /// `start + i * step` at element `i` in row-major order.
    Range {
        /// The value of element 0.
        start: Scalar,
        /// The distance between neighbours.
        step: Scalar,
    },
}

/// Random numbers from a Philox stream; see [`crate::philox`] for which words make an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Uniform on `[low, high)`.
    Uniform {
        /// Included.
        low: f64,
        /// Excluded.
        high: f64,
    },
    /// Gaussian.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        std: f64,
    },
    /// 1 with probability `p`, else 0.
    Bernoulli {
        /// The probability.
        p: f64,
    },
    /// Integers on `[low, high)`.
    Integers {
        /// Included.
        low: i64,
        /// Excluded.
        high: i64,
    },
}

macro_rules! names {
    ($($t:ident { $($v:ident = $n:literal),* $(,)? })*) => {$(
        impl $t {
            /// PyTorch's name of the operation, as errors print it.
            pub const fn name(self) -> &'static str {
                match self { $($t::$v => $n),* }
            }
            /// Every one of them.
            pub const ALL: &'static [$t] = &[$($t::$v),*];
        }
    )*};
}
names! {
    Unary {
        Neg = "neg", Abs = "abs", Sign = "sign", Square = "square", Not = "logical_not", Relu = "relu",
        Exp = "exp", Expm1 = "expm1", Log = "log", Log1p = "log1p", Log2 = "log2", Log10 = "log10",
        Sqrt = "sqrt", Rsqrt = "rsqrt", Reciprocal = "reciprocal", Sin = "sin", Cos = "cos", Tan = "tan",
        Asin = "asin", Acos = "acos", Atan = "atan", Sinh = "sinh", Cosh = "cosh", Tanh = "tanh",
        Sigmoid = "sigmoid", Erf = "erf", Erfc = "erfc", Erfinv = "erfinv", Exp2 = "exp2",
        Asinh = "asinh", Acosh = "acosh", Atanh = "atanh", Lgamma = "lgamma", Digamma = "digamma",
        I0e = "i0e", I1e = "i1e", Floor = "floor", Ceil = "ceil", Round = "round", Trunc = "trunc",
        Ndtri = "ndtri",
    }
    Binary {
        Add = "add", Sub = "sub", Mul = "mul", Div = "div", FloorDivide = "floor_divide",
        Remainder = "remainder", Pow = "pow", Maximum = "maximum", Minimum = "minimum", Atan2 = "atan2",
        Fmod = "fmod", Hypot = "hypot", Copysign = "copysign", Zeta = "zeta", Gcd = "gcd",
        Shl = "bitwise_left_shift", Shr = "bitwise_right_shift",
        And = "bitwise_and", Or = "bitwise_or", Xor = "bitwise_xor",
    }
    Compare { Eq = "eq", Ne = "ne", Lt = "lt", Le = "le", Gt = "gt", Ge = "ge" }
    Reduce { Sum = "sum", Prod = "prod", Max = "amax", Min = "amin", Any = "any", All = "all" }
    ArgReduce { Max = "argmax", Min = "argmin" }
    Scatter {
        Set = "scatter", Add = "scatter_add", Mul = "scatter_reduce prod",
        Max = "scatter_reduce amax", Min = "scatter_reduce amin",
    }
    Scan { Sum = "cumsum", Prod = "cumprod", Max = "cummax", Min = "cummin", LogSumExp = "logcumsumexp" }
}

impl Unary {
    /// Whether integers are promoted to float before it.
    pub const fn needs_float(self) -> bool {
        !matches!(
            self,
            Unary::Neg
                | Unary::Abs
                | Unary::Sign
                | Unary::Square
                | Unary::Not
                | Unary::Relu
                | Unary::Floor
                | Unary::Ceil
                | Unary::Round
                | Unary::Trunc
        )
    }
}
