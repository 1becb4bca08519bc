//! The inventory of a fleet: CSV or JSON Lines, one terminal a line, read as it streams in.
//!
//! ```text
//! CSV without a header         CSV with one                    JSON Lines
//! FFFF9876543210E00000         serial,KSN,site                 {"ksn":"FFFF9876543210E00000"}
//! FFFF9876543211000000         "A-1",FFFF9876543210E00000,x    {"ksn":"FFFF9876543211000000","site":1}
//! ```
//!
//! A byte order mark, CRLF, quotes, empty lines and other columns are taken as they come. Any line that
//! is not a terminal of the BDK makes the whole inventory unusable, and is told by its number; what
//! stands in it is not.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::mem;

use serde::{Deserialize, Serialize};

use super::bdk::BdkAlgorithm;
use super::csv;
use super::request::KeySet;
use super::serial_number::{InitialKeyId, MalformedSerialNumber, SerialNumber};

/// How many terminals an inventory may have. Its serial numbers then take some 60 MB while they are
/// compared with one another, and its keys three days at the service's own rate.
pub const MOST_TERMINALS: u32 = 1_000_000;

/// How many faults are told; after so many the rest is not read.
const TOLD: usize = 20;

/// The longest line.
const LINE_BYTES: usize = 4096;

/// The form of an inventory.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Csv,
    JsonLines,
}

impl Format {
    /// By the ending of a file's name.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending {
            "csv" => Some(Self::Csv),
            "jsonl" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// Serial numbers that are held to a BDK and to one another: each initial key once.
#[derive(Debug)]
pub struct Terminals {
    algorithm: BdkAlgorithm,
    key_set: Option<KeySet>,
    most: u32,
    /// The line of each.
    seen: HashMap<InitialKeyId, u32>,
}

impl Terminals {
    pub fn new(algorithm: BdkAlgorithm, key_set: Option<KeySet>, most: u32) -> Self {
        Self {
            algorithm,
            key_set,
            most: most.min(MOST_TERMINALS),
            seen: HashMap::new(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.seen.len()).unwrap_or(u32::MAX)
    }

    /// Takes the serial number that stands in a line.
    pub fn take(&mut self, line: u32, text: &str) -> Result<SerialNumber, What> {
        let number = SerialNumber::parse(text).map_err(What::Malformed)?;
        if number.digits() != self.algorithm.serial_number_digits() {
            return Err(What::OtherAlgorithm(self.algorithm));
        }
        if self.key_set.as_ref().is_some_and(|set| !set.has(&number)) {
            return Err(What::Stranger);
        }
        let count = self.count();
        match self.seen.entry(number.initial_key_id()) {
            Entry::Occupied(first) => Err(What::Duplicate { of: *first.get() }),
            Entry::Vacant(_) if count >= self.most => Err(What::TooMany { most: self.most }),
            Entry::Vacant(free) => {
                free.insert(line);
                Ok(number)
            }
        }
    }

    /// Takes the serial numbers that a request lists itself: the first is in line 1.
    pub fn take_listed(mut self, list: &[SerialNumber]) -> Result<u32, MalformedInventory> {
        let faults: Vec<Fault> = (1..)
            .zip(list)
            .filter_map(|(line, number)| {
                let what = self.take(line, number.as_str()).err()?;
                Some(Fault { line, what })
            })
            .take(TOLD)
            .collect();
        if faults.is_empty() {
            Ok(self.count())
        } else {
            Err(MalformedInventory(faults))
        }
    }
}

/// Reads an inventory piece by piece.
#[derive(Debug)]
pub struct InventoryReader {
    format: Format,
    terminals: Terminals,
    /// Of the line that has not ended yet.
    begun: Vec<u8>,
    line: u32,
    /// Which column of a CSV has the serial numbers, once its first line is read; whether there may be
    /// others.
    column: Option<Column>,
    faults: Vec<Fault>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    at: usize,
    named: bool,
}

impl InventoryReader {
    pub fn new(format: Format, terminals: Terminals) -> Self {
        Self {
            format,
            terminals,
            begun: Vec::new(),
            line: 0,
            column: None,
            faults: Vec::new(),
        }
    }

    /// Reads on, and hands out every terminal whose line has ended. Once there are too many faults
    /// nothing more is looked at.
    pub fn read(&mut self, mut bytes: &[u8], mut hand_out: impl FnMut(SerialNumber)) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            if self.is_hopeless() {
                return;
            }
            let line = &bytes[..end];
            bytes = &bytes[end + 1..];
            if self.begun.is_empty() {
                self.end_line(line, &mut hand_out);
            } else {
                let mut whole = mem::take(&mut self.begun);
                whole.extend_from_slice(line);
                self.end_line(&whole, &mut hand_out);
            }
        }
        // A line that is too long is that already; the rest of it need not be kept.
        let room = (LINE_BYTES + 2).saturating_sub(self.begun.len());
        self.begun
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Whether there are so many faults that the rest makes no difference.
    pub fn is_hopeless(&self) -> bool {
        self.faults.len() >= TOLD
    }

