//! The pickle interpreter: the bytes are the object of a legacy file, which needs no archive.
#![no_main]

/// The pickles that stand before it: magic number, version and an empty dictionary.
const BEFORE: &[u8] = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.";

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ondol_serialize_fuzz::load(&[BEFORE, data], "pth");
});
