//! What computes: thin methods that check, promote, allocate and call the backend.

use crate::{
    ArgReduce, Array, Binary, Compare, DType, Error, Kind, Layout, Reduce, Result, Scalar, Scan,
    Shape, Source, Unary, result_type, wrap_dim,
};

/// An operand beside an array.
#[derive(Clone, Copy)]
enum Operand<'a> {
    Array(&'a Array),
    Scalar(Scalar),
}

impl Operand<'_> {
    fn promotion(&self) -> (DType, bool) {
        match self {
            Operand::Array(a) => (a.dtype(), a.ndim() > 0),
            Operand::Scalar(s) => (s.dtype(), false),
        }
    }
}

/// `torch.result_type` where scalars count less than 0-dim arrays.
fn operand_type(a: Operand<'_>, b: Operand<'_>) -> DType {
    match (a, b) {
        (Operand::Array(x), Operand::Scalar(s)) | (Operand::Scalar(s), Operand::Array(x)) => {
            let s = s.dtype();
            if s.kind() > x.dtype().kind() {
                s
            } else {
                x.dtype()
            }
        }
        _ => result_type(&[a.promotion(), b.promotion()]),
    }
}

/// The dtype a binary operation computes in, given the operands' common one.
fn compute_type(op: Binary, common: DType) -> Result<DType> {
    let refuse = |expected: &str| {
        Err(Error::DType {
            op: op.name(),
            got: common.to_string(),
            expected: expected.to_owned(),
        })
    };
    match op {
        Binary::Div | Binary::Atan2 | Binary::Copysign | Binary::Zeta => Ok(common.to_float()),
        Binary::Hypot if !common.is_floating_point() => refuse("floating-point numbers"),
        Binary::And | Binary::Or | Binary::Xor if common.is_floating_point() => {
            refuse("integers or bool")
        }
        Binary::Gcd | Binary::Shl | Binary::Shr if common.kind() != Kind::Int => refuse("integers"),
        Binary::Sub if common == DType::Bool => refuse(
            "numbers; to invert a mask use logical_not(), to compare two use ne() or logical_xor()",
        ),
        Binary::FloorDivide | Binary::Remainder | Binary::Fmod | Binary::Pow
            if common == DType::Bool =>
        {
            refuse("numbers")
        }
        _ => Ok(common),
    }
}

/// Both operands' common shape and device, and an array to take the device from.
fn meet<'a>(op: &'static str, a: Operand<'a>, b: Operand<'a>) -> Result<(Shape, &'a Array)> {
    match (a, b) {
        (Operand::Array(x), Operand::Array(y)) => {
            Array::same_device(op, &[x, y])?;
            Ok((x.shape().broadcast(y.shape(), op)?, x))
        }
        (Operand::Array(x), Operand::Scalar(_)) | (Operand::Scalar(_), Operand::Array(x)) => {
            Ok((x.shape().clone(), x))
        }
        (Operand::Scalar(_), Operand::Scalar(_)) => unreachable!("every caller passes an array"),
    }
}

/// An operand cast to the computing dtype and stretched to the result's shape; lent as it is where
/// neither is needed.
struct Ready<'a> {
    lent: Option<&'a Array>,
    cast: Option<Array>,
    stretched: Option<Layout>,
    scalar: Scalar,
}

impl<'a> Ready<'a> {
    fn new(
        operand: Operand<'a>,
        dtype: DType,
        shape: &Shape,
        op: &'static str,
    ) -> Result<Ready<'a>> {
        let mut ready = Ready {
            lent: None,
            cast: None,
            stretched: None,
            scalar: Scalar::Int(0),
        };
        match operand {
            Operand::Scalar(scalar) => ready.scalar = scalar,
            Operand::Array(a) => {
                if a.shape() != shape {
                    ready.stretched = Some(a.layout.broadcast_to(shape, op)?);
                }
                ready.lent = Some(a);
                if a.dtype != dtype {
                    let cast = a.cast(dtype)?;
                    if ready.stretched.is_some() {
                        ready.stretched = Some(cast.layout.broadcast_to(shape, op)?);
                    }
                    ready.cast = Some(cast);
                }
            }
        }
        Ok(ready)
    }

    fn source(&self) -> Source<'_> {
        match self.cast.as_ref().or(self.lent) {
            Some(a) => Source::View(a.view_as(self.stretched.as_ref().unwrap_or(&a.layout))),
            None => Source::Scalar(self.scalar),
        }
    }
}

