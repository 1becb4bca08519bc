#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::certificate::seeds()),
    |data: &[u8]| fuzz::certificate(data)
);
