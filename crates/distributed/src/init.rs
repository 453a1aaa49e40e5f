//! How a program finds the other ranks.

use std::time::Duration;

use ondol_tensor::{Error, Result};

use crate::Communicator;
use crate::single::Single;

/// How long a rank may let the others wait: well below the half minute after which a user should know.
const PATIENCE: Duration = Duration::from_secs(25);

/// Where the number of seconds stands that ranks wait for each other.
const TIMEOUT: &str = "ONDOL_TIMEOUT";

/// Variables in which launchers say how many processes they started, and which this one is.
const SIZES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];
const LOCAL_SIZES: [&str; 2] = ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"];

/// Joins the processes of a run, `torch.distributed.init_process_group`.
///
/// | backend | |
/// |---|---|
/// | `"mpi"` | the processes that `mpirun` started; needs the feature `mpi` |
/// | `"nccl"` | the same processes, with a GPU each; needs the feature `nccl` too |
/// | `"single"` | this process alone |
/// | `"auto"` | `mpi` where a launcher started several processes, else `single`: one program for both |
///
/// Dropping the last handle of the communicator leaves the run in good order; where a rank does so while
/// others wait for it, or panics, all end with an error that names it. MPI can be initialised once in a
/// program, so keep the communicator.
///
/// Each rank computes with its share of the machine's threads, unless `RAYON_NUM_THREADS` says how many;
/// the numbers do not depend on it.
///
/// ```
/// let comm = ondol_distributed::init_process_group("auto")?;
/// assert!(comm.rank() < comm.world_size());
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// An engine that this program was built without, with how to build it in; several processes where
/// `"single"` or a program without `mpi` would make each train for itself; no such backend.
pub fn init_process_group(backend: &str) -> Result<Communicator> {
    let launched = number(&SIZES).unwrap_or(1);
    match backend {
        "auto" if launched > 1 => with_mpi(patience()?),
        "auto" | "single" if launched <= 1 => Ok(Communicator::single()),
        "single" => Err(refuse(format!(
            "a launcher started {launched} processes, and each would train for itself; ask for \"mpi\""
        ))),
        "mpi" => with_mpi(patience()?),
        "nccl" => with_nccl(),
        other => Err(refuse(format!(
            "there is no backend {other:?}; there is \"mpi\", \"nccl\", \"single\" and \"auto\""
        ))),
    }
}

impl Communicator {
    /// The communicator of a program that runs alone: each collective gives back what it was given.
    pub fn single() -> Communicator {
        Communicator::new(Single)
    }
}

#[cfg(feature = "mpi")]
fn with_mpi(patience: Duration) -> Result<Communicator> {
    let handle = crate::mpi::start(patience)?;
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        let here = std::thread::available_parallelism().map_or(1, usize::from);
        let ranks = number(&LOCAL_SIZES).unwrap_or(1);
        ondol_tensor::set_num_threads((here / ranks).max(1));
    }
    Ok(Communicator::new(handle))
}

#[cfg(not(feature = "mpi"))]
fn with_mpi(_: Duration) -> Result<Communicator> {
    let _ = LOCAL_SIZES;
    Err(refuse(
        "this program was built without MPI. Install it (Debian, Ubuntu: apt install libopenmpi-dev openmpi-bin \
         libclang-dev) and build with the feature `mpi`: ondol-distributed = { features = [\"mpi\"] }, or cargo run \
         --features mpi"
            .to_owned(),
    ))
}

#[cfg(feature = "nccl")]
fn with_nccl() -> Result<Communicator> {
    crate::nccl::start(with_mpi(patience()?)?)
}

#[cfg(not(feature = "nccl"))]
fn with_nccl() -> Result<Communicator> {
    Err(refuse(
        "this program was built without NCCL; build it with the features `nccl` and `mpi`: ondol-distributed = \
         { features = [\"mpi\", \"nccl\"] }"
            .to_owned(),
    ))
}

/// How long ranks wait for each other.
fn patience() -> Result<Duration> {
    let Some(text) = std::env::var_os(TIMEOUT) else {
        return Ok(PATIENCE);
    };
    let seconds = text.to_str().and_then(|text| text.parse::<f64>().ok());
    let seconds = seconds.filter(|&s| s > 0.0 && s < 1e9);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| {
        refuse(format!(
            "{TIMEOUT} is {text:?}, and should be a number of seconds above 0"
        ))
    })
}

fn number(names: &[&str]) -> Option<usize> {
    names
        .iter()
        .find_map(|name| std::env::var(name).ok()?.parse().ok())
}

fn refuse(message: String) -> Error {
    Error::value("init_process_group", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_built_in_says_how_to_get_it() {
        assert_eq!(init_process_group("single").unwrap().world_size(), 1);
        assert_eq!(init_process_group("auto").unwrap().name(), "single");
        let error = |name| init_process_group(name).err().unwrap().to_string();
        assert!(error("gloo").contains("there is no backend \"gloo\""));
        #[cfg(not(feature = "mpi"))]
        assert!(error("mpi").contains("features = [\"mpi\"]"));
        #[cfg(not(feature = "nccl"))]
        assert!(error("nccl").contains("built without NCCL"));
    }
}
