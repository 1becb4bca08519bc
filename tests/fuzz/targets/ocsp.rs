#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::ocsp::seeds()),
    |data: &[u8]| fuzz::ocsp(data)
);
