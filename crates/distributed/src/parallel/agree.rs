//! Ranks that begin with the same model.

use ondol_autograd::Tensor;
use ondol_nn::Module;
use ondol_tensor::{Array, DType, Result};

use crate::Communicator;
use crate::header::trouble;

/// Refuses ranks whose parameters and buffers are not rank 0's, in names, shapes, dtypes and order.
pub(super) fn same_on_all<M: Module>(comm: &Communicator, module: &M) -> Result<()> {
    let mut lines = String::new();
    for (name, tensor) in module.named_parameters() {
        let frozen = if tensor.requires_grad() {
            ""
        } else {
            " frozen"
        };
        lines += &format!("`{name}` {} {}{frozen}\n", tensor.shape(), tensor.dtype());
    }
    for (name, tensor) in module.named_buffers() {
        lines += &format!("buffer `{name}` {} {}\n", tensor.shape(), tensor.dtype());
    }
    let all = comm.gather(lines.into_bytes(), "the model's parameters")?;
    for (rank, lines) in all.iter().enumerate().skip(1) {
        if lines == &all[0] {
            continue;
        }
        let (theirs, main) = (
            String::from_utf8_lossy(lines),
            String::from_utf8_lossy(&all[0]),
        );
        let (mut theirs, mut main) = (theirs.lines(), main.lines());
        let (theirs, main) = loop {
            match (theirs.next(), main.next()) {
                (Some(a), Some(b)) if a == b => {}
                (a, b) => break (a.unwrap_or("no more"), b.unwrap_or("no more")),
            }
        };
        return Err(trouble(
            vec![rank],
            format!("rank {rank} has another model than rank 0: {theirs} where rank 0 has {main}"),
        ));
    }
    Ok(())
}

/// Gives all ranks the numbers of rank 0.
pub(super) fn take_from_main(comm: &Communicator, tensors: &[Tensor]) -> Result<()> {
    if comm.world_size() == 1 {
        return Ok(());
    }
    for dtype in DType::ALL {
        let of: Vec<Tensor> = tensors
            .iter()
            .filter(|t| t.dtype() == dtype)
            .cloned()
            .collect();
        if of.is_empty() {
            continue;
        }
        let flat: Vec<Array> = of
            .iter()
            .map(|t| comm.at_hand(&t.value())?.reshape([t.numel()]))
            .collect::<Result<_>>()?;
        let flat = Array::cat(&flat.iter().collect::<Vec<_>>(), 0)?;
        let label = format!("the model's {dtype} numbers at the start");
        put_flat(&of, &comm.broadcast_array(&flat, 0, label, 0)?)?;
    }
    Ok(())
}

/// Gives tensors their numbers out of one flat array, each a copy of its own.
pub(super) fn put_flat(tensors: &[Tensor], flat: &Array) -> Result<()> {
    let mut start = 0;
    for tensor in tensors {
        let n = tensor.numel();
        let value = flat.narrow(0, start, n)?.to_device(&tensor.device())?;
        tensor.set_data(value.copy()?.reshape(tensor.shape())?);
        start += n;
    }
    Ok(())
}
