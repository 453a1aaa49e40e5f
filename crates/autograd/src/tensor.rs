//! The one type users hold.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

use ondol_tensor::{
    Array, DType, Device, Element, Error, Result, Shape, ToValue, Value, format_array,
    printoptions, wrap_dim,
};

use crate::is_grad_enabled;
use crate::node::Link;
use crate::place::{Scope, ok, raise};

/// An array that remembers where it came from, `torch.Tensor`.
///
/// A handle: a clone is the same tensor, as a second name is in Python. Rank, dtype and device are
/// run-time values. Operations panic at the caller's line where PyTorch would raise; see
/// [`crate::catch`].
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// let x = tensor!([[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
/// assert_eq!(x.size(0), 3);
/// assert_eq!(x.shape(), [3, 3]);
/// assert_eq!(x.ndimension(), 2);
/// assert_eq!(x.view(9).to_vec::<i64>(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
/// ```
#[derive(Clone)]
pub struct Tensor(Arc<Cell>);

pub(crate) struct Cell(RwLock<Slot>);

/// A tensor that is not kept alive, for what the tensor itself owns: a hook that holds the tensor
/// it hangs on would keep both for ever.
///
/// ```
/// use ondol_autograd::tensor;
/// let x = tensor!(1.0);
/// let weak = x.downgrade();
/// assert!(weak.upgrade().unwrap().same(&x));
/// drop(x);
/// assert!(weak.upgrade().is_none());
/// ```
#[derive(Clone)]
pub struct WeakTensor(Weak<Cell>);

impl WeakTensor {
    /// The tensor, if anybody still holds it.
    pub fn upgrade(&self) -> Option<Tensor> {
        self.0.upgrade().map(Tensor)
    }
}

impl fmt::Debug for WeakTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WeakTensor")
    }
}

/// What a handle points to now.
pub(crate) struct Slot {
    pub(crate) value: Array,
    pub(crate) link: Option<Link>,
    /// The leaf it was before `requires_grad_(false)`, with its gradient and hooks.
    pub(crate) frozen: Option<Link>,
    /// The tensors it is a view of: the one it was made from, and the first of the chain.
    bases: [Weak<Cell>; 2],
}

impl From<Array> for Tensor {
    fn from(value: Array) -> Self {
        Tensor::make(value, None)
    }
}

impl Tensor {
    pub(crate) fn make(value: Array, link: Option<Link>) -> Tensor {
        crate::watch::made(value.shape());
        Tensor(Arc::new(Cell(RwLock::new(Slot {
            value,
            link,
            frozen: None,
            bases: [Weak::new(), Weak::new()],
        }))))
    }

    pub(crate) fn view_of(value: Array, link: Option<Link>, of: &Tensor) -> Tensor {
        crate::watch::made(value.shape());
        let root = &of.read().bases[1];
        let root = if root.strong_count() > 0 {
            root.clone()
        } else {
            Arc::downgrade(&of.0)
        };
        let bases = [Arc::downgrade(&of.0), root];
        Tensor(Arc::new(Cell(RwLock::new(Slot {
            value,
            link,
            frozen: None,
            bases,
        }))))
    }

