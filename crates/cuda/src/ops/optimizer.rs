//! Optimizer steps, many parameters in a launch.

use ondol_tensor::{DType, FusedStep, Result, View, ViewMut};

use crate::gpu::{Gpu, address, address_mut, launch};
use crate::params::{Adam, ELEMENTS_OF_A_BLOCK, MANY, Parameters, Sgd};

impl Gpu {
    /// Updates every parameter and its states; `None` for dtypes other than `f32` and `f64`.
    pub(crate) fn step(
        &self,
        op: &FusedStep,
        in_outs: &mut [ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Option<Result<()>> {
        let dtype = inputs.first()?.dtype;
        let flat = in_outs.iter().all(|v| v.layout.is_contiguous())
            && inputs.iter().all(|v| v.layout.is_contiguous());
        if !matches!(dtype, DType::F32 | DType::F64) || !flat {
            return None;
        }
        let each = op.in_outs();
        let run = || {
            let groups = in_outs.chunks(MANY * each).zip(inputs.chunks(MANY));
            for (in_outs, inputs) in groups {
                self.step_some(op, dtype, in_outs, inputs)?;
            }
            Ok(())
        };
        Some(run())
    }

    fn step_some(
        &self,
        op: &FusedStep,
        dtype: DType,
        in_outs: &[ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Result<()> {
        let mut all = Parameters {
            count: inputs.len() as u32,
            first: [0; MANY + 1],
            size: [0; MANY],
            parameter: [0; MANY],
            state: [[0; MANY]; 2],
            gradient: [0; MANY],
        };
        let mut blocks = 0;
        for (i, (group, gradient)) in in_outs.chunks(op.in_outs()).zip(inputs).enumerate() {
            let n = gradient.layout.numel() as u64;
            all.size[i] = n;
            all.first[i] = blocks;
            blocks += n.div_ceil(ELEMENTS_OF_A_BLOCK) as u32;
            all.first[i + 1] = blocks;
            all.parameter[i] = address_mut(&group[0]);
            all.gradient[i] = address(gradient);
            for (state, view) in all.state.iter_mut().zip(&group[1..]) {
                state[i] = address_mut(view);
            }
        }
        if blocks == 0 {
            return Ok(());
        }
        let (grid, name) = ((blocks, 1, 1), dtype.name());
        match *op {
            FusedStep::Sgd { .. } => {
                let sgd = sgd(op);
                launch!(self, "sgd", ("sgd", name), grid, all, sgd)
            }
            FusedStep::Adam { .. } => {
                let adam = adam(op);
                launch!(self, "adam", ("adam", name), grid, all, adam)
            }
        }
    }
}

fn sgd(op: &FusedStep) -> Sgd {
    let &FusedStep::Sgd {
        lr,
        momentum,
        dampening,
        nesterov,
        weight_decay,
        maximize,
        first,
    } = op
    else {
        unreachable!("the caller has matched it");
    };
    Sgd {
        lr,
        momentum,
        keep: 1.0 - dampening,
        decay: weight_decay,
        sign: if maximize { -1.0 } else { 1.0 },
        nesterov: i32::from(nesterov),
        first: i32::from(first),
        has_buffer: i32::from(momentum != 0.0),
    }
}

fn adam(op: &FusedStep) -> Adam {
    let &FusedStep::Adam {
        lr,
        beta1,
        beta2,
        eps,
        weight_decay,
        decoupled,
        maximize,
        step,
    } = op
    else {
        unreachable!("the caller has matched it");
    };
    let (decay, shrink) = if decoupled {
        (0.0, 1.0 - lr * weight_decay)
    } else {
        (weight_decay, 1.0)
    };
    Adam {
        size: lr / (1.0 - beta1.powf(step as f64)),
        root_bias: (1.0 - beta2.powf(step as f64)).sqrt(),
        shrink,
        decay,
        sign: if maximize { -1.0 } else { 1.0 },
        weight: 1.0 - beta1,
        rest: beta1,
        keep: beta2,
        fresh: 1.0 - beta2,
        eps,
    }
}