fn binary(op: Binary, a: Operand<'_>, b: Operand<'_>) -> Result<Array> {
    let (shape, like) = meet(op.name(), a, b)?;
    let dtype = compute_type(op, operand_type(a, b))?;
    let mut out = Array::empty(shape, dtype, like.device())?;
    if out.numel() == 0 {
        return Ok(out);
    }
    let (a, b) = (
        Ready::new(a, dtype, out.shape(), op.name())?,
        Ready::new(b, dtype, out.shape(), op.name())?,
    );
    like.backend()
        .binary(op, a.source(), b.source(), out.fresh_mut())?;
    Ok(out)
}

fn compare(op: Compare, a: Operand<'_>, b: Operand<'_>) -> Result<Array> {
    let (shape, like) = meet(op.name(), a, b)?;
    let dtype = operand_type(a, b);
    let mut out = Array::empty(shape, DType::Bool, like.device())?;
    if out.numel() == 0 {
        return Ok(out);
    }
    let (a, b) = (
        Ready::new(a, dtype, out.shape(), op.name())?,
        Ready::new(b, dtype, out.shape(), op.name())?,
    );
    like.backend()
        .compare(op, dtype, a.source(), b.source(), out.fresh_mut())?;
    Ok(out)
}

impl Array {
    /// One operand, element by element.
    pub fn unary(&self, op: Unary) -> Result<Array> {
        let dtype = self.unary_type(op)?;
        let cast;
        let src = if dtype == self.dtype {
            self
        } else {
            cast = self.cast(dtype)?;
            &cast
        };
        // Under the source's own strides where those are without gaps, memory order is kept.
        let mut out = Array::empty(self.shape().clone(), dtype, &self.device)?;
        if out.numel() > 0 {
            self.backend().unary(op, src.source(), out.fresh_mut())?;
        }
        Ok(out)
    }

    fn unary_type(&self, op: Unary) -> Result<DType> {
        let refuse = |expected: &str| {
            Err(Error::DType {
                op: op.name(),
                got: self.dtype.to_string(),
                expected: expected.to_owned(),
            })
        };
        match (op, self.dtype) {
            (Unary::Not, _) => Ok(DType::Bool),
            (Unary::Neg, DType::Bool) => refuse("numbers; to invert a mask use logical_not()"),
            (Unary::Abs | Unary::Sign | Unary::Square | Unary::Relu, DType::Bool) => {
                refuse("numbers")
            }
            (op, dtype) if op.needs_float() => Ok(dtype.to_float()),
            (_, dtype) => Ok(dtype),
        }
    }

    /// The same in place; copies first where the buffer is shared.
    ///
    /// # Errors
    /// Where the result's dtype would be another.
    pub fn unary_(&mut self, op: Unary) -> Result<()> {
        let dtype = self.unary_type(op)?;
        if dtype != self.dtype {
            return Err(self.in_place_type(op.name(), dtype));
        }
        if !self.is_unique() {
            *self = self.unary(op)?;
            return Ok(());
        }
        self.make_unique()?;
        if self.numel() > 0 {
            let device = self.device.clone();
            device
                .backend()
                .unary(op, Source::Destination, self.fresh_mut())?;
        }
        Ok(())
    }

    fn in_place_type(&self, op: &'static str, result: DType) -> Error {
        Error::DType {
            op,
            got: format!("a result of {result} in place on {}", self.dtype),
            expected: format!(
                "a result that {} can hold; cast the tensor first",
                self.dtype
            ),
        }
    }

