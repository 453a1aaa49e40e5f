//! How an input lies in memory changes nothing.

use ondol_autograd::{Tensor, no_grad};

use super::{compare, each, run};
use crate::line::Line;

/// The same numbers as `t`, lying otherwise; `None` where the shape does not allow it.
type Layout = (&'static str, fn(&Tensor) -> Option<Tensor>);

const LAYOUTS: [Layout; 4] = [
    ("transposed", |t| {
        let apart = t.ndim() >= 2;
        apart.then(|| t.transpose(0, -1).clone_data().transpose(0, -1))
    }),
    ("sliced, with an offset and steps", |t| {
        let last = t.ndim().checked_sub(1)? as isize;
        let wide = Tensor::stack(&[t.zeros_like(), t.clone()], -1).flatten(last, last + 1);
        Some(wide.slice(last, 1, isize::MAX, 2))
    }),
    ("flipped", |t| {
        let dims: Vec<isize> = (0..t.ndim() as isize).collect();
        (!dims.is_empty()).then(|| t.flip(&dims[..]).clone_data().flip(&dims[..]))
    }),
    ("expanded", |t| {
        let wide = t.ndim() >= 1 && t.size(0) > 1;
        wide.then(|| t.narrow(0, 0, 1).expand(t.shape()))
    }),
];

/// The input whose layout changes; `None` for all of them at once.
fn others(line: &Line, only: Option<usize>) -> Result<(), String> {
    let plain = line.make();
    for (name, layout) in LAYOUTS {
        let laid = |(i, t): (usize, &Tensor)| match only {
            Some(k) if k != i => t.clone(),
            _ => no_grad(|| layout(t)).unwrap_or_else(|| t.clone()),
        };
        let inputs: Vec<Tensor> = plain.iter().enumerate().map(laid).collect();
        let copies: Vec<Tensor> = inputs.iter().map(Tensor::clone_data).collect();
        let (got, want) = (run(line, &inputs), run(line, &copies));
        let got = got.map_err(|e| format!("{name}: {e}"))?;
        let want = want.map_err(|e| format!("{name}, copied: {e}"))?;
        compare(&got, &want, 1e-12).map_err(|e| format!("{name}, input {only:?}: {e}"))?;
    }
    Ok(())
}

#[test]
fn layouts_do_not_matter() {
    each(|line| {
        if let Some(reason) = line.contiguous_only {
            return super::gradients::reason_given(reason);
        }
        others(line, None)?;
        match line.inputs.len() {
            0 | 1 => Ok(()),
            n => (0..n).try_for_each(|i| others(line, Some(i))),
        }
    });
}

#[test]
fn the_layouts_are_what_their_names_say() {
    let t = Tensor::arange(0i64, 12i64, 1i64).view((3, 4));
    let strides: Vec<Vec<isize>> = LAYOUTS
        .iter()
        .filter_map(|(_, f)| f(&t))
        .map(|t| t.stride())
        .collect();
    assert_eq!(strides, [[1, 3], [8, 2], [-4, -1], [0, 1]]);
    let sliced = (LAYOUTS[1].1)(&t).expect("a matrix can be sliced");
    assert_eq!(sliced.storage_offset(), 1);
    assert_eq!(sliced.to_vec::<i64>(), t.to_vec::<i64>());
}
