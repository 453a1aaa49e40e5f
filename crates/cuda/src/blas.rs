//! cuBLAS for the products of large matrices, where it is found; the kernels here do without it.
//!
//! Four functions are all that is used of it, so they are looked up here and nothing links it.

use std::ffi::{c_int, c_longlong, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use libloading::Library;

use crate::libraries::libraries;

type Handle = *mut c_void;
type Create = unsafe extern "C" fn(*mut Handle) -> c_int;
type SetStream = unsafe extern "C" fn(Handle, *mut c_void) -> c_int;
type Gemm<T> = unsafe extern "C" fn(
    Handle,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    *const T,
    *const T,
    c_int,
    c_longlong,
    *const T,
    c_int,
    c_longlong,
    *const T,
    *mut T,
    c_int,
    c_longlong,
    c_int,
) -> c_int;

/// The library with a handle on one device.
pub(crate) struct Blas {
    handle: Mutex<Raw>,
    single: Gemm<f32>,
    double: Gemm<f64>,
}

struct Raw(Handle);

// SAFETY: any thread may use the handle, one at a time, which the mutex around it sees to.
unsafe impl Send for Raw {}

/// One side of a product, or its result: where it lies and how far apart its lines are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Side {
    pub(crate) address: u64,
    /// Whether neighbours in a column, not in a row, lie side by side.
    pub(crate) turned: bool,
    pub(crate) apart: c_int,
    pub(crate) batch: i64,
}

/// `[rows, inner] · [inner, columns]`, so many of them.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) rows: c_int,
    pub(crate) columns: c_int,
    pub(crate) inner: c_int,
    pub(crate) batches: c_int,
}

impl Side {
    /// A matrix by its sizes and strides; `None` where the library has no word for it.
    pub(crate) fn new(
        address: u64,
        [rows, columns]: [usize; 2],
        [row, column]: [i64; 2],
        batch: i64,
    ) -> Option<Side> {
        // Where there is one line, its distance from the next means nothing.
        let fits = |apart: i64, lines: usize, length: usize| {
            let apart = if lines == 1 { length as i64 } else { apart };
            let apart = c_int::try_from(apart).ok()?;
            (apart as i64 >= length.max(1) as i64).then_some(apart)
        };
        let side = |turned, apart| Side {
            address,
            turned,
            apart,
            batch,
        };
        if (column == 1 || columns == 1)
            && let Some(apart) = fits(row, rows, columns)
        {
            return Some(side(false, apart));
        }
        (row == 1 || rows == 1)
            .then(|| fits(column, columns, rows))
            .flatten()
            .map(|apart| side(true, apart))
    }
}

impl Blas {
    /// The library that is found first, or nothing where there is none or where `ONDOL_CUBLAS=0`.
    /// The device's context is current.
    pub(crate) fn find(stream: *mut c_void) -> Option<Blas> {
        if std::env::var_os("ONDOL_CUBLAS").is_some_and(|v| v == "0") {
            return None;
        }
        let path = |name| {
            let all = libraries();
            all.into_iter().find(|l| l.name == name)?.path
        };
        Blas::open(&path("cublas")?, path("cublasLt"), stream)
    }

    fn open(path: &Path, beside: Option<PathBuf>, stream: *mut c_void) -> Option<Blas> {
        // It asks for the other by name, which its own folder answers for a toolkit but not always
        // for a Python environment.
        if let Some(beside) = beside.and_then(|p| global(&p)) {
            std::mem::forget(beside);
        }
        let library = std::mem::ManuallyDrop::new(global(path)?);
        // SAFETY: the types are those of the library's header, the same since its version 8.
        let (create, set_stream, single, double) = unsafe {
            (
                *library.get::<Create>(b"cublasCreate_v2").ok()?,
                *library.get::<SetStream>(b"cublasSetStream_v2").ok()?,
                *library
                    .get::<Gemm<f32>>(b"cublasSgemmStridedBatched")
                    .ok()?,
                *library
                    .get::<Gemm<f64>>(b"cublasDgemmStridedBatched")
                    .ok()?,
            )
        };
        let mut handle = std::ptr::null_mut();
        // SAFETY: the handle is written before it is read, and the stream lives as long as the
        // device, which is never closed.
        let ready = unsafe { create(&mut handle) == 0 && set_stream(handle, stream) == 0 };
        ready.then(|| Blas {
            handle: Mutex::new(Raw(handle)),
            single,
            double,
        })
    }

    /// Row-major `out = left · right`. The error is the library's number for it.
    ///
    /// # Safety
    /// The sides hold matrices of these sizes of the element type, in live buffers.
    pub(crate) unsafe fn multiply<T: Real>(
        &self,
        sizes: Sizes,
        left: Side,
        right: Side,
        out: Side,
    ) -> Result<(), c_int> {
        let (one, zero) = (T::ONE, T::ZERO);
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        // Columns come first there: the product of the turned matrices, the right one first.
        // SAFETY: the caller answers for the matrices; the numbers are read before it returns.
        let status = unsafe {
            T::gemm(self)(
                handle.0,
                c_int::from(right.turned),
                c_int::from(left.turned),
                sizes.columns,
                sizes.rows,
                sizes.inner,
                &one,
                right.address as *const T,
                right.apart,
                right.batch,
                left.address as *const T,
                left.apart,
                left.batch,
                &zero,
                out.address as *mut T,
                out.apart,
                out.batch,
                sizes.batches,
            )
        };
        if status == 0 { Ok(()) } else { Err(status) }
    }
}

/// Loads a library so that others find it by name.
fn global(path: &Path) -> Option<Library> {
    #[cfg(unix)]
    {
        use libloading::os::unix;
        // SAFETY: NVIDIA's library, whose initialisers ask nothing of the caller.
        let library =
            unsafe { unix::Library::open(Some(path), unix::RTLD_NOW | unix::RTLD_GLOBAL) };
        library.ok().map(Library::from)
    }
    #[cfg(not(unix))]
    {
        // SAFETY: as above.
        unsafe { Library::new(path) }.ok()
    }
}

/// An element type the library multiplies in its own precision.
pub(crate) trait Real: Copy {
    const ZERO: Self;
    const ONE: Self;
    fn gemm(blas: &Blas) -> Gemm<Self>;
}
impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    fn gemm(blas: &Blas) -> Gemm<f32> {
        blas.single
    }
}
impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    fn gemm(blas: &Blas) -> Gemm<f64> {
        blas.double
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_said_in_the_librarys_words() {
        let side = |shape, strides| {
            let side = Side::new(0, shape, strides, 0)?;
            Some((side.turned, side.apart))
        };
        assert_eq!(side([3, 4], [4, 1]), Some((false, 4)));
        assert_eq!(side([3, 4], [9, 1]), Some((false, 9)));
        assert_eq!(side([3, 4], [1, 3]), Some((true, 3)));
        assert_eq!(side([1, 4], [-7, 1]), Some((false, 4)));
        assert_eq!(side([4, 1], [1, 5]), Some((false, 1)));
        assert_eq!(side([4, 1], [6, 5]), Some((false, 6)));
        // Flipped, every second, broadcast.
        assert_eq!(side([3, 4], [4, -1]), None);
        assert_eq!(side([3, 4], [-4, 1]), None);
        assert_eq!(side([3, 4], [8, 2]), None);
        assert_eq!(side([3, 4], [0, 1]), None);
    }
}