    /// Two operands, broadcast and promoted as PyTorch does.
    pub fn binary(&self, op: Binary, other: &Array) -> Result<Array> {
        binary(op, Operand::Array(self), Operand::Array(other))
    }

    /// A number on the right.
    pub fn binary_scalar(&self, op: Binary, scalar: impl Into<Scalar>) -> Result<Array> {
        binary(op, Operand::Array(self), Operand::Scalar(scalar.into()))
    }

    /// A number on the left: `scalar op self`.
    pub fn scalar_binary(&self, op: Binary, scalar: impl Into<Scalar>) -> Result<Array> {
        binary(op, Operand::Scalar(scalar.into()), Operand::Array(self))
    }

    /// `self = self op other` in place; copies first where the buffer is shared.
    ///
    /// # Errors
    /// Where the shape would grow or the result's kind is above the dtype's.
    pub fn binary_(&mut self, op: Binary, other: &Array) -> Result<()> {
        self.binary_in_place(op, Operand::Array(other))
    }

    /// `self = self op scalar` in place.
    pub fn binary_scalar_(&mut self, op: Binary, scalar: impl Into<Scalar>) -> Result<()> {
        self.binary_in_place(op, Operand::Scalar(scalar.into()))
    }

    fn binary_in_place(&mut self, op: Binary, other: Operand<'_>) -> Result<()> {
        let (shape, _) = meet(op.name(), Operand::Array(self), other)?;
        if &shape != self.shape() {
            return Err(Error::Shape {
                op: op.name(),
                lhs: self.shape().to_vec(),
                rhs: shape.to_vec(),
                rule: "in place, the result must have the shape of the left operand".into(),
            });
        }
        let dtype = compute_type(op, operand_type(Operand::Array(self), other))?;
        if dtype.kind() > self.dtype.kind() {
            return Err(self.in_place_type(op.name(), dtype));
        }
        let same_buffer = matches!(other, Operand::Array(o) if o.shares_buffer(self));
        if dtype != self.dtype || same_buffer || !self.is_unique() {
            *self = binary(op, Operand::Array(self), other)?.cast(self.dtype)?;
            return Ok(());
        }
        self.make_unique()?;
        if self.numel() == 0 {
            return Ok(());
        }
        let other = Ready::new(other, dtype, &shape, op.name())?;
        let device = self.device.clone();
        device
            .backend()
            .binary(op, Source::Destination, other.source(), self.fresh_mut())
    }

    /// Element by element, to `bool`.
    pub fn compare(&self, op: Compare, other: &Array) -> Result<Array> {
        compare(op, Operand::Array(self), Operand::Array(other))
    }

    /// A comparison with a number on the right.
    pub fn compare_scalar(&self, op: Compare, scalar: impl Into<Scalar>) -> Result<Array> {
        compare(op, Operand::Array(self), Operand::Scalar(scalar.into()))
    }

    /// `a` where `condition` is true, else `b`, all broadcast together, `torch.where`.
    pub fn select(condition: &Array, a: &Array, b: &Array) -> Result<Array> {
        const OP: &str = "where";
        Array::same_device(OP, &[condition, a, b])?;
        if condition.dtype() != DType::Bool {
            return Err(Error::DType {
                op: OP,
                got: condition.dtype().to_string(),
                expected: "a bool condition".into(),
            });
        }
        let shape = condition
            .shape()
            .broadcast(a.shape(), OP)?
            .broadcast(b.shape(), OP)?;
        let dtype = operand_type(Operand::Array(a), Operand::Array(b));
        let mut out = Array::empty(shape, dtype, a.device())?;
        if out.numel() > 0 {
            let a = Ready::new(Operand::Array(a), dtype, out.shape(), OP)?;
            let b = Ready::new(Operand::Array(b), dtype, out.shape(), OP)?;
            let layout = condition.layout.broadcast_to(out.shape(), OP)?;
            condition.backend().select(
                condition.view_as(&layout),
                a.source(),
                b.source(),
                out.fresh_mut(),
            )?;
        }
        Ok(out)
    }

