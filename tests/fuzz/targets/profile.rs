#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::profile::seeds()),
    |data: &[u8]| fuzz::profile(data)
);
