//! Target `blocks`: what a partner drops as key blocks, below `blocks/` and below `keys/`.

use std::collections::HashSet;

use ceremony::key_import::encoding::{MAX_FILE_BYTES, rsa_block, secret_in, tr31, tr34};
use ceremony::working_key_import::file::{Line, UnusableFile, lines};
use ceremony::working_key_import::place::{KeysPlace, KeysRole};

use crate::files::assert_clean;

/// The first byte chooses what the others are dropped as.
///
/// | byte, modulo 5 | the rest |
/// | --- | --- |
/// | 0 | a TR-31 block, for an offer |
/// | 1 | a TR-34 block |
/// | 2 | an RSA block under a modulus of 256 bytes |
/// | 3 | a TR-31 block of a working key |
/// | 4 | a line for each of some working keys |
///
/// Holds if what is taken is what was dropped, but for its encoding; if a block is the same in both places;
/// if nothing is taken from a file that may hold a key in the clear; if every line is told once, no two
/// keys have one name, and not more are taken than may be; and if the words of a refusal are bounded and
/// clean and repeat nothing of a block.
pub fn blocks(data: &[u8]) {
    let Some((choice, file)) = data.split_first() else {
        return;
    };
    match choice % 5 {
        0 => check_text(file),
        1 => check_bytes(
            file,
            tr34(file).map_err(|refused| refused.to_string()),
            ..=2048,
        ),
        2 => check_bytes(
            file,
            rsa_block(file, MODULUS).map_err(|refused| refused.to_string()),
            ..,
        ),
        3 => check_one(file),
        _ => check_lines(file),
    }
}

/// Of RSA_2048.
const MODULUS: usize = 256;

/// How many keys a file may have.
const MOST: usize = 3;

fn check_text(file: &[u8]) {
    match tr31(file) {
        Ok(block) => {
            assert_eq!(block.as_str().as_bytes(), file.trim_ascii_end());
            assert!(block.as_str().bytes().all(|it| it.is_ascii_alphanumeric()));
            assert_takable(file);
        }
        Err(refused) => check_words(&refused.to_string(), file),
    }
}

fn check_bytes(
    file: &[u8],
    read: Result<Vec<u8>, String>,
    length: impl std::ops::RangeBounds<usize>,
) {
    match read {
        Ok(bytes) => {
            let digits = file.iter().filter(|byte| !byte.is_ascii_whitespace());
            let digits: Vec<u8> = digits.map(u8::to_ascii_lowercase).collect();
            assert!(bytes == file || hex::encode(&bytes).as_bytes() == digits);
            assert!(length.contains(&bytes.len()), "{} bytes", bytes.len());
            assert_takable(file);
        }
        Err(words) => check_words(&words, file),
    }
}

fn assert_takable(file: &[u8]) {
    assert!((1..=MAX_FILE_BYTES).contains(&file.len()));
    assert_eq!(secret_in(file), None);
}

/// Where it is dropped as a working key it is taken as it is for an offer.
fn check_one(file: &[u8]) {
    match (read("zpk.tr31", file), tr31(file)) {
        (Ok(lines), Ok(block)) => {
            let [line] = &lines[..] else {
                panic!("{} lines", lines.len());
            };
            let sent = line.read.as_ref().unwrap();
            assert_eq!((&sent.block, &sent.kcv), (&block, &None));
        }
        (Err(refused), Err(_)) => check_words(&refused.to_string(), file),
        (taken, other) => panic!("{taken:?} as a working key, {other:?} for an offer"),
    }
}

