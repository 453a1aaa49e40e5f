//! Hooks of modules: to look at what goes in and out, forward and backward, and to change it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use ondol_autograd::{HookHandle, HookList, Scope, Tensor, observe_backward};

use crate::{Forward, Module, Visitor};

type Pre = Box<dyn Fn(&Tensor) -> Option<Tensor> + Send + Sync>;
type After = Box<dyn Fn(&Tensor, &Tensor) -> Option<Tensor> + Send + Sync>;
type Full = Box<dyn Fn(Option<&Tensor>, &Tensor) -> Option<Tensor> + Send + Sync>;

/// Hooks of a module, as a field of it. They hold no parameter; a clone is the same hooks, so that
/// they can be reached when the module is somewhere inside a model.
///
/// A module that takes and gives one tensor runs its forward through [`Hooks::run`]; a layer of
/// somebody else is wrapped in [`Hooked`]. Hooks get no module, as PyTorch's do: what they need of
/// it, they hold. While there are none, `run` costs a few loads.
///
/// ```
/// use ondol_nn::{Forward, Hooks, Linear, Module, Tensor};
///
/// #[derive(Module)]
/// struct Block {
///     linear: Linear,
///     hooks: Hooks,
/// }
///
/// impl Forward for Block {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.hooks.run(x, |x| self.linear.forward(x).relu())
///     }
/// }
///
/// let block = Block { linear: Linear::new(3, 2), hooks: Hooks::new() };
/// block.hooks.register_forward_hook(|_, y| Some(y.mul(0.0)));
/// assert_eq!(block.forward(&Tensor::ones([1, 3])).sum().item(), 0.0);
/// assert_eq!(block.named_parameters().len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct Hooks {
    forward_pre: HookList<Pre>,
    forward: HookList<After>,
    backward_pre: HookList<Pre>,
    backward: HookList<Full>,
}

impl Hooks {
    /// Without hooks.
    pub fn new() -> Hooks {
        Hooks::default()
    }

    /// Runs `f` before forward on the input, which what it returns replaces,
    /// `torch.nn.Module.register_forward_pre_hook`.
    pub fn register_forward_pre_hook(
        &self,
        f: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        self.forward_pre.add(Box::new(f))
    }