    /// Reads what is left, and says how many terminals there are.
    pub fn finish(
        mut self,
        mut hand_out: impl FnMut(SerialNumber),
    ) -> Result<u32, MalformedInventory> {
        if !self.begun.is_empty() && !self.is_hopeless() {
            let line = mem::take(&mut self.begun);
            self.end_line(&line, &mut hand_out);
        }
        let count = self.terminals.count();
        if self.faults.is_empty() && count == 0 {
            self.fault(What::Empty);
        }
        if self.faults.is_empty() {
            Ok(count)
        } else {
            Err(MalformedInventory(self.faults))
        }
    }

    fn end_line(&mut self, line: &[u8], hand_out: &mut impl FnMut(SerialNumber)) {
        self.line += 1;
        match self.terminal(line) {
            Ok(Some(number)) => hand_out(number),
            Ok(None) => {}
            Err(what) => self.fault(what),
        }
    }

    fn fault(&mut self, what: What) {
        let line = self.line;
        self.faults.push(Fault { line, what });
    }

    /// The terminal in a line; none in one that is empty, or a header.
    fn terminal(&mut self, line: &[u8]) -> Result<Option<SerialNumber>, What> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES {
            return Err(What::TooLong);
        }
        let line = str::from_utf8(line).map_err(|_| What::NotText)?;
        let line = match self.line {
            1 => line.strip_prefix('\u{feff}').unwrap_or(line),
            _ => line,
        };
        if line.trim().is_empty() {
            return Ok(None);
        }
        let text = match self.format {
            Format::Csv => self.in_csv(line)?,
            Format::JsonLines => Some(in_json(line)?),
        };
        let number = text.map(|text| self.terminals.take(self.line, &text));
        number.transpose()
    }

    fn in_csv(&mut self, line: &str) -> Result<Option<String>, What> {
        let mut fields = csv::fields(line).ok_or(What::NotCsv)?;
        let column = match self.column {
            Some(column) => column,
            None => {
                let named = |field: &String| field.eq_ignore_ascii_case("ksn");
                let header = fields.iter().position(named);
                let column = Column {
                    at: header.unwrap_or_default(),
                    named: header.is_some(),
                };
                self.column = Some(column);
                if column.named {
                    return Ok(None);
                }
                column
            }
        };
        if !column.named && fields.len() > 1 {
            return Err(What::NoHeader);
        }
        if column.at >= fields.len() {
            return Err(What::NoSerialNumber);
        }
        Ok(Some(fields.swap_remove(column.at)))
    }
}

fn in_json(line: &str) -> Result<String, What> {
    #[derive(Deserialize)]
    struct Line {
        ksn: String,
    }
    // Its words repeat what stands in the line.
    let line: Line = serde_json::from_str(line).map_err(|_| What::NotJson)?;
    Ok(line.ksn)
}

/// What is wrong with one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    pub line: u32,
    pub what: What,
}

/// What can be wrong with a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum What {
    #[error("it is the terminal of line {of} again")]
    Duplicate { of: u32 },
    #[error("there is no terminal in the whole inventory")]
    Empty,
    #[error("it is no key serial number: {0}")]
    Malformed(MalformedSerialNumber),
    #[error("it has several columns, and the first line does not say which of them is `ksn`")]
    NoHeader,
    #[error("it has no column `ksn`")]
    NoSerialNumber,
    #[error("its quotes are not those of CSV")]
    NotCsv,
    #[error("it is no JSON object with one member `ksn`")]
    NotJson,
    #[error("it is not UTF-8")]
    NotText,
    #[error("its key serial number does not go with a BDK for {0}")]
    OtherAlgorithm(BdkAlgorithm),
    #[error(
        "its key serial number does not begin as those of the BDK do (`keySet` of the profile)"
    )]
    Stranger,
    #[error("it is longer than {LINE_BYTES} bytes")]
    TooLong,
    #[error("the inventory may have {most} terminals, and this is one more")]
    TooMany { most: u32 },
}

/// Why an inventory cannot be used: the first lines that are wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MalformedInventory(pub Vec<Fault>);

impl fmt::Display for MalformedInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.0.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}line {}: {}", fault.line, fault.what)?;
        }
        if self.0.len() >= TOLD {
            f.write_str("; what follows was not looked at")?;
        }
        Ok(())
    }
}

impl std::error::Error for MalformedInventory {}
