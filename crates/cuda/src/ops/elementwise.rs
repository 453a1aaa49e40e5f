//! Unary and binary operations, comparisons and `where`.

use ondol_tensor::{
    Binary, Compare, DType, Error, Kind, Result, Scalar, Source, Unary, View, ViewMut,
};

use super::operand::Given;
use super::{size_name, unsupported};
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::walk::Walk;

/// What has a kernel apart, since it takes many registers.
const RARE_UNARY: [Unary; 18] = [
    Unary::Sin,
    Unary::Cos,
    Unary::Tan,
    Unary::Asin,
    Unary::Acos,
    Unary::Atan,
    Unary::Sinh,
    Unary::Cosh,
    Unary::Asinh,
    Unary::Acosh,
    Unary::Atanh,
    Unary::Erfc,
    Unary::Lgamma,
    Unary::Erfinv,
    Unary::Digamma,
    Unary::I0e,
    Unary::I1e,
    Unary::Ndtri,
];
const RARE_BINARY: [Binary; 7] = [
    Binary::FloorDivide,
    Binary::Remainder,
    Binary::Pow,
    Binary::Atan2,
    Binary::Fmod,
    Binary::Hypot,
    Binary::Zeta,
];

fn unary_takes(op: Unary, dtype: DType) -> bool {
    match dtype.kind() {
        Kind::Float => op != Unary::Not,
        Kind::Int => op != Unary::Not && !op.needs_float(),
        Kind::Bool => op == Unary::Not,
    }
}

fn binary_takes(op: Binary, dtype: DType) -> bool {
    use Binary::*;
    match dtype.kind() {
        Kind::Float => !matches!(op, And | Or | Xor | Gcd | Shl | Shr),
        Kind::Int => !matches!(op, Div | Atan2 | Hypot | Copysign | Zeta),
        Kind::Bool => matches!(op, Add | Maximum | Or | Mul | Minimum | And | Xor),
    }
}

impl Gpu {
    pub(crate) fn unary(&self, op: Unary, src: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        let dtype = dst.dtype;
        if !unary_takes(op, dtype) {
            return Err(unsupported(op.name(), dtype));
        }
        let rare = dtype.is_floating_point() && RARE_UNARY.contains(&op);
        let family = if rare { "unary_rare" } else { "unary" };
        let (a, to) = (Given::new(src, dtype, &dst), address_mut(&dst));
        let strides = [dst.layout.strides(), &a.strides[..]];
        Walk::new(dst.layout.shape(), strides)
            .sorted()
            .pieces(|piece| {
                let (out, a) = (piece.place(0, to, dtype.size()), a.operand(&piece, 1));
                let (grid, code) = ((self.blocks(piece.n), 1, 1), op as i32);
                launch!(
                    self,
                    op.name(),
                    (family, dtype.name()),
                    grid,
                    piece.dims,
                    piece.n,
                    out,
                    a,
                    code
                )
            })
    }

    pub(crate) fn binary(
        &self,
        op: Binary,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let dtype = dst.dtype;
        if !binary_takes(op, dtype) {
            return Err(unsupported(op.name(), dtype));
        }
        if dtype.kind() == Kind::Int {
            self.check_right(op, b, &dst)?;
        } else if let (Binary::Pow, Source::Scalar(exponent)) = (op, b) {
            // As exact as the power or more so. The root is PyTorch's: NaN at -∞, -0 at -0.
            let short = match exponent.to_f64() {
                2.0 => Some(Unary::Square),
                0.5 => Some(Unary::Sqrt),
                -1.0 => Some(Unary::Reciprocal),
                _ => None,
            };
            if let Some(short) = short {
                return self.unary(short, a, dst);
            }
        }
        let rare = dtype.is_floating_point() && RARE_BINARY.contains(&op);
        let family = if rare { "binary_rare" } else { "binary" };
        self.zip(op.name(), family, op as i32, dtype, a, b, dst)
    }

    pub(crate) fn compare(
        &self,
        op: Compare,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        self.zip(op.name(), "compare", op as i32, dtype, a, b, dst)
    }

    /// Two operands of elements `dtype`.
    fn zip(
        &self,
        op: &'static str,
        family: &'static str,
        code: i32,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let (a, b) = (Given::new(a, dtype, &dst), Given::new(b, dtype, &dst));
        let (to, size) = (address_mut(&dst), dst.dtype.size());
        let strides = [dst.layout.strides(), &a.strides[..], &b.strides[..]];
        Walk::new(dst.layout.shape(), strides)
            .sorted()
            .pieces(|piece| {
                let out = piece.place(0, to, size);
                let (a, b) = (a.operand(&piece, 1), b.operand(&piece, 2));
                let grid = (self.blocks(piece.n), 1, 1);
                launch!(
                    self,
                    op,
                    (family, dtype.name()),
                    grid,
                    piece.dims,
                    piece.n,
                    out,
                    a,
                    b,
                    code
                )
            })
    }

    /// Refuses what integers cannot do, before anything is written. Elements are looked at on the
    /// device, which is waited for.
    fn check_right(&self, op: Binary, b: Source<'_>, dst: &ViewMut<'_>) -> Result<()> {
        let negative = match op {
            Binary::FloorDivide | Binary::Remainder | Binary::Fmod => false,
            Binary::Pow => true,
            _ => return Ok(()),
        };
        let dtype = dst.dtype;
        let bad = match b {
            Source::Scalar(value) if dst.layout.numel() > 0 => refuses(value, dtype, negative),
            _ => {
                let b = Given::new(b, dtype, dst);
                let code = i32::from(negative);
                self.finds(|found| {
                    Walk::new(dst.layout.shape(), [&b.strides[..]]).pieces(|piece| {
                        let (b, grid) = (b.operand(&piece, 0).at, (self.blocks(piece.n), 1, 1));
                        launch!(
                            self,
                            op.name(),
                            ("refuse", dtype.name()),
                            grid,
                            piece.dims,
                            piece.n,
                            b,
                            code,
                            found
                        )
                    })
                })?
            }
        };
        if !bad {
            return Ok(());
        }
        Err(Error::value(
            op.name(),
            if negative {
                "Integers to negative integer powers are not allowed."
            } else {
                "ZeroDivisionError: an integer is divided by zero; make an operand a float for inf or NaN"
            },
        ))
    }

    pub(crate) fn select(
        &self,
        condition: View<'_>,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let (dtype, to) = (dst.dtype, address_mut(&dst));
        let (a, b) = (
            Given::of_bits(a, dtype, &dst),
            Given::of_bits(b, dtype, &dst),
        );
        let strides = [
            dst.layout.strides(),
            condition.layout.strides(),
            &a.strides[..],
            &b.strides[..],
        ];
        let which = address(&condition);
        Walk::new(dst.layout.shape(), strides)
            .sorted()
            .pieces(|piece| {
                let (out, c) = (piece.place(0, to, dtype.size()), piece.place(1, which, 1));
                let (a, b) = (a.operand(&piece, 2), b.operand(&piece, 3));
                let grid = (self.blocks(piece.n), 1, 1);
                launch!(
                    self,
                    "where",
                    ("select", size_name(dtype)),
                    grid,
                    piece.dims,
                    piece.n,
                    out,
                    c,
                    a,
                    b
                )
            })
    }
}

fn refuses(value: Scalar, dtype: DType, negative: bool) -> bool {
    use ondol_tensor::Element;
    let value = ondol_tensor::with_dtype!(dtype, T => value.cast::<T>().to_i64());
    if negative { value < 0 } else { value == 0 }
}
