#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::blocks::seeds()),
    |data: &[u8]| fuzz::blocks(data)
);