    /// Runs `f` after forward on the input and the output, which what it returns replaces,
    /// `torch.nn.Module.register_forward_hook`.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use ondol_nn::{Forward, Hooked, Linear, Tensor};
    /// let layer = Hooked::new(Linear::new(3, 2));
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let activations = seen.clone();
    /// let handle = layer.hooks().register_forward_hook(move |_, y| {
    ///     activations.lock().unwrap().push(y.detach());
    ///     None
    /// });
    /// layer.forward(&Tensor::ones([4, 3]));
    /// handle.remove();
    /// layer.forward(&Tensor::ones([4, 3]));
    /// assert_eq!(seen.lock().unwrap().len(), 1);
    /// ```
    pub fn register_forward_hook(
        &self,
        f: impl Fn(&Tensor, &Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        self.forward.add(Box::new(f))
    }

    /// Runs `f` in backward on the output's gradient, which what it returns replaces,
    /// `torch.nn.Module.register_full_backward_pre_hook`.
    pub fn register_full_backward_pre_hook(
        &self,
        f: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        self.backward_pre.add(Box::new(f))
    }

    /// Runs `f` in backward, when the input's gradient is there, on it and the output's;
    /// `torch.nn.Module.register_full_backward_hook`. What it returns replaces the input's. Where
    /// the input needs no gradient, `f` gets `None` for it, as soon as the output's is there, and
    /// must return `None`.
    ///
    /// Counts for what goes forward after it was registered.
    pub fn register_full_backward_hook(
        &self,
        f: impl Fn(Option<&Tensor>, &Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        self.backward.add(Box::new(f))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.forward_pre.is_empty()
            && self.forward.is_empty()
            && self.backward_pre.is_empty()
            && self.backward.is_empty()
    }

    /// Takes all off.
    pub fn clear(&self) {
        self.forward_pre.clear();
        self.forward.clear();
        self.backward_pre.clear();
        self.backward.clear();
    }

    /// A module's forward with its hooks around it, in PyTorch's order: first those before, then `f`
    /// and those after, with the backward hooks at the two ends of both.
    #[track_caller]
    pub fn run(&self, x: &Tensor, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        if self.is_empty() {
            return f(x);
        }
        // Closures do not know their caller.
        let _here = Scope::here();
        let mut x = x.clone();
        for hook in self.forward_pre.snapshot() {
            if let Some(changed) = hook(&x) {
                x = changed;
            }
        }
        let whole = |x: &Tensor| {
            let mut y = f(x);
            for hook in self.forward.snapshot() {
                if let Some(changed) = hook(x, &y) {
                    y = changed;
                }
            }
            y
        };
        if self.backward_pre.is_empty() && self.backward.is_empty() {
            return whole(&x);
        }
        let (pre, full) = (self.backward_pre.clone(), self.backward.clone());
        let on_output = move |g: &Tensor| {
            pre.snapshot()
                .iter()
                .fold(None, |changed: Option<Tensor>, hook| {
                    hook(changed.as_ref().unwrap_or(g)).or(changed)
                })
        };
        let on_input = move |input: Option<&Tensor>, output: &Tensor| {
            let hooks = full.snapshot();
            hooks.iter().fold(None, |changed: Option<Tensor>, hook| {
                hook(changed.as_ref().or(input), output).or(changed)
            })
        };
        observe_backward(&x, whole, on_output, on_input)
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks")
            .field("forward_pre", &self.forward_pre.len())
            .field("forward", &self.forward.len())
            .field("backward_pre", &self.backward_pre.len())
            .field("backward", &self.backward.len())
            .finish()
    }
}

impl Module for Hooks {
    fn visit<'a>(&'a self, _: &mut Visitor<'a>) {}
}

/// A layer with [`Hooks`]. Keys, text and training flags are the layer's own, as if the wrapper
/// were not there.
///
/// ```
/// use ondol_nn::{Forward, Hooked, Linear, Module, ReLU, Tensor, sequential};
/// let hidden = Hooked::new(Linear::new(4, 3));
/// let hooks = hidden.hooks().clone();
/// let model = sequential![hidden, ReLU, Linear::new(3, 1)];
/// assert_eq!(model.named_parameters()[0].0, "0.weight");
/// hooks.register_full_backward_hook(|_, grad_output| {
///     assert_eq!(grad_output.shape(), [2, 3]);
///     None
/// });
/// model.forward(&Tensor::ones([2, 4])).sum().backward();
/// ```
#[derive(Clone, Default)]
pub struct Hooked<M> {
    inner: M,
    hooks: Hooks,
}

impl<M> Hooked<M> {
    /// A layer without hooks yet.
    pub fn new(inner: M) -> Hooked<M> {
        Hooked {
            inner,
            hooks: Hooks::new(),
        }
    }

    /// Its hooks.
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// The layer without its hooks.
    pub fn into_inner(self) -> M {
        self.inner
    }
}

impl<M> From<M> for Hooked<M> {
    fn from(inner: M) -> Hooked<M> {
        Hooked::new(inner)
    }
}

impl<M> Deref for Hooked<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.inner
    }
}

impl<M> DerefMut for Hooked<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.inner
    }
}

impl<M: Module> Module for Hooked<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        self.inner.visit(visitor);
    }

    fn type_name(&self) -> &'static str {
        self.inner.type_name()
    }

    fn extra_repr(&self) -> String {
        self.inner.extra_repr()
    }
}

impl<M: Forward> Forward for Hooked<M> {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _here = Scope::here();
        self.hooks.run(x, |x| self.inner.forward(x))
    }
}

impl<M: Module> fmt::Display for Hooked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

impl<M: Module> fmt::Debug for Hooked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}
