//! The emulated driver answers as the real one does to what is wrong with a call.

use std::ffi::{CString, c_void};

use cudarc::driver::{CudaContext, CudaStream, DriverError, result, sys};
use ondol_cuda_emu::{Emulator, Order, inside};
use std::sync::Arc;
use sys::cudaError_enum as Code;

/// Runs a test on the emulated device with the small kernels; its output, where the device is there.
#[track_caller]
fn emulated(name: &str, environment: &[(&str, &str)], body: impl FnOnce()) -> Option<String> {
    if inside() {
        body();
        return None;
    }
    let emulator = Emulator::new(&Emulator::planted())?;
    let run = emulator.test(name, Order::Forward, environment);
    assert!(run.passed, "{}", run.output);
    Some(run.output)
}

fn open() -> (Arc<CudaContext>, Arc<CudaStream>) {
    let context = CudaContext::new(0).unwrap();
    let stream = context.new_stream().unwrap();
    (context, stream)
}

fn load(text: &str, name: &str) -> Result<sys::CUfunction, DriverError> {
    let (text, name) = (CString::new(text).unwrap(), CString::new(name).unwrap());
    // SAFETY: the text ends with a NUL, and modules are never unloaded.
    unsafe {
        let module = result::module::load_data(text.as_ptr().cast())?;
        result::module::get_function(module, name)
    }
}

const COPY: &str = ".visible .entry copy_right(\n\t.param .u64 a,\n\t.param .u64 .ptr .align 1 b,\n\t.param .u32 c\n)\n.maxntid 256, 1, 1\n{\n}\n";

/// `copy_right` over one element, with a grid, a block and shared memory.
fn start(
    stream: &CudaStream,
    grid: (u32, u32, u32),
    block: (u32, u32, u32),
    shared: u32,
    missing: bool,
) -> Result<(), DriverError> {
    let function = load(COPY, "copy_right")?;
    let n = 1u32;
    // SAFETY: one element in both buffers; with an argument missing, the null in its place is what
    // the emulated driver finds.
    unsafe {
        let (x, y) = (result::malloc_sync(4)?, result::malloc_sync(4)?);
        let of = |at: *const c_void| at.cast_mut();
        let last = if missing {
            std::ptr::null()
        } else {
            (&raw const n).cast()
        };
        let mut arguments = [
            of((&raw const x).cast()),
            of((&raw const y).cast()),
            of(last),
        ];
        result::launch_kernel(
            function,
            grid,
            block,
            shared,
            stream.cu_stream(),
            &mut arguments,
        )?;
        stream.synchronize()
    }
}

#[test]
fn limits_of_a_launch() {
    let said = emulated("limits_of_a_launch", &[], || {
        let (_context, stream) = open();
        let invalid = Err(DriverError(Code::CUDA_ERROR_INVALID_VALUE));
        let one = (1, 1, 1);
        assert_eq!(start(&stream, one, (257, 1, 1), 0, false), invalid);
        assert_eq!(start(&stream, (1, 65536, 1), one, 0, false), invalid);
        assert_eq!(start(&stream, (0, 1, 1), one, 0, false), invalid);
        assert_eq!(start(&stream, one, one, 48 * 1024 + 1, false), invalid);
        assert_eq!(start(&stream, one, one, 0, true), invalid);
        // None of them is sticky.
        assert_eq!(start(&stream, one, one, 48 * 1024, false), Ok(()));
    });
    for line in [
        "emu: kernel copy_right: a block of (257,1,1) threads; at most 256 in all",
        "emu: kernel copy_right: a grid of (1,65536,1) blocks",
        "emu: kernel copy_right: 49153 bytes of shared memory; at most 49152",
        "emu: kernel copy_right takes 3 arguments of 20 bytes in all; argument 2 is no address",
    ] {
        assert!(
            said.as_ref().is_none_or(|text| text.contains(line)),
            "{line}\n{said:?}"
        );
    }
}

#[test]
fn assembly_of_another_source() {
    let said = emulated("assembly_of_another_source", &[], || {
        let (_context, _stream) = open();
        let code = |text: &str, name| load(text, name).unwrap_err().0;
        assert_eq!(code("nothing", "copy_right"), Code::CUDA_ERROR_INVALID_PTX);
        assert_eq!(code(COPY, "copy"), Code::CUDA_ERROR_NOT_FOUND);
        let fewer = COPY.replace(",\n\t.param .u32 c", "");
        assert_eq!(code(&fewer, "copy_right"), Code::CUDA_ERROR_INVALID_IMAGE);
        let wider = COPY.replace(".u32 c", ".align 8 .b8 c[24]");
        assert_eq!(code(&wider, "copy_right"), Code::CUDA_ERROR_INVALID_IMAGE);
    });
    for line in [
        "emu: kernel copy_right: the assembly is not of this source: it has 2 parameters, the source 3",
        "parameter 2 has 24 bytes, in the source 4",
    ] {
        assert!(
            said.as_ref().is_none_or(|text| text.contains(line)),
            "{line}\n{said:?}"
        );
    }
}

