//! Inventories as people make them: in every form that is meant, and wrong in every way.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;

use ceremony::fleet::request::KeySet;
use ceremony::fleet::serial_number::MalformedSerialNumber;
use ceremony::fleet::{BdkAlgorithm, Fault, Format, InventoryReader, Terminals, What};

const ONE: &str = "FFFF9876543210E00000";
const OTHER: &str = "FFFF9876543210C00000";

/// The n-th terminal of a fleet with TDES keys.
fn tdes(number: u64) -> String {
    format!(
        "{:020X}",
        (0xFFFF_9876_u128 << 48) + (u128::from(number) << 21)
    )
}

fn terminals() -> Terminals {
    Terminals::new(BdkAlgorithm::TDES_2KEY, None, 1_000_000)
}

fn read_by(pieces: usize, format: Format, text: &[u8]) -> Result<Vec<String>, Vec<Fault>> {
    let (mut reader, mut found) = (InventoryReader::new(format, terminals()), Vec::new());
    for piece in text.chunks(pieces) {
        reader.read(piece, |number| found.push(String::from(number)));
    }
    let count = reader
        .finish(|number| found.push(String::from(number)))
        .map_err(|error| error.0)?;
    assert_eq!(count as usize, found.len());
    Ok(found)
}

/// In whichever pieces it arrives, it is the same.
fn read(format: Format, text: &[u8]) -> Result<Vec<String>, Vec<Fault>> {
    let whole = read_by(text.len().max(1), format, text);
    for pieces in [1, 2, 7, 64] {
        assert_eq!(
            read_by(pieces, format, text),
            whole,
            "in pieces of {pieces}"
        );
    }
    whole
}

fn fault(line: u32, what: What) -> Result<Vec<String>, Vec<Fault>> {
    Err(vec![Fault { line, what }])
}

#[test]
fn csv_is_read_as_programs_write_it() {
    let both = Ok(vec![ONE.to_owned(), OTHER.to_owned()]);
    for text in [
        format!("{ONE}\n{OTHER}\n"),
        format!("{ONE}\n{OTHER}"),
        format!("{ONE}\r\n{OTHER}\r\n"),
        format!("\u{feff}{ONE}\r\n{OTHER}"),
        format!("\n\n{ONE}\n\r\n  \n{OTHER}\n\n"),
        format!("\"{ONE}\"\n\"{OTHER}\"\n"),
        format!("ksn\n{ONE}\n{OTHER}\n"),
        format!("\u{feff}\"KSN\"\r\n\"{ONE}\"\r\n{OTHER}\r\n"),
        format!("serial,ksn,site\nA1,{ONE},\"Oak Road 1, Leeds\"\n\"A\"\"2\",{OTHER}\n"),
        format!("{}\n{}\n", ONE.to_lowercase(), OTHER.to_lowercase()),
    ] {
        assert_eq!(read(Format::Csv, text.as_bytes()), both, "{text:?}");
    }
}

#[test]
fn json_lines_are_read_as_programs_write_them() {
    let both = Ok(vec![ONE.to_owned(), OTHER.to_owned()]);
    for text in [
        format!("{{\"ksn\":\"{ONE}\"}}\n{{\"ksn\":\"{OTHER}\"}}\n"),
        format!("\u{feff}{{ \"site\": [1], \"ksn\": \"{ONE}\" }}\r\n\r\n{{\"ksn\":\"{OTHER}\"}}"),
    ] {
        assert_eq!(read(Format::JsonLines, text.as_bytes()), both, "{text:?}");
    }
    for wrong in [
        "[]".to_owned(),
        format!("\"{ONE}\""),
        "{}".to_owned(),
        format!("{{\"ksn\":\"{ONE}\",\"ksn\":\"{OTHER}\"}}"),
        format!("{{\"ksn\":\"{ONE}\"}} {{}}"),
    ] {
        assert_eq!(
            read(Format::JsonLines, wrong.as_bytes()),
            fault(1, What::NotJson),
            "{wrong}"
        );
    }
}

