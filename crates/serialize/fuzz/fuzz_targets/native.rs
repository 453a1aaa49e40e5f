//! Ondol's own format, checksums aside.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ondol_serialize_fuzz::load(&[data], "ond");
});
