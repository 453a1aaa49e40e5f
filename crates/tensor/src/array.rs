//! `Array`: numbers on a device.

use std::sync::Arc;

use crate::{
    Backend, Buffer, DType, Device, Distribution, Element, Error, Fill, Generator, Layout, Result,
    Scalar, Shape, Source, View, ViewMut, cpu,
};

/// Numbers on a device: a dtype, a shape, strides and a shared buffer.
///
/// A clone shares the buffer; nothing ever writes into a shared one, so that every `Array` is a
/// value. What writes in place (`*_` methods, taking `&mut self`) copies first where shared.
#[derive(Clone)]
pub struct Array {
    pub(crate) buffer: Arc<dyn Buffer>,
    pub(crate) layout: Layout,
    pub(crate) dtype: DType,
    pub(crate) device: Device,
}

impl Array {
    // ---- making ----

    /// Uninitialised; every caller fills it before anyone reads.
    pub(crate) fn empty(shape: Shape, dtype: DType, device: &Device) -> Result<Array> {
        let too_large = || {
            Error::value(
                "empty",
                format!("shape {shape} has too many elements for memory"),
            )
        };
        let numel = shape
            .iter()
            .try_fold(1usize, |n, &s| n.checked_mul(s))
            .ok_or_else(too_large)?;
        let bytes = numel.checked_mul(dtype.size()).ok_or_else(too_large)?;
        let buffer = device
            .backend()
            .alloc(bytes)
            .map_err(|e| wanted_for(e, &shape, dtype))?;
        Ok(Array {
            buffer,
            layout: Layout::contiguous(shape),
            dtype,
            device: device.clone(),
        })
    }

