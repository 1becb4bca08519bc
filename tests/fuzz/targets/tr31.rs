#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::tr31::seeds()),
    |data: &[u8]| fuzz::tr31(data)
);