#[test]
fn an_error_of_work_stays() {
    let environment = [("ONDOL_EMU_FAIL_LAUNCH", "2")];
    emulated("an_error_of_work_stays", &environment, || {
        let (_context, stream) = open();
        let failed = Err(DriverError(Code::CUDA_ERROR_LAUNCH_FAILED));
        let one = (1, 1, 1);
        assert_eq!(start(&stream, one, one, 0, false), Ok(()));
        assert_eq!(start(&stream, one, one, 0, false), failed);
        assert_eq!(start(&stream, one, one, 0, false), failed);
        // SAFETY: no memory is given out.
        assert!(unsafe { result::malloc_sync(4) }.is_err());
    });
}

#[test]
fn memory_ends_and_begins_as_garbage() {
    let environment = [("ONDOL_EMU_MEMORY", "1000"), ("ONDOL_EMU_DEVICES", "2")];
    emulated("memory_ends_and_begins_as_garbage", &environment, || {
        assert_eq!(CudaContext::device_count(), Ok(2));
        let (context, stream) = open();
        // SAFETY: nothing is read that is not there.
        unsafe {
            let first = result::malloc_sync(600).unwrap();
            let full = result::malloc_sync(600);
            assert_eq!(full, Err(DriverError(Code::CUDA_ERROR_OUT_OF_MEMORY)));
            assert_eq!(result::mem_get_info(), Ok((400, 1000)));
            let mut found = [0f32; 150];
            result::memcpy_dtoh_async(&mut found, first, stream.cu_stream()).unwrap();
            // Not before somebody waits.
            assert_eq!(found[0], 0.0);
            stream.synchronize().unwrap();
            assert!(found.iter().all(|x| x.is_nan()));
            let beyond = result::memcpy_dtoh_async(&mut found, first + 4, stream.cu_stream());
            assert_eq!(beyond, Err(DriverError(Code::CUDA_ERROR_INVALID_VALUE)));
            result::free_sync(first).unwrap();
            // Each device has its own.
            let second = CudaContext::new(1).unwrap();
            assert_eq!(result::mem_get_info(), Ok((1000, 1000)));
            context.bind_to_thread().unwrap();
            drop(second);
        }
    });
}

#[test]
fn a_graph_is_recorded_and_done_again() {
    emulated("a_graph_is_recorded_and_done_again", &[], || {
        let (_context, stream) = open();
        let function = load(COPY, "copy_right").unwrap();
        let n = 3u32;
        // SAFETY: the buffers hold three elements and outlive the graph.
        unsafe {
            let (x, y) = (
                result::malloc_sync(12).unwrap(),
                result::malloc_sync(12).unwrap(),
            );
            let handle = stream.cu_stream();
            let read = |address| {
                let mut found = [0f32; 3];
                result::memcpy_dtoh_async(&mut found, address, handle).unwrap();
                stream.synchronize().unwrap();
                found
            };
            result::memcpy_htod_async(x, &[1f32, 2.0, 3.0], handle).unwrap();
            let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
            stream.begin_capture(mode).unwrap();
            let mut arguments = [
                (&raw const x).cast_mut().cast::<c_void>(),
                (&raw const y).cast_mut().cast(),
                (&raw const n).cast_mut().cast(),
            ];
            result::launch_kernel(function, (1, 1, 1), (32, 1, 1), 0, handle, &mut arguments)
                .unwrap();
            let flags =
                sys::CUgraphInstantiate_flags::CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH;
            let graph = stream.end_capture(flags).unwrap().unwrap();
            assert!(read(y)[0].is_nan(), "a capture does no work");
            for values in [[4f32, 5.0, 6.0], [7.0, 8.0, 9.0]] {
                result::memcpy_htod_async(x, &values, handle).unwrap();
                graph.launch().unwrap();
                assert_eq!(read(y), values);
            }
            // Waiting for what is captured is an error, and ends the capture.
            stream.begin_capture(mode).unwrap();
            let code = Code::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
            assert_eq!(stream.synchronize(), Err(DriverError(code)));
            assert!(stream.end_capture(flags).is_err());
        }
    });
}