    // A panic never leaves a slot half-written, so a poisoned lock is as good as any.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Slot> {
        self.0.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, Slot> {
        self.0.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of now, as an array that later writes do not touch.
    pub fn value(&self) -> Array {
        self.read().value.clone()
    }

    /// The numbers, taken out where nobody else holds the handle.
    pub(crate) fn into_value(self) -> Array {
        match Arc::try_unwrap(self.0) {
            Ok(cell) => {
                cell.0
                    .into_inner()
                    .unwrap_or_else(PoisonError::into_inner)
                    .value
            }
            Err(shared) => Tensor(shared).value(),
        }
    }

    /// A new tensor with the value and the graph of now. What a rule captures: later writes to
    /// this tensor do not reach it.
    pub fn snapshot(&self) -> Tensor {
        let slot = self.read();
        Tensor::make(slot.value.clone(), slot.link.clone())
    }

    /// Whether both are the same tensor: two names of one.
    pub fn same(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A reference that does not keep the tensor alive.
    pub fn downgrade(&self) -> WeakTensor {
        WeakTensor(Arc::downgrade(&self.0))
    }

    // ---- asking ----

    /// The sizes of the dimensions, `torch.Tensor.shape`.
    pub fn shape(&self) -> Shape {
        self.read().value.shape().clone()
    }

    /// The size of one dimension; negative counts from the back. `torch.Tensor.size(dim)`.
    ///
    /// # Panics
    /// Where the dimension is out of range.
    #[track_caller]
    pub fn size(&self, dim: isize) -> usize {
        let shape = self.shape();
        let d = ok(wrap_dim("size", dim, shape.ndim()));
        match shape.get(d) {
            Some(&size) => size,
            None => raise(Error::Dim {
                op: "size",
                dim,
                low: 0,
                high: -1,
            }),
        }
    }

    /// The number of dimensions; 0 for a scalar. `torch.Tensor.ndim`.
    pub fn ndim(&self) -> usize {
        self.read().value.ndim()
    }

    /// The number of dimensions, `torch.Tensor.dim`.
    pub fn dim(&self) -> usize {
        self.ndim()
    }

    /// The number of dimensions, `torch.Tensor.ndimension`.
    pub fn ndimension(&self) -> usize {
        self.ndim()
    }

    /// The number of elements, `torch.numel`, `torch.Tensor.nelement`.
    pub fn numel(&self) -> usize {
        self.read().value.numel()
    }

    /// The element type, `torch.Tensor.dtype`.
    pub fn dtype(&self) -> DType {
        self.read().value.dtype()
    }

    /// Where it lives, `torch.Tensor.device`.
    pub fn device(&self) -> Device {
        self.read().value.device().clone()
    }

    /// Distances between neighbours of each dimension, in elements, `torch.Tensor.stride`.
    pub fn stride(&self) -> Vec<isize> {
        self.read().value.layout().strides().to_vec()
    }

    /// Where the first element lies in the buffer, in elements, `torch.Tensor.storage_offset`.
    pub fn storage_offset(&self) -> usize {
        self.read().value.layout().offset()
    }

    /// Whether the elements lie row-major without gaps, `torch.Tensor.is_contiguous`.
    pub fn is_contiguous(&self) -> bool {
        self.read().value.is_contiguous()
    }

    /// The one element, as `f64` for any dtype, `torch.Tensor.item`. Waits for the device.
    ///
    /// # Panics
    /// `a Tensor with 4 elements cannot be converted to Scalar`.
    #[track_caller]
    pub fn item(&self) -> f64 {
        ok(self.value().item())
    }

    /// The one element, exactly.
    ///
    /// # Panics
    /// Where there is not one element, or its type is another.
    #[track_caller]
    pub fn item_as<T: Element>(&self) -> T {
        ok(self.value().item_as())
    }

    /// The elements in row-major order, `torch.Tensor.tolist`.
    ///
    /// # Panics
    /// Where the dtype is not `T`'s.
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        ok(self.value().to_vec())
    }

    // ---- writing ----

    /// Replaces the numbers; identity, gradient and graph stay as they are. `torch.Tensor.data = …`
    ///
    /// # Panics
    /// Where shape or dtype differ from what an operation made.
    #[track_caller]
    pub fn set_data(&self, value: Array) {
        let mut slot = self.write();
        let is_leaf = slot.link.as_ref().is_none_or(|l| l.node.is_leaf());
        let same = slot.value.shape() == value.shape() && slot.value.dtype() == value.dtype();
        if !is_leaf && !same {
            let was = slot.value.shape().to_vec();
            drop(slot);
            raise(Error::Shape {
                op: "set_data",
                lhs: was,
                rhs: value.shape().to_vec(),
                rule: "the result of an operation keeps its shape and dtype".into(),
            });
        }
        slot.value = value;
    }

    /// Refuses a write that PyTorch would show in another tensor and that would be lost here.
    fn check_write(&self, op: &'static str) -> Result<()> {
        let slot = self.read();
        for base in &slot.bases {
            let Some(cell) = base.upgrade() else { continue };
            let base = Tensor(cell);
            if !base.same(self) && base.read().value.shares_buffer(&slot.value) {
                return Err(Error::Autograd {
                    op,
                    message: "writing to a view does not change the tensor it was made from, as it would in PyTorch; \
                              write to that tensor with x.set(index, &value), or make a copy with .clone_data() first"
                        .into(),
                });
            }
        }
        let leaf = slot.link.as_ref().is_some_and(|l| l.node.is_leaf());
        if leaf && is_grad_enabled() {
            return Err(Error::Autograd {
                op,
                message:
                    "a leaf Variable that requires grad is being used in an in-place operation; \
                          do it inside no_grad(|| …)"
                        .into(),
            });
        }
        Ok(())
    }

    /// An operation in place: recorded where a gradient flows, else on the numbers themselves
    /// (a copy where the buffer is shared).
    #[track_caller]
    pub(crate) fn write_in_place(
        &self,
        op: &'static str,
        operands: &[&Tensor],
        recorded: impl FnOnce(&Tensor) -> Tensor,
        direct: impl FnOnce(&mut Array) -> Result<()>,
    ) {
        ok(self.check_write(op));
        let _here = Scope::here();
        let tracked = is_grad_enabled()
            && (self.requires_grad() || operands.iter().any(|t| t.requires_grad()));
        if tracked {
            let new = recorded(&self.snapshot());
            let new = new.read();
            let (value, link) = (new.value.clone(), new.link.clone());
            let mut slot = self.write();
            if value.dtype() != slot.value.dtype() || value.shape() != slot.value.shape() {
                let (was, is) = (slot.value.shape().to_vec(), value.shape().to_vec());
                drop(slot);
                raise(Error::Shape {
                    op,
                    lhs: was,
                    rhs: is,
                    rule: "in place, shape and dtype must stay".into(),
                });
            }
            slot.value = value;
            // A gradient that is kept is that of the new numbers, as in PyTorch; hooks stay behind.
            if let (Some(was), Some(is)) = (&slot.link, &link)
                && was.node.is_retained(was.index)
                && !was.node.is_leaf()
            {
                was.node.retain(was.index, false);
                is.node.retain(is.index, true);
            }
            slot.link = link;
            slot.frozen = None;
        } else {
            let result = direct(&mut self.write().value);
            ok(result);
        }
    }
}

/// Updates the numbers of several tensors in place, outside of any graph: what an optimizer's step
/// does. The closure gets one array per tensor, in order.
///
/// # Errors
/// What the closure returns; a tensor named twice.
pub fn update(tensors: &[Tensor], f: impl FnOnce(&mut [&mut Array]) -> Result<()>) -> Result<()> {
    let distinct = if tensors.len() <= 16 {
        let mut before = tensors.iter().enumerate();
        before.all(|(i, t)| !tensors[..i].iter().any(|other| other.same(t)))
    } else {
        let mut seen = std::collections::HashSet::new();
        tensors.iter().all(|t| seen.insert(Arc::as_ptr(&t.0)))
    };
    if !distinct {
        return Err(Error::value("update", "the same tensor is given twice"));
    }
    let mut slots: Vec<_> = tensors.iter().map(Tensor::write).collect();
    let mut arrays: Vec<&mut Array> = slots.iter_mut().map(|s| &mut s.value).collect();
    f(&mut arrays)
}

impl ToValue for Tensor {
    fn to_value(&self) -> Value {
        Value::Tensor(self.value())
    }
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Self {
        Value::Tensor(tensor.value())
    }
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut extra = Vec::new();
        let slot = self.read();
        if let Some(link) = &slot.link {
            extra.push(if link.node.is_leaf() {
                "requires_grad=True".to_owned()
            } else {
                format!("grad_fn=<{}>", link.node.name)
            });
        }
        let value = slot.value.clone();
        drop(slot);
        match format_array(&value, "tensor", &printoptions(), &extra) {
            Ok(s) => f.write_str(&s),
            Err(e) => write!(f, "tensor({}, {}: {e})", value.shape(), value.dtype()),
        }
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
