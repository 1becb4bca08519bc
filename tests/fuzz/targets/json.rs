#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::json::seeds()),
    |data: &[u8]| fuzz::json(data)
);