    /// Takes a vector over, without a copy, as a CPU array of this shape.
    ///
    /// # Errors
    /// Where the vector's length is not the shape's number of elements.
    pub fn from_vec<T: Element>(vector: Vec<T>, shape: impl Into<Shape>) -> Result<Array> {
        let shape = shape.into();
        if shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s)) != Some(vector.len()) {
            return Err(Error::Input {
                op: "from_vec",
                shape: shape.to_vec(),
                rule: format!("needs as many elements as the vector has: {}", vector.len()),
            });
        }
        let layout = Layout::contiguous(shape);
        Ok(Array {
            buffer: cpu::from_vec(vector),
            layout,
            dtype: T::DTYPE,
            device: Device::cpu(),
        })
    }

    /// Copies a slice, as a CPU array of this shape.
    pub fn from_slice<T: Element>(slice: &[T], shape: impl Into<Shape>) -> Result<Array> {
        let shape = shape.into();
        if shape.numel() != slice.len() {
            return Array::from_vec(slice.to_vec(), shape);
        }
        let mut out = Array::empty(shape, T::DTYPE, &Device::cpu())?;
        if let Some(to) = Arc::get_mut(&mut out.buffer).and_then(cpu::typed_mut::<T>) {
            to[..slice.len()].copy_from_slice(slice);
        }
        Ok(out)
    }

    /// A 0-dim CPU array.
    pub fn scalar<T: Element>(value: T) -> Array {
        Array {
            buffer: cpu::from_vec(vec![value]),
            layout: Layout::contiguous(Shape::default()),
            dtype: T::DTYPE,
            device: Device::cpu(),
        }
    }

    fn filled(fill: Fill, shape: Shape, dtype: DType, device: &Device) -> Result<Array> {
        let mut out = Array::empty(shape, dtype, device)?;
        if out.numel() > 0 {
            device.backend().fill(fill, out.fresh_mut())?;
        }
        Ok(out)
    }

    /// All elements `value`, `torch.full`.
    pub fn full(
        shape: impl Into<Shape>,
        value: impl Into<Scalar>,
        dtype: DType,
        device: &Device,
    ) -> Result<Array> {
        Array::filled(Fill::Value(value.into()), shape.into(), dtype, device)
    }

    /// All elements 0, `torch.zeros`.
    pub fn zeros(shape: impl Into<Shape>, dtype: DType, device: &Device) -> Result<Array> {
        Array::full(shape, 0i64, dtype, device)
    }

    /// `start, start + step, …`, `n` of them; `torch.arange` with the count given.
    pub fn range(
        start: impl Into<Scalar>,
        step: impl Into<Scalar>,
        n: usize,
        dtype: DType,
        device: &Device,
    ) -> Result<Array> {
        let fill = Fill::Range {
            start: start.into(),
            step: step.into(),
        };
        Array::filled(fill, Shape::new(&[n]), dtype, device)
    }

    /// Random numbers from `generator`.
    ///
    /// # Errors
    /// A uniform or normal draw into a dtype that is not floating, or an empty integer range.
    pub fn random(
        distribution: Distribution,
        shape: impl Into<Shape>,
        dtype: DType,
        device: &Device,
        generator: &Generator,
    ) -> Result<Array> {
        match distribution {
            Distribution::Uniform { .. } | Distribution::Normal { .. }
                if !dtype.is_floating_point() =>
            {
                return Err(Error::DType {
                    op: "random",
                    got: dtype.to_string(),
                    expected: "a floating-point dtype".into(),
                });
            }
            Distribution::Integers { low, high } if low >= high => {
                return Err(Error::value(
                    "randint",
                    format!(
                        "random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
                    ),
                ));
            }
            Distribution::Bernoulli { p } if !(0.0..=1.0).contains(&p) => {
                return Err(Error::value(
                    "bernoulli",
                    format!("expects 0 <= p <= 1, but got p={p}"),
                ));
            }
            Distribution::Normal { std, .. } if std.is_nan() || std < 0.0 => {
                return Err(Error::value(
                    "normal",
                    format!("expects std >= 0.0, but found std {std}"),
                ));
            }
            _ => {}
        }
        let mut out = Array::empty(shape.into(), dtype, device)?;
        let n = out.numel();
        if n > 0 {
            let state = generator.take(distribution.blocks(n, dtype));
            device
                .backend()
                .random(distribution, state.seed, state.offset, out.fresh_mut())?;
        }
        Ok(out)
    }

    // ---- asking ----

    /// The sizes of the dimensions.
    pub fn shape(&self) -> &Shape {
        self.layout.shape()
    }

    /// The number of dimensions; 0 for a scalar.
    pub fn ndim(&self) -> usize {
        self.layout.ndim()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    /// The element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where it lives.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Shape, strides and offset.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    /// Whether both look at the same memory.
    pub fn shares_buffer(&self, other: &Array) -> bool {
        Arc::ptr_eq(&self.buffer, &other.buffer)
    }

    /// Whether nobody else holds the memory, so that a write happens in place.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.buffer) == 1
    }

    // ---- what operations are built from ----

    pub(crate) fn backend(&self) -> &dyn Backend {
        self.device.backend()
    }

    /// The array as an operand.
    pub(crate) fn view_(&self) -> View<'_> {
        View {
            buffer: &*self.buffer,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }

    /// The array as an operand under another layout of the same buffer.
    pub(crate) fn view_as<'a>(&'a self, layout: &'a Layout) -> View<'a> {
        View {
            buffer: &*self.buffer,
            layout,
            dtype: self.dtype,
        }
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source::View(self.view_())
    }

    /// The destination of an operation: only for arrays made by [`Array::empty`] just now or made
    /// unique by [`Array::make_unique`].
    pub(crate) fn fresh_mut(&mut self) -> ViewMut<'_> {
        let buffer =
            Arc::get_mut(&mut self.buffer).expect("a buffer that is written has one holder");
        ViewMut {
            buffer,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }

    /// Copies the elements where the buffer is shared or elements overlap, so that a write harms nobody.
    pub(crate) fn make_unique(&mut self) -> Result<()> {
        let overlaps = self
            .layout
            .strides()
            .iter()
            .zip(self.shape().iter())
            .any(|(&s, &n)| s == 0 && n > 1);
        if overlaps || Arc::get_mut(&mut self.buffer).is_none() {
            *self = self.copy()?;
        }
        Ok(())
    }

    /// A contiguous copy in memory of its own, `torch.clone`.
    pub fn copy(&self) -> Result<Array> {
        let mut out = Array::empty(self.shape().clone(), self.dtype, &self.device)?;
        if self.numel() > 0 {
            self.backend().copy(self.view_(), out.fresh_mut())?;
        }
        Ok(out)
    }

    /// Itself where contiguous, else a contiguous copy.
    pub fn contiguous(&self) -> Result<Array> {
        if self.is_contiguous() {
            Ok(self.clone())
        } else {
            self.copy()
        }
    }

    /// The elements as another dtype; itself where it has it already, `torch.Tensor.to`.
    pub fn cast(&self, dtype: DType) -> Result<Array> {
        if dtype == self.dtype {
            return Ok(self.clone());
        }
        let mut out = Array::empty(self.shape().clone(), dtype, &self.device)?;
        if self.numel() > 0 {
            self.backend().copy(self.view_(), out.fresh_mut())?;
        }
        Ok(out)
    }

    /// The elements on another device; itself where it is there already.
    pub fn to_device(&self, device: &Device) -> Result<Array> {
        if device == &self.device {
            return Ok(self.clone());
        }
        let here = self.contiguous()?;
        let size = self.dtype.size();
        let mut bytes = vec![0u8; here.numel() * size];
        if !bytes.is_empty() {
            here.backend()
                .download(&*here.buffer, here.layout.offset() * size, &mut bytes)?;
        }
        let mut out = Array::empty(self.shape().clone(), self.dtype, device)?;
        if let Some(buffer) = Arc::get_mut(&mut out.buffer) {
            device.backend().upload(&bytes, buffer)?;
        }
        Ok(out)
    }

    /// Checks that all operands live on one device.
    pub(crate) fn same_device(op: &'static str, arrays: &[&Array]) -> Result<()> {
        for pair in arrays.windows(2) {
            if pair[0].device != pair[1].device {
                return Err(Error::Devices {
                    op,
                    lhs: pair[0].device.name().to_owned(),
                    rhs: pair[1].device.name().to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// A device without memory knows no shapes; who asked does.
fn wanted_for(error: Error, shape: &Shape, dtype: DType) -> Error {
    match error {
        Error::Device { device, message } => Error::Device {
            device,
            message: format!("{message} (for a tensor of shape {shape} of {dtype})"),
        },
        other => other,
    }
}