#[test]
fn a_line_that_is_no_terminal_is_told_by_its_number_and_never_repeated() {
    use MalformedSerialNumber::{Counter, Length, NotHex};
    let long = "x".repeat(5000);
    for (line, what) in [
        ("FFFF9876543210E00001", What::Malformed(Counter)),
        (
            "FFFF9876543210E0000",
            What::Malformed(Length { digits: 19 }),
        ),
        ("a secret", What::Malformed(NotHex)),
        (
            "123456789012345600000000",
            What::OtherAlgorithm(BdkAlgorithm::TDES_2KEY),
        ),
        (ONE, What::Duplicate { of: 1 }),
        ("\"FFFF", What::NotCsv),
        ("FFFF9876543210C00000,x", What::NoHeader),
        (&long, What::TooLong),
    ] {
        let text = format!("{ONE}\r\n\r\n{line}\r\n{OTHER}\r\n");
        assert_eq!(read(Format::Csv, text.as_bytes()), fault(3, what), "{line}");
        let words = read(Format::Csv, text.as_bytes()).unwrap_err()[0]
            .what
            .to_string();
        assert!(!words.contains("secret"), "{words}");
    }
    let text = [ONE.as_bytes(), b"\n\xff\xfe\n"].concat();
    assert_eq!(read(Format::Csv, &text), fault(2, What::NotText));
    let text = format!("site,ksn\nx,{ONE}\ny\n");
    assert_eq!(
        read(Format::Csv, text.as_bytes()),
        fault(3, What::NoSerialNumber)
    );
}

#[test]
fn an_inventory_without_a_terminal_is_none() {
    for text in ["", "\n\n", "ksn\n"] {
        let faults = read(Format::Csv, text.as_bytes()).unwrap_err();
        assert_eq!(faults[0].what, What::Empty, "{text:?}");
    }
}

#[test]
fn strangers_and_too_many_are_refused() {
    let set = KeySet::try_from("FFFF9876".to_owned()).unwrap();
    let terminals = Terminals::new(BdkAlgorithm::TDES_2KEY, Some(set), 2);
    let mut reader = InventoryReader::new(Format::Csv, terminals);
    let text = format!(
        "{}\n{}\nFFFE9876543210E00000\n{}\n",
        tdes(1),
        tdes(2),
        tdes(3)
    );
    reader.read(text.as_bytes(), |_| {});
    let faults = reader.finish(|_| {}).unwrap_err().0;
    let told: Vec<_> = faults
        .iter()
        .map(|fault| (fault.line, fault.what))
        .collect();
    assert_eq!(told, [(3, What::Stranger), (4, What::TooMany { most: 2 })]);
}

#[test]
fn one_wrong_line_in_ten_thousand_is_found() {
    let mut text = String::new();
    for number in 1..=10_000 {
        match number {
            7_777 => writeln!(text, "{}1", &tdes(number)[..19]).unwrap(),
            number => writeln!(text, "{}", tdes(number)).unwrap(),
        }
    }
    let counter = What::Malformed(MalformedSerialNumber::Counter);
    assert_eq!(read(Format::Csv, text.as_bytes()), fault(7_777, counter));
}

#[test]
fn of_many_faults_the_first_are_told() {
    let text = "nothing\n".repeat(1_000);
    let (mut reader, mut read) = (InventoryReader::new(Format::Csv, terminals()), 0);
    for piece in text.as_bytes().chunks(8) {
        if !reader.is_hopeless() {
            read += 1;
        }
        reader.read(piece, |_| {});
    }
    assert_eq!(read, 20);
    let error = reader.finish(|_| {}).unwrap_err();
    assert_eq!(error.0.len(), 20);
    assert!(
        error
            .to_string()
            .ends_with("what follows was not looked at"),
        "{error}"
    );
}

/// What the README says of memory: run alone, as it measures the whole process.
#[test]
#[ignore = "a measurement"]
fn a_million_terminals_are_read_with_little_memory() {
    let peak = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        line.to_owned()
    };
    let before = peak();
    let start = std::time::Instant::now();
    let (mut reader, mut count) = (InventoryReader::new(Format::Csv, terminals()), 0);
    for number in 1..=1_000_000 {
        reader.read(format!("{}\n", tdes(number)).as_bytes(), |_| count += 1);
    }
    assert_eq!(reader.finish(|_| count += 1), Ok(1_000_000));
    assert_eq!(count, 1_000_000);
    eprintln!("{before} before, {} after, {:?}", peak(), start.elapsed());
}
