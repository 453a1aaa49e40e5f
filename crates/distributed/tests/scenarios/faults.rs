//! Ranks that do not do what the others do.

use std::time::Duration;

use ondol_distributed::{Communicator, DistributedDataParallel, ReduceOp};
use ondol_nn::{Forward, Linear, Tensor};

/// The last rank.
fn is_odd(comm: &Communicator) -> bool {
    comm.rank() + 1 == comm.world_size()
}

pub(crate) fn shapes(comm: &Communicator) -> String {
    let x = Tensor::ones([if is_odd(comm) { 4 } else { 3 }]);
    comm.barrier().unwrap();
    comm.all_reduce(&x, ReduceOp::Sum).unwrap_err().to_string()
}

pub(crate) fn kinds(comm: &Communicator) -> String {
    let done = match is_odd(comm) {
        true => comm.barrier(),
        false => comm.all_reduce(&Tensor::ones([3]), ReduceOp::Sum),
    };
    done.unwrap_err().to_string()
}

pub(crate) fn models(comm: &Communicator) -> String {
    let model = Linear::new(if is_odd(comm) { 5 } else { 6 }, 2);
    let error = DistributedDataParallel::new(model, comm).err().unwrap();
    error.to_string()
}

/// The last rank has one step less, and goes.
pub(crate) fn steps(comm: &Communicator) -> String {
    let model = DistributedDataParallel::new(Linear::new(3, 1), comm).unwrap();
    for _ in 0..if is_odd(comm) { 4 } else { 5 } {
        model.forward(&Tensor::ones([2, 3])).sum().backward();
    }
    "all steps done".to_owned()
}

/// A parameter that a backward does not reach.
pub(crate) fn unused(comm: &Communicator) -> String {
    let layers = ondol_nn::sequential![Linear::new(3, 1), Linear::new(3, 1)];
    let model = DistributedDataParallel::new(layers, comm).unwrap();
    let first = model.module().get(0).unwrap();
    first.forward(&Tensor::ones([1, 3])).sum().backward();
    "not reached".to_owned()
}

/// The last rank stays behind for longer than anybody waits.
pub(crate) fn stalls(comm: &Communicator) -> String {
    comm.barrier().unwrap();
    if is_odd(comm) {
        std::thread::sleep(Duration::from_secs(60));
    }
    match comm.barrier() {
        Ok(()) => "came together".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Steps without end; somebody kills one of the ranks.
pub(crate) fn endless(comm: &Communicator) -> String {
    let model = DistributedDataParallel::new(Linear::new(3, 1), comm).unwrap();
    loop {
        model.forward(&Tensor::ones([2, 3])).sum().backward();
    }
}

pub(crate) fn panics(comm: &Communicator) -> String {
    comm.barrier().unwrap();
    if is_odd(comm) {
        panic!("a bug on one rank");
    }
    match comm.barrier() {
        Ok(()) => "came together".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What each rank does.
pub(crate) type Scenario = fn(&Communicator) -> String;

/// The faults by name.
pub(crate) const ALL: &[(&str, Scenario)] = &[
    ("shapes", shapes),
    ("kinds", kinds),
    ("models", models),
    ("steps", steps),
    ("unused", unused),
    ("stalls", stalls),
    ("endless", endless),
    ("panics", panics),
];
