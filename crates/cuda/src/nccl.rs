//! Collectives between GPUs, over NCCL; type-checked, and not run where there is no GPU.
//!
//! On the level of addresses: who knows an array's memory and the stream it is computed on calls these.
//! Sums are in NCCL's own order, which depends on its version, the links between GPUs and the size.

use std::ffi::c_void;

use cudarc::driver::sys::CUstream;
use cudarc::nccl::{result, sys};
use ondol_tensor::{DType, Error, Result};

/// How numbers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NcclOp {
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// Their product.
    Product,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

/// Whether NCCL's library can be loaded. It is looked for as `libnccl.so`; pip's wheels have `libnccl.so.2`
/// only, which needs a link of that name on `LD_LIBRARY_PATH`.
pub fn is_available() -> bool {
    static THERE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    // SAFETY: loading the library runs its initialisers, as its first use would.
    *THERE.get_or_init(|| unsafe { sys::is_culib_present() })
}

/// What the ranks of a run know each other by: rank 0 makes it and gives it to the others.
///
/// # Errors
/// Where NCCL is not here.
pub fn unique_id() -> Result<Vec<u8>> {
    here()?;
    let id = result::get_uniqueid().map_err(|e| fail("get a unique id", &e))?;
    Ok(id.internal.iter().map(|&c| c as u8).collect())
}

/// This process among the ranks that have a GPU each.
pub struct Ranks {
    comm: sys::ncclComm_t,
}

// SAFETY: NCCL's communicator may be used by any thread, one at a time: each method takes `&mut self`.
unsafe impl Send for Ranks {}

impl Ranks {
    /// Meets the other ranks; each with its own device current on the calling thread.
    ///
    /// # Errors
    /// Where NCCL is not here, refuses, or the id is none.
    pub fn meet(id: &[u8], rank: usize, size: usize) -> Result<Ranks> {
        here()?;
        let mut whole = sys::ncclUniqueId { internal: [0; 128] };
        if id.len() != whole.internal.len() {
            return Err(error(format!(
                "a unique id has 128 bytes, not {}",
                id.len()
            )));
        }
        for (to, &from) in whole.internal.iter_mut().zip(id) {
            *to = from as std::ffi::c_char;
        }
        let mut comm = std::ptr::null_mut();
        // SAFETY: `comm` is a place for the handle; the id is rank 0's.
        unsafe { result::comm_init_rank(&mut comm, size as i32, whole, rank as i32) }
            .map_err(|e| fail("meet the other ranks", &e))?;
        Ok(Ranks { comm })
    }

    /// Reduces `count` elements at `from` to `to`, which may be the same, in the order of the stream.
    ///
    /// # Safety
    /// Both addresses hold that many elements on the rank's device until the stream is through, and the
    /// stream is the device's.
    ///
    /// # Errors
    /// What NCCL refuses.
    pub unsafe fn all_reduce(
        &mut self,
        from: u64,
        to: u64,
        count: usize,
        dtype: DType,
        op: NcclOp,
        stream: CUstream,
    ) -> Result<()> {
        let (dtype, op) = (kind(dtype)?, operation(op));
        let (from, to) = (from as *const c_void, to as *mut c_void);
        // SAFETY: the caller's word.
        unsafe { result::all_reduce(from, to, count, dtype, op, self.comm, stream.cast()) }
            .map(drop)
            .map_err(|e| fail("all-reduce", &e))
    }

    /// Gives all ranks the elements of `root`.
    ///
    /// # Safety
    /// As [`all_reduce`](Ranks::all_reduce).
    ///
    /// # Errors
    /// What NCCL refuses.
    pub unsafe fn broadcast(
        &mut self,
        at: u64,
        count: usize,
        dtype: DType,
        root: usize,
        stream: CUstream,
    ) -> Result<()> {
        let dtype = kind(dtype)?;
        let (from, to) = (at as *const c_void, at as *mut c_void);
        // SAFETY: the caller's word.
        unsafe {
            result::broadcast(
                from,
                to,
                count,
                dtype,
                root as i32,
                self.comm,
                stream.cast(),
            )
        }
        .map(drop)
        .map_err(|e| fail("broadcast", &e))
    }

    /// The `count` elements of each rank at `from`, by rank, to `to`, which holds as many for each.
    ///
    /// # Safety
    /// As [`all_reduce`](Ranks::all_reduce).
    ///
    /// # Errors
    /// What NCCL refuses.
    pub unsafe fn all_gather(
        &mut self,
        from: u64,
        to: u64,
        count: usize,
        dtype: DType,
        stream: CUstream,
    ) -> Result<()> {
        let dtype = kind(dtype)?;
        let (from, to) = (from as *const c_void, to as *mut c_void);
        // SAFETY: the caller's word.
        unsafe { result::all_gather(from, to, count, dtype, self.comm, stream.cast()) }
            .map(drop)
            .map_err(|e| fail("all-gather", &e))
    }
}

impl Drop for Ranks {
    fn drop(&mut self) {
        // SAFETY: nobody else has the handle. An error has nobody to be told.
        let _ = unsafe { result::comm_destroy(self.comm) };
    }
}

fn here() -> Result<()> {
    match is_available() {
        true => Ok(()),
        false => Err(error(
            "libnccl.so was not found; install NCCL, or give pip's libnccl.so.2 the name libnccl.so on LD_LIBRARY_PATH"
                .to_owned(),
        )),
    }
}

fn kind(dtype: DType) -> Result<sys::ncclDataType_t> {
    use sys::ncclDataType_t as T;
    Ok(match dtype {
        DType::U8 => T::ncclUint8,
        DType::I32 => T::ncclInt32,
        DType::I64 => T::ncclInt64,
        DType::F16 => T::ncclFloat16,
        DType::BF16 => T::ncclBfloat16,
        DType::F32 => T::ncclFloat32,
        DType::F64 => T::ncclFloat64,
        DType::Bool => return Err(error("bool cannot be reduced; cast to u8".to_owned())),
    })
}

fn operation(op: NcclOp) -> sys::ncclRedOp_t {
    use sys::ncclRedOp_t as O;
    match op {
        NcclOp::Sum => O::ncclSum,
        NcclOp::Avg => O::ncclAvg,
        NcclOp::Product => O::ncclProd,
        NcclOp::Min => O::ncclMin,
        NcclOp::Max => O::ncclMax,
    }
}

fn fail(what: &str, why: &result::NcclError) -> Error {
    error(format!("NCCL could not {what}: {:?}", why.0))
}

fn error(message: String) -> Error {
    Error::Device {
        device: "nccl".to_owned(),
        message,
    }
}
