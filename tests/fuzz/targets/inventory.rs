#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::inventory::seeds()),
    |data: &[u8]| fuzz::inventory(data)
);
