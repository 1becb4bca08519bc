#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::tr34::seeds()),
    |data: &[u8]| fuzz::tr34(data)
);