    /// Dimensions as sorted, distinct indices; none given means all.
    pub fn reduce_dims(&self, op: &'static str, dims: &[isize]) -> Result<Vec<usize>> {
        if dims.is_empty() {
            return Ok((0..self.ndim()).collect());
        }
        let mut out = dims
            .iter()
            .map(|&d| wrap_dim(op, d, self.ndim()))
            .collect::<Result<Vec<_>>>()?;
        out.sort_unstable();
        if out.windows(2).any(|w| w[0] == w[1]) {
            return Err(Error::value(
                op,
                format!("a dimension appears more than once in {dims:?}"),
            ));
        }
        // A scalar answers to dimension 0, but has none to reduce.
        out.retain(|&d| d < self.ndim());
        Ok(out)
    }

    /// Reduces dimensions (all, where none are given). Sums and products of integers are `i64`.
    pub fn reduce(&self, op: Reduce, dims: &[isize], keepdim: bool) -> Result<Array> {
        let dims = self.reduce_dims(op.name(), dims)?;
        let dtype = match op {
            Reduce::Sum | Reduce::Prod if self.dtype.kind() < Kind::Float => DType::I64,
            Reduce::Any | Reduce::All => DType::Bool,
            _ => self.dtype,
        };
        let mut kept = self.shape().clone();
        for &d in &dims {
            kept[d] = 1;
        }
        let extreme = matches!(op, Reduce::Max | Reduce::Min);
        if extreme && self.numel() == 0 && kept.numel() > 0 {
            return Err(Error::Input {
                op: op.name(),
                shape: self.shape().to_vec(),
                rule: "there is no greatest or least of nothing; the reduced dimensions must have elements".into(),
            });
        }
        let cast;
        let src = if matches!(op, Reduce::Any | Reduce::All) && self.dtype != DType::Bool {
            cast = self.compare_scalar(Compare::Ne, 0i64)?;
            &cast
        } else if self.dtype == dtype {
            self
        } else {
            cast = self.cast(dtype)?;
            &cast
        };
        let mut out = Array::empty(kept, dtype, &self.device)?;
        if out.numel() > 0 {
            self.backend()
                .reduce(op, src.view_(), &dims, out.fresh_mut())?;
        }
        if !keepdim {
            out.layout = out.layout.squeeze(|d| dims.contains(&d));
        }
        Ok(out)
    }

    /// Position of the extreme along a dimension, as `i64`.
    pub fn arg_reduce(&self, op: ArgReduce, dim: isize, keepdim: bool) -> Result<Array> {
        let d = wrap_dim(op.name(), dim, self.ndim())?;
        if self.dtype == DType::Bool {
            return Err(Error::DType {
                op: op.name(),
                got: "bool".into(),
                expected: "numbers".into(),
            });
        }
        if self.ndim() == 0 {
            return Array::zeros((), DType::I64, &self.device);
        }
        let kept = self.shape().clone().with(d, 1);
        if self.shape()[d] == 0 && kept.numel() > 0 {
            return Err(Error::Input {
                op: op.name(),
                shape: self.shape().to_vec(),
                rule: format!("Expected reduction dim {d} to have non-zero size"),
            });
        }
        let mut out = Array::empty(kept, DType::I64, &self.device)?;
        if out.numel() > 0 {
            self.backend()
                .arg_reduce(op, self.view_(), d, out.fresh_mut())?;
        }
        if !keepdim {
            out.layout = out.layout.squeeze(|i| i == d);
        }
        Ok(out)
    }

