#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz::write_seeds(&fuzz::files::seeds()),
    |data: &[u8]| fuzz::files(data)
);
