//! What a tensor knows of gradients: whether it wants one, the one it has, and going backward.

use std::panic::Location;

use ondol_tensor::{Error, Shape};

use crate::Tensor;
use crate::engine::{self, BackwardOptions};
use crate::hooks::{HookHandle, LeafHook, TensorHook};
use crate::node::{Link, Node};
use crate::place::{nearest, ok, raise};

impl Tensor {
    /// Whether operations on it are recorded, `torch.Tensor.requires_grad`.
    pub fn requires_grad(&self) -> bool {
        self.read().link.is_some()
    }

    /// Whether it was not made by a recorded operation, `torch.Tensor.is_leaf`.
    pub fn is_leaf(&self) -> bool {
        self.read().link.as_ref().is_none_or(|l| l.node.is_leaf())
    }

    /// The name of the operation that made it, `torch.Tensor.grad_fn`; [`Tensor::graph_node`] walks
    /// the graph.
    pub fn grad_fn(&self) -> Option<&'static str> {
        let slot = self.read();
        let link = slot.link.as_ref()?;
        (!link.node.is_leaf()).then_some(link.node.name)
    }

    /// Says whether a gradient is to be collected here, `torch.Tensor.requires_grad_`; returns the
    /// same tensor. A tensor that is frozen and freed again keeps its gradient and its hooks.
    ///
    /// # Panics
    /// On a dtype that is not floating point, or `false` on a tensor that an operation made.
    #[track_caller]
    pub fn requires_grad_(&self, requires_grad: bool) -> Tensor {
        let mut slot = self.write();
        match (&slot.link, requires_grad) {
            (None, true) => {
                let dtype = slot.value.dtype();
                if !dtype.is_floating_point() {
                    drop(slot);
                    raise(Error::DType {
                        op: "requires_grad_",
                        got: dtype.to_string(),
                        expected: "a floating-point dtype: only Tensors of floating point dtype can require gradients".into(),
                    });
                }
                let at = nearest(Location::caller());
                let leaf = slot.frozen.take();
                slot.link = leaf.or_else(|| {
                    Some(Link {
                        node: Node::leaf(at),
                        index: 0,
                    })
                });
            }
            (Some(link), false) if link.node.is_leaf() => slot.frozen = slot.link.take(),
            (Some(link), false) => {
                let op = link.node.name;
                drop(slot);
                raise(Error::Autograd {
                    op: "requires_grad_",
                    message: format!(
                        "you can only change requires_grad flags of leaf variables, and this one was made by `{op}`; \
                         use .detach() for a tensor without its history"
                    ),
                });
            }
            _ => {}
        }
        drop(slot);
        self.clone()
    }

    /// The gradient collected so far, `torch.Tensor.grad`: of a leaf, or after
    /// [`Tensor::retain_grad`]. Further backwards add to it.
    pub fn grad(&self) -> Option<Tensor> {
        let link = self.grad_link()?;
        link.node.grad(link.index)
    }

    /// Where its gradient is kept; a frozen leaf keeps the one it has.
    fn grad_link(&self) -> Option<Link> {
        let slot = self.read();
        slot.link.as_ref().or(slot.frozen.as_ref()).cloned()
    }

    /// Replaces the gradient.
    ///
    /// # Panics
    /// Where the tensor does not require one, or shapes differ.
    #[track_caller]
    pub fn set_grad(&self, grad: Option<Tensor>) {
        let Some(link) = self.grad_link() else {
            raise(Error::Autograd {
                op: "set_grad",
                message: "the tensor does not require a gradient; call requires_grad_(true) first"
                    .into(),
            });
        };
        let shape = self.shape();
        if let Some(g) = &grad
            && g.shape() != shape
        {
            raise(misfit(&shape, &g.shape()));
        }
        link.node.set_grad(link.index, grad);
    }

    /// Forgets the gradient.
    pub fn zero_grad(&self) {
        if let Some(link) = self.grad_link() {
            link.node.set_grad(link.index, None);
        }
    }

    /// Keeps the gradient of a tensor that is not a leaf too, `torch.Tensor.retain_grad`: the one
    /// that its hooks leave, whenever they were registered. Leaves keep theirs anyway.
    ///
    /// # Panics
    /// Where it does not require one.
    #[track_caller]
    pub fn retain_grad(&self) {
        match self.read().link.clone() {
            Some(link) if link.node.is_leaf() => {}
            Some(link) => link.node.retain(link.index, true),
            None => raise(Error::Autograd {
                op: "retain_grad",
                message: "can't retain_grad on Tensor that has requires_grad=False".into(),
            }),
        }
    }

    /// Whether it is not a leaf and keeps its gradient, `torch.Tensor.retains_grad`.
    pub fn retains_grad(&self) -> bool {
        let slot = self.read();
        let link = slot.link.as_ref();
        link.is_some_and(|l| !l.node.is_leaf() && l.node.is_retained(l.index))
    }

    // ---- backward ----

    /// Computes the gradients of this one-element tensor with respect to all leaves it was made
    /// from, and adds them to their [`Tensor::grad`]; `torch.Tensor.backward`. Returns nothing, as
    /// PyTorch's.
    ///
    /// # Panics
    /// Where it has more than one element, does not require a gradient, or its graph was used up.
    #[track_caller]
    pub fn backward(&self) {
        engine::backward(&[self], None, BackwardOptions::default());
    }

    /// As [`Tensor::backward`], from a gradient of this tensor's shape.
    #[track_caller]
    pub fn backward_with(&self, gradient: &Tensor) {
        engine::backward(&[self], Some(&[gradient]), BackwardOptions::default());
    }

    /// As [`Tensor::backward`], keeping the graph for another one, `retain_graph=True`.
    #[track_caller]
    pub fn backward_retain(&self) {
        let options = BackwardOptions {
            retain_graph: true,
            ..BackwardOptions::default()
        };
        engine::backward(&[self], None, options);
    }

    /// As [`Tensor::backward`], with all of its choices.
    ///
    /// ```
    /// use ondol_autograd::{BackwardOptions, tensor};
    /// let (x, w) = (tensor!(2.0).requires_grad_(true), tensor!(3.0).requires_grad_(true));
    /// let y = x.mul(&w);
    /// let options = BackwardOptions { retain_graph: true, inputs: Some(&[&w]) };
    /// y.backward_options(Some(&tensor!(10.0)), options);
    /// assert_eq!(w.grad().unwrap().item(), 20.0);
    /// assert!(x.grad().is_none());
    /// ```
    #[track_caller]
    pub fn backward_options(&self, gradient: Option<&Tensor>, options: BackwardOptions<'_>) {
        let gradients = gradient.map(|g| [g]);
        engine::backward(&[self], gradients.as_ref().map(|g| &g[..]), options);
    }

    /// The same numbers without their history, `torch.Tensor.detach`. A view: writing to it while
    /// this tensor lives panics; `.clone_data()` is a copy to write to.
    pub fn detach(&self) -> Tensor {
        Tensor::view_of(self.value(), None, self)
    }

    /// Lets go of the history of this very tensor, `torch.Tensor.detach_`; returns the same tensor.
    /// It is a leaf then that does not require a gradient. PyTorch refuses it on views, which here
    /// are tensors like others.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!(2.0).requires_grad_(true);
    /// let y = x.square();
    /// y.detach_();
    /// assert!(y.is_leaf() && !y.requires_grad());
    /// ```
    pub fn detach_(&self) -> Tensor {
        let mut slot = self.write();
        let link = slot.link.take();
        match link {
            Some(link) if link.node.is_leaf() => slot.frozen = Some(link),
            // The graph may be long: let it go after the lock.
            link => {
                drop(slot);
                drop(link);
            }
        }
        self.clone()
    }

    // ---- hooks ----

    /// Runs `f` on the gradient of this tensor in each backward that computes it,
    /// `torch.Tensor.register_hook`. Returns a handle that takes it off; dropping the handle does
    /// not.
    ///
    /// It runs once for each backward, on the sum of what all uses of the tensor gave, before that
    /// is kept or goes on. A gradient that it returns takes the place of the one it got, for the
    /// hooks that were registered later too. It runs under [`crate::grad`] as well. After a write in
    /// place the tensor has the new numbers' hooks; those of the old numbers still run for them.
    ///
    /// A hook that owns the tensor it hangs on keeps both alive until backward has used the graph up
    /// (a leaf: for ever); it should own a [`Tensor::downgrade`].
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let x = tensor!([1.0, 2.0]).requires_grad_(true);
    /// let handle = x.register_hook(|g| Some(g.clamp(-1.0, 1.0)));
    /// x.mul(5.0).sum().backward();
    /// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [1.0, 1.0]);
    /// handle.remove();
    /// ```
    ///
    /// # Panics
    /// Where it does not require a gradient. In backward, where a hook returns a gradient of
    /// another shape, dtype or device.
    #[track_caller]
    pub fn register_hook(
        &self,
        f: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        let link = self.hook_link("register_hook");
        link.node.extras_or_new().hooks.add(TensorHook {
            index: link.index,
            f: Box::new(f),
        })
    }

    /// Runs `f` on this leaf each time a backward has added to its [`Tensor::grad`],
    /// `torch.Tensor.register_post_accumulate_grad_hook`: to step and forget a gradient at once,
    /// while backward still runs.
    ///
    /// ```
    /// use ondol_autograd::{no_grad, tensor};
    /// let w = tensor!(1.0).requires_grad_(true);
    /// w.register_post_accumulate_grad_hook(|w| {
    ///     no_grad(|| w.sub_(w.grad().unwrap().mul(0.1)));
    ///     w.zero_grad();
    /// });
    /// w.mul(5.0).backward();
    /// assert!(w.grad().is_none() && w.item() == 0.5);
    /// ```
    ///
    /// # Panics
    /// On a tensor that is not a leaf or does not require a gradient.
    #[track_caller]
    pub fn register_post_accumulate_grad_hook(
        &self,
        f: impl Fn(&Tensor) + Send + Sync + 'static,
    ) -> HookHandle {
        const OP: &str = "register_post_accumulate_grad_hook";
        let link = self.hook_link(OP);
        if !link.node.is_leaf() {
            raise(Error::Autograd {
                op: OP,
                message: "post accumulate grad hooks cannot be registered on non-leaf tensors"
                    .into(),
            });
        }
        link.node.extras_or_new().leaf_hooks.add(LeafHook {
            leaf: self.downgrade(),
            f: Box::new(f),
        })
    }

    #[track_caller]
    fn hook_link(&self, op: &'static str) -> Link {
        let link = self.read().link.clone();
        ok(link.ok_or_else(|| Error::Autograd {
            op,
            message: "cannot register a hook on a tensor that doesn't require gradient".into(),
        }))
    }
}

fn misfit(shape: &Shape, grad: &Shape) -> Error {
    Error::Shape {
        op: "set_grad",
        lhs: shape.to_vec(),
        rhs: grad.to_vec(),
        rule: "a gradient has the shape of its tensor".into(),
    }
}