fn check_lines(file: &[u8]) {
    let lines = match read("may.jsonl", file) {
        Ok(lines) => lines,
        Err(refused) => {
            let words = refused.to_string();
            check_told(&words);
            return;
        }
    };
    assert!((1..=MOST).contains(&lines.len()), "{} lines", lines.len());
    assert!(lines.is_sorted_by(|one, next| one.number < next.number));
    let taken: Vec<&Line> = lines.iter().filter(|line| line.read.is_ok()).collect();
    let names = taken
        .iter()
        .map(|line| line.name.as_ref().unwrap().as_str());
    assert_eq!(names.collect::<HashSet<_>>().len(), taken.len());
    let text = std::str::from_utf8(file).unwrap();
    for line in &taken {
        let block = line.read.as_ref().unwrap().block.as_str();
        let written = text.lines().nth(line.number - 1).unwrap();
        // An escape is another way to write the same.
        assert!(written.contains(block) || written.contains('\\'), "{block}");
    }
    for line in &lines {
        if let Err(refused) = &line.read {
            check_told(&refused.to_string());
        }
    }
}

fn read(name: &str, file: &[u8]) -> Result<Vec<Line>, UnusableFile> {
    let key = format!("acme/production/pin/keys/{name}");
    let Some(KeysRole::Keys(place)) = KeysPlace::of_inbox_key(&key) else {
        panic!("{key}");
    };
    lines(&place, file, MOST)
}

/// Bounded and clean, without as many hex digits in a row as the shortest key has.
fn check_words(words: &str, file: &[u8]) {
    check_told(words);
    for window in file
        .windows(16)
        .filter(|it| it.iter().all(u8::is_ascii_hexdigit))
    {
        let text = String::from_utf8_lossy(window);
        assert!(!words.contains(text.as_ref()), "{words}");
    }
}

/// Bounded and clean: names of members that nobody knows are told, and are shown.
fn check_told(words: &str) {
    assert!(words.chars().count() <= 1000, "too long: {words}");
    assert_clean(words);
}

/// In each form what programs write, and what people make of it.
pub fn seeds() -> Vec<Vec<u8>> {
    let of = |choice: u8, file: &[u8]| [&[choice], file].concat();
    let line = |name: &str| format!(r#"{{"name":"{name}","keyBlock":"{BLOCK}","kcv":"7AD386"}}"#);
    let der = [&[0x30, 0x82, 0x01, 0x00][..], &[0x5A; 256]].concat();
    let cryptogram = [0xC3; MODULUS];
    vec![
        of(0, BLOCK.as_bytes()),
        of(0, format!("{BLOCK}\r\n").as_bytes()),
        of(0, hex::encode(BLOCK).as_bytes()),
        of(1, &der),
        of(1, hex::encode(&der).as_bytes()),
        of(2, &cryptogram),
        of(2, hex::encode_upper(cryptogram).as_bytes()),
        of(3, BLOCK.as_bytes()),
        of(3, b"0123456789ABCDEF0123456789ABCDEF"),
        of(4, format!("{}\n\n{}", line("one"), line("two")).as_bytes()),
        of(4, format!("{}\n{}\n", line("one"), line("one")).as_bytes()),
        of(
            4,
            format!("{}\n{{\"name\":\"two\"}}", line("one")).as_bytes(),
        ),
        of(
            4,
            br#"{"name":"one","keyBlock":"0123456789ABCDEF0123456789ABCDEF"}"#,
        ),
    ]
}

/// The example of ANSI X9.143 for version D.
const BLOCK: &str = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_of_programs_are_taken() {
        let taken = |seed: &&Vec<u8>| match seed[0] {
            0 => tr31(&seed[1..]).is_ok(),
            1 => tr34(&seed[1..]).is_ok(),
            2 => rsa_block(&seed[1..], MODULUS).is_ok(),
            3 => read("zpk.tr31", &seed[1..]).is_ok(),
            _ => read("may.jsonl", &seed[1..]).is_ok(),
        };
        assert_eq!(seeds().iter().filter(taken).count(), 9);
    }

    #[test]
    #[should_panic(expected = "0123456789ABCDEF")]
    fn words_that_repeat_a_key_are_found() {
        let key = "0123456789ABCDEF0123456789ABCDEF";
        check_words(&format!("`{key}` is no block"), key.as_bytes());
    }
}