    /// Running reduction along a dimension; sums and products of integers are `i64`.
    pub fn scan(&self, op: Scan, dim: isize) -> Result<Array> {
        let d = wrap_dim(op.name(), dim, self.ndim())?;
        let floating = self.dtype.is_floating_point();
        if op == Scan::LogSumExp && !floating {
            return Err(Error::DType {
                op: op.name(),
                got: self.dtype.to_string(),
                expected: "a floating-point dtype".into(),
            });
        }
        let dtype = if floating { self.dtype } else { DType::I64 };
        let src = self.cast(dtype)?;
        let mut out = if self.ndim() == 0 {
            src.copy()?
        } else {
            let mut out = Array::empty(self.shape().clone(), dtype, &self.device)?;
            if out.numel() > 0 {
                self.backend().scan(op, src.view_(), d, out.fresh_mut())?;
            }
            out
        };
        if matches!(op, Scan::Max | Scan::Min) {
            out = out.cast(self.dtype)?;
        }
        Ok(out)
    }

    /// The matrix product of the last two dimensions, the others broadcast; `torch.matmul` for
    /// operands of at least two dimensions.
    pub fn matmul(&self, other: &Array) -> Result<Array> {
        const OP: &str = "matmul";
        Array::same_device(OP, &[self, other])?;
        let (a, b) = (self.shape(), other.shape());
        let fail = |rule: String| Error::Shape {
            op: OP,
            lhs: a.to_vec(),
            rhs: b.to_vec(),
            rule,
        };
        if a.ndim() < 2 || b.ndim() < 2 {
            return Err(fail("both operands need at least two dimensions".into()));
        }
        let (m, k) = (a[a.ndim() - 2], a[a.ndim() - 1]);
        let (k2, n) = (b[b.ndim() - 2], b[b.ndim() - 1]);
        if k != k2 {
            return Err(fail(format!("the inner sizes {k} and {k2} must be equal")));
        }
        if self.dtype != other.dtype {
            return Err(Error::DType {
                op: OP,
                got: format!("{} and {}", self.dtype, other.dtype),
                expected: "both operands of one dtype".into(),
            });
        }
        if self.dtype == DType::Bool {
            return Err(Error::DType {
                op: OP,
                got: "bool".into(),
                expected: "numbers".into(),
            });
        }
        let lead = |s: &Shape| Shape::new(&s[..s.ndim() - 2]);
        let batch = lead(a)
            .broadcast(&lead(b), OP)
            .map_err(|_| fail("the leading sizes must broadcast".into()))?;
        let full = |r: usize, c: usize| {
            let mut s = batch.clone();
            s.push(r);
            s.push(c);
            s
        };
        let mut out = Array::empty(full(m, n), self.dtype, &self.device)?;
        if out.numel() > 0 && a.ndim() == 2 && b.ndim() == 2 {
            self.backend()
                .matmul(self.view_(), other.view_(), out.fresh_mut())?;
        } else if out.numel() > 0 {
            let la = self.layout.broadcast_to(&full(m, k), OP)?;
            let lb = other.layout.broadcast_to(&full(k, n), OP)?;
            self.backend()
                .matmul(self.view_as(&la), other.view_as(&lb), out.fresh_mut())?;
        }
        Ok(out)
    }

    /// Values in order along a dimension, and where each came from (`i64`), `torch.sort` (stable).
    pub fn sort(&self, dim: isize, descending: bool) -> Result<(Array, Array)> {
        let d = wrap_dim("sort", dim, self.ndim())?;
        if self.ndim() == 0 {
            return Ok((self.copy()?, Array::zeros((), DType::I64, &self.device)?));
        }
        let mut values = Array::empty(self.shape().clone(), self.dtype, &self.device)?;
        let mut indices = Array::empty(self.shape().clone(), DType::I64, &self.device)?;
        if values.numel() > 0 {
            self.backend().sort(
                self.view_(),
                d,
                descending,
                values.fresh_mut(),
                indices.fresh_mut(),
            )?;
        }
        Ok((values, indices))
    }
}
