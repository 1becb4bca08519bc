//! An inventory in a file, held to the digest that its request has agreed on.

use super::inventory::{InventoryReader, MalformedInventory, Terminals};
use super::request::AllowedBdk;
use super::serial_number::SerialNumber;
use crate::digest::{Hasher, Sha256};

/// Reads the inventory piece by piece, and its digest with it.
pub struct AgreedInventory {
    reader: InventoryReader,
    hasher: Hasher,
    agreed: Sha256,
}

impl AgreedInventory {
    pub fn new(reader: InventoryReader, agreed: Sha256) -> Self {
        Self {
            reader,
            hasher: Hasher::default(),
            agreed,
        }
    }

    /// Reads on, and hands out every terminal whose line has ended.
    pub fn read(&mut self, piece: &[u8], hand_out: impl FnMut(SerialNumber)) {
        self.hasher.update(piece);
        self.reader.read(piece, hand_out);
    }

    /// Whether nothing that follows makes a difference.
    pub fn is_hopeless(&self) -> bool {
        self.reader.is_hopeless()
    }

    /// Reads what is left, and says how many terminals there are. What is wrong in a line is told before
    /// a digest, which says no more than that something is.
    pub fn finish(self, hand_out: impl FnMut(SerialNumber)) -> Result<u32, UnfitInventory> {
        let Self {
            reader,
            hasher,
            agreed,
        } = self;
        let terminals = reader.finish(hand_out).map_err(UnfitInventory::Malformed)?;
        let found = hasher.finish();
        if found == agreed {
            Ok(terminals)
        } else {
            Err(UnfitInventory::Changed { found, agreed })
        }
    }
}

/// Why an inventory is not the one that was agreed on, or cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnfitInventory {
    #[error("its digest is {found}, the request says {agreed}")]
    Changed { found: Sha256, agreed: Sha256 },
    #[error(transparent)]
    Malformed(MalformedInventory),
}

impl AllowedBdk {
    /// Serial numbers are held to this BDK.
    pub fn terminals(&self) -> Terminals {
        Terminals::new(self.algorithm, self.key_set.clone(), self.most_terminals())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{BdkAlgorithm, Format};

    const LIST: &str = "FFFF9876543210E00000\nFFFF9876543210C00000\n";

    fn read(text: &str, agreed: &str) -> Result<u32, UnfitInventory> {
        let terminals = Terminals::new(BdkAlgorithm::TDES_2KEY, None, 10);
        let reader = InventoryReader::new(Format::Csv, terminals);
        let mut inventory = AgreedInventory::new(reader, Sha256::of(agreed.as_bytes()));
        for piece in text.as_bytes().chunks(7) {
            inventory.read(piece, |_| {});
        }
        inventory.finish(|_| {})
    }

    #[test]
    fn every_byte_is_that_of_the_inventory_that_was_agreed_on() {
        assert_eq!(read(LIST, LIST), Ok(2));
        let changed = UnfitInventory::Changed {
            found: Sha256::of(format!("{LIST}\n").as_bytes()),
            agreed: Sha256::of(LIST.as_bytes()),
        };
        assert_eq!(read(&format!("{LIST}\n"), LIST), Err(changed));
    }

    #[test]
    fn a_wrong_line_is_told_before_the_digest() {
        let error = read(&format!("{LIST}x\n"), LIST).unwrap_err();
        let words = "line 3: it is no key serial number: it is not hex";
        assert_eq!(error.to_string(), words);
    }
}
