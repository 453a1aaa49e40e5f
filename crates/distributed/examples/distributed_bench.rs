//! What several ranks cost: all-reduce beside MPI's own in the same run, and steps beside those of a rank
//! that keeps its gradients to itself.
//!
//! ```text
//! cargo build --release -p ondol-distributed --features mpi --example distributed_bench
//! mpirun -n 2 --bind-to none target/release/examples/distributed_bench
//! ```

use std::time::Instant;

use clap::Parser;
use ondol_autograd::{Array, Tensor, manual_seed};
use ondol_distributed::{Communicator, DistributedDataParallel, ReduceOp, init_process_group};
use ondol_nn::{CrossEntropyLoss, Forward, Module};
use ondol_optim::{Optimizer, SGD};
use ondol_tensor::Result;
use ondol_vision::models::mlp;

/// Measures all-reduce and training steps.
#[derive(Debug, Parser)]
struct Args {
    /// Repetitions of each size
    #[arg(long, default_value_t = 15)]
    repeat: usize,
    /// Steps of training in a sample
    #[arg(long, default_value_t = 20)]
    steps: usize,
    /// Images in a rank's batch
    #[arg(long, default_value_t = 64)]
    batch: usize,
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Seconds of `f` on the slowest rank.
fn timed(comm: &Communicator, f: impl FnOnce() -> Result<()>) -> Result<f64> {
    comm.barrier()?;
    let start = Instant::now();
    f()?;
    let mut seconds = [start.elapsed().as_secs_f64()];
    comm.all_reduce_slice(&mut seconds, ReduceOp::Max)?;
    Ok(seconds[0])
}

fn all_reduce(comm: &Communicator, args: &Args) -> Result<()> {
    if comm.is_main() {
        println!(
            "all-reduce of f32, median of {}; GB/s are bytes over time",
            args.repeat
        );
        println!(
            "{:>10} {:>12} {:>12} {:>12}",
            "bytes", "ours", "MPI's own", "ours/MPI"
        );
    }
    for power in [10, 12, 14, 16, 18, 20, 22, 24, 25] {
        let n = (1usize << power) / 4;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        // In turns, so that what else runs on the machine meets both.
        for _ in 0..args.repeat {
            let array = Array::from_vec(vec![1.0f32; n], [n])?;
            ours.push(timed(comm, || {
                let pending = comm.begin_all_reduce(vec![array], ReduceOp::Sum, String::new(), 0);
                pending.wait().map(drop)
            })?);
            let array = Array::from_vec(vec![1.0f32; n], [n])?;
            theirs.push(timed(comm, || comm.native_all_reduce(array).map(drop))?);
        }
        let (ours, theirs) = (median(ours), median(theirs));
        if comm.is_main() {
            let rate = |seconds: f64| (1usize << power) as f64 / seconds / 1e9;
            println!(
                "{:>10} {:>9.1} µs {:>9.1} µs {:>12.2}   {:.2} and {:.2} GB/s",
                1usize << power,
                1e6 * ours,
                1e6 * theirs,
                ours / theirs,
                rate(ours),
                rate(theirs)
            );
        }
    }
    Ok(())
}

fn steps(comm: &Communicator, args: &Args) -> Result<()> {
    manual_seed(0);
    let model = DistributedDataParallel::new(mlp(&[784, 512, 512, 10]), comm)?;
    let mut optimizer = SGD::new(model.parameters(), 0.01).momentum(0.9);
    let x = Tensor::randn([args.batch, 784]);
    let y = Tensor::randint(0, 10, [args.batch]);
    let mut step = || {
        optimizer.zero_grad();
        CrossEntropyLoss::new()
            .forward(&model.forward(&x), &y)
            .backward();
        optimizer.step();
    };
    let (mut together, mut apart) = (Vec::new(), Vec::new());
    (0..5).for_each(|_| step());
    for _ in 0..args.repeat {
        together.push(timed(comm, || {
            (0..args.steps).for_each(|_| step());
            Ok(())
        })?);
        apart.push(timed(comm, || {
            model.no_sync(|| (0..args.steps).for_each(|_| step()));
            Ok(())
        })?);
    }
    let each = |times| 1e3 * median(times) / args.steps as f64;
    let (together, apart) = (each(together), each(apart));
    if comm.is_main() {
        println!(
            "step of MLP 784-512-512-10, batch {} on each of {} ranks: {together:.2} ms, without averaging {apart:.2} ms; \
             averaging 2.7 MB costs {:.0} %",
            args.batch,
            comm.world_size(),
            100.0 * (together / apart - 1.0)
        );
    }
    Ok(())
}

fn main() -> Result<()> {
    let args = Args::parse();
    let comm = init_process_group("mpi")?;
    if comm.world_size() > 1 {
        all_reduce(&comm, &args)?;
    }
    steps(&comm, &args)
}
