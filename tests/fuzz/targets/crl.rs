#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::crl::seeds()),
    |data: &[u8]| fuzz::crl(data)
);
