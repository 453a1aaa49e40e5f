//! One device: its context, stream, memory and kernels, and how work is given to it.

use std::ffi::c_void;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cudarc::driver::{CudaContext, CudaStream, DriverError, result, sys};
use ondol_tensor::{Buffer, Error, Result, View, ViewMut};

use crate::blas::{Blas, Real, Side, Sizes};
use crate::driver::describe;
use crate::kernels::{Kernels, Name};
use crate::memory::{Memory, Pool};

/// Threads of a block, in every kernel.
pub(crate) const THREADS: u32 = 256;

/// Blocks per multiprocessor that keep it busy; what has more elements takes several a thread.
const BLOCKS_EACH: u32 = 32;

/// The compute capability the kernels' assembly is made for.
const OLDEST: (i32, i32) = (7, 5);

/// An opened device.
pub(crate) struct Gpu {
    name: String,
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    pool: Arc<Pool>,
    kernels: Kernels,
    blas: OnceLock<Option<Blas>>,
    blocks: u32,
    /// Where kernels that check operands leave what they found.
    found: Mutex<Memory>,
}

impl Gpu {
    /// Opens a device that is known to be there.
    pub(crate) fn open(ordinal: usize) -> Result<Gpu> {
        let name = format!("cuda:{ordinal}");
        let open = || -> std::result::Result<_, DriverError> {
            let context = CudaContext::new(ordinal)?;
            // SAFETY: nothing was allocated yet. All work is on one stream, which keeps its order
            // without an event for each buffer.
            unsafe { context.disable_event_tracking() };
            // The default stream cannot be captured into a graph.
            let stream = context.new_stream()?;
            use sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT as COUNT;
            let processors = context.attribute(COUNT)?.max(1) as u32;
            let capability = context.compute_capability()?;
            Ok((context, stream, processors, capability))
        };
        let refuse = |message| Error::Device {
            device: name.clone(),
            message,
        };
        let (context, stream, processors, capability) =
            open().map_err(|e| refuse(format!("cannot be opened: {}", describe(e))))?;
        if capability < OLDEST {
            return Err(refuse(format!(
                "its compute capability is {}.{}, the kernels need {}.{} (Turing, 2018) or later",
                capability.0, capability.1, OLDEST.0, OLDEST.1
            )));
        }
        let pool = Arc::new(Pool::new(context.clone(), name.clone()));
        let found = Mutex::new(pool.alloc(4)?);
        Ok(Gpu {
            name,
            context,
            stream,
            pool,
            kernels: Kernels::default(),
            blas: OnceLock::new(),
            blocks: processors * BLOCKS_EACH,
            found,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn fail(&self, what: &str, error: DriverError) -> Error {
        Error::Device {
            device: self.name.clone(),
            message: format!("{what}: {}", describe(error)),
        }
    }

    fn current(&self, what: &str) -> Result<()> {
        self.context
            .bind_to_thread()
            .map_err(|e| self.fail(what, e))
    }

    pub(crate) fn upload(&self, src: &[u8], dst: u64) -> Result<()> {
        if src.is_empty() {
            return Ok(());
        }
        self.current("upload")?;
        // SAFETY: the buffer is at least as large, which `Array` sees to; the driver has read
        // pageable memory when it returns.
        unsafe { result::memcpy_htod_async(dst, src, self.stream.cu_stream()) }
            .map_err(|e| self.fail("upload", e))
    }

    pub(crate) fn download(&self, src: u64, dst: &mut [u8]) -> Result<()> {
        if dst.is_empty() {
            return Ok(());
        }
        self.current("download")?;
        // SAFETY: the buffer is at least as large, and the copy is waited for before `dst` is read.
        unsafe { result::memcpy_dtoh_async(dst, src, self.stream.cu_stream()) }
            .map_err(|e| self.fail("download", e))?;
        self.synchronize("download")
    }

    /// Waits for the device; an error of any work given to it before shows here.
    pub(crate) fn synchronize(&self, what: &str) -> Result<()> {
        self.stream.synchronize().map_err(|e| self.fail(what, e))
    }

    /// Copies within the device.
    pub(crate) fn copy_bytes(&self, src: u64, dst: u64, bytes: usize) -> Result<()> {
        self.current("copy")?;
        // SAFETY: both ranges lie in buffers that the views hold, and do not overlap, since a
        // result has a buffer of its own.
        unsafe { result::memcpy_dtod_async(dst, src, bytes, self.stream.cu_stream()) }
            .map_err(|e| self.fail("copy", e))
    }

    pub(crate) fn zero(&self, dst: u64, bytes: usize) -> Result<()> {
        self.current("fill")?;
        // SAFETY: the range lies in a buffer that the caller holds.
        unsafe { result::memset_d8_async(dst, 0, bytes, self.stream.cu_stream()) }
            .map_err(|e| self.fail("fill", e))
    }

    /// Blocks for a kernel that takes elements in turn.
    pub(crate) fn blocks(&self, n: u32) -> u32 {
        n.div_ceil(THREADS).clamp(1, self.blocks)
    }

    /// Starts a kernel; [`launch!`] is the way to call it.
    ///
    /// # Safety
    /// The arguments are the kernel's parameters, in their order and of their types, and every
    /// address in them lies in a buffer that lives until the call returns.
    pub(crate) unsafe fn start(
        &self,
        op: &'static str,
        kernel: Name,
        grid: (u32, u32, u32),
        arguments: &mut [*mut c_void],
    ) -> Result<()> {
        self.current(op)?;
        let function = self.kernels.get(kernel).map_err(|e| {
            self.fail(
                &format!(
                    "{op}: the kernel {}_{} cannot be loaded",
                    kernel.0, kernel.1
                ),
                e,
            )
        })?;
        let (block, stream) = ((THREADS, 1, 1), self.stream.cu_stream());
        // SAFETY: the caller answers for the arguments. A buffer freed after the call is only
        // handed to later work on the same stream.
        unsafe { result::launch_kernel(function.handle(), grid, block, 0, stream, arguments) }
            .map_err(|e| self.fail(op, e))
    }

    /// cuBLAS, looked for at the first product.
    pub(crate) fn blas(&self) -> Result<Option<&Blas>> {
        self.current("matmul")?;
        let find = || Blas::find(self.stream.cu_stream().cast());
        Ok(self.blas.get_or_init(find).as_ref())
    }

    /// A product by cuBLAS.
    ///
    /// # Safety
    /// As for [`Blas::multiply`].
    pub(crate) unsafe fn multiply<T: Real>(
        &self,
        op: &'static str,
        blas: &Blas,
        sizes: Sizes,
        [left, right, out]: [Side; 3],
    ) -> Result<()> {
        self.current(op)?;
        // SAFETY: the caller answers for the matrices.
        unsafe { blas.multiply::<T>(sizes, left, right, out) }.map_err(|status| Error::Device {
            device: self.name.clone(),
            message: format!(
                "{op}: cuBLAS refused a product of {}x{} by {}x{} with its error {status}",
                sizes.rows, sizes.inner, sizes.inner, sizes.columns
            ),
        })
    }

    /// Runs a kernel that sets a number to 1 where it finds something, and says whether it did.
    pub(crate) fn finds(&self, run: impl FnOnce(u64) -> Result<()>) -> Result<bool> {
        let cell = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.zero(cell.address(), 4)?;
        run(cell.address())?;
        let mut found = [0; 4];
        self.download(cell.address(), &mut found)?;
        Ok(found != [0; 4])
    }
}

/// Starts a kernel: `launch!(gpu, op, ("name", "type"), blocks, parameters …)`.
macro_rules! launch {
    ($gpu:expr, $op:expr, $kernel:expr, $grid:expr, $($argument:expr),+ $(,)?) => {{
        let mut arguments = [$((&raw const $argument).cast_mut().cast::<std::ffi::c_void>()),+];
        // SAFETY: the arguments are written beside the kernel's name in the types of `params`,
        // which mirror the kernel's; views hold the buffers they point into.
        unsafe { $gpu.start($op, $kernel, $grid, &mut arguments) }
    }};
}
pub(crate) use launch;

/// The address of a view's first element.
pub(crate) fn address(view: &View<'_>) -> u64 {
    at(view.buffer, view.layout.offset(), view.dtype.size())
}

/// The address of a result's first element.
pub(crate) fn address_mut(view: &ViewMut<'_>) -> u64 {
    at(&*view.buffer, view.layout.offset(), view.dtype.size())
}

fn at(buffer: &dyn Buffer, offset: usize, size: usize) -> u64 {
    Memory::of(buffer).address() + (offset * size) as u64
}
