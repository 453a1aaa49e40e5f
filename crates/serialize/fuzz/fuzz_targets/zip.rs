//! PyTorch's archives, and the pickle in them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ondol_serialize_fuzz::load(&[data], "pt");
});
