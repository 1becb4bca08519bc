//! The inventory of an order, read as `split-inventory` reads it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ceremony::bundle::{MAX_FILE_BYTES, private_key_in};
use ceremony::fleet::{
    AgreedInventory, Format, InventoryFile, InventoryReader, MalformedInventory, SerialNumber,
    Terminals, UnfitInventory,
};
use ceremony::working_keys::place::OrderPlace;

use super::{FaultSeen, InventorySeen, Problem};
use crate::files::Unreadable;

const PIECE: usize = MAX_FILE_BYTES as usize;

/// What was seen of an inventory, and what stands in the way.
pub(super) struct Looked {
    pub(super) seen: InventorySeen,
    pub(super) problems: Vec<Problem>,
}

/// The terminals that stand in the document itself.
pub(super) fn listed(terminals: Terminals, list: &[SerialNumber]) -> Looked {
    let mut looked = Looked {
        seen: InventorySeen::default(),
        problems: Vec::new(),
    };
    looked.took(terminals.take_listed(list));
    looked
}

/// The file that the document names: in the folder of the order's name, as in the inbox, or else beside
/// the document.
pub(super) fn of_file(
    document: &Path,
    place: &OrderPlace,
    named: &InventoryFile,
    terminals: Terminals,
) -> Result<Looked, Unreadable> {
    let mut looked = Looked {
        seen: InventorySeen {
            file: Some(named.file.clone()),
            inbox_key: Some(place.attachment_key(&named.file)),
            ..InventorySeen::default()
        },
        problems: Vec::new(),
    };
    let Some((path, file)) = open(document, &place.name, &named.file)? else {
        looked
            .problems
            .push(Problem::inventory_missing(named, &place.name));
        return Ok(looked);
    };
    // The document is one only if the name says the form.
    let Some(format) = Format::of_name(&named.file) else {
        return Ok(looked);
    };
    let reader = InventoryReader::new(format, terminals);
    let read = read(file, AgreedInventory::new(reader, named.sha256.clone()));
    let read = read.map_err(|error| Unreadable::new(&path, error))?;
    looked.seen.bytes = Some(read.bytes);
    if let Some(form) = private_key_in(&read.beginning) {
        let reason = format!("it holds a private key ({form})");
        looked
            .problems
            .push(Problem::private_key(&named.file, reason));
        return Ok(looked);
    }
    match read.outcome {
        Ok(count) => {
            looked.seen.sha256 = Some(named.sha256.clone());
            looked.took(Ok(count));
        }
        Err(UnfitInventory::Malformed(error)) => looked.took(Err(error)),
        Err(UnfitInventory::Changed { found, agreed }) => {
            looked
                .problems
                .push(Problem::inventory_changed(named, &found, &agreed));
            looked.seen.sha256 = Some(found);
        }
    }
    Ok(looked)
}

impl Looked {
    fn took(&mut self, outcome: Result<u32, MalformedInventory>) {
        match outcome {
            Ok(count) => self.seen.terminals = Some(count),
            Err(error) => {
                let faults = error.0.iter().map(|fault| FaultSeen {
                    line: fault.line,
                    what: fault.what.to_string(),
                });
                self.seen.faults = faults.collect();
                let file = self.seen.file.as_deref();
                self.problems
                    .push(Problem::inventory_malformed(file, &error));
            }
        }
    }
}

fn open(document: &Path, order: &str, file: &str) -> Result<Option<(PathBuf, File)>, Unreadable> {
    let folder = document.parent().unwrap_or(Path::new(""));
    for path in [folder.join(order).join(file), folder.join(file)] {
        match File::open(&path) {
            Ok(opened) => return Ok(Some((path, opened))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {}
            Err(error) => return Err(Unreadable::new(&path, error)),
        }
    }
    Ok(None)
}

struct WasRead {
    bytes: u64,
    /// Where a private key is looked for when the file arrives.
    beginning: Vec<u8>,
    outcome: Result<u32, UnfitInventory>,
}

fn read(mut file: File, mut inventory: AgreedInventory) -> io::Result<WasRead> {
    let (mut bytes, mut beginning) = (0, Vec::new());
    let mut piece = vec![0; PIECE];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        let piece = &piece[..length];
        if beginning.is_empty() {
            // As much as is looked at of a file that is too large to be one with a key.
            beginning = piece.to_vec();
        }
        bytes += length as u64;
        inventory.read(piece, |_| {});
    }
    Ok(WasRead {
        bytes,
        beginning,
        outcome: inventory.finish(|_| {}),
    })
}
