//! What a block says of its key in clear, held to the request and to the offer that it was made for.
//!
//! Whether the block is intact, under which key it lies and what is in it, only the service can say: a block
//! that passes here may still be refused there. But none goes there of which it can be seen that the key
//! in it would be another than was asked for.

use serde::{Deserialize, Serialize};

use super::attributes::Kcv;
use super::counterpart::Counterpart;
use super::encoding;
use super::offer::{Offer, OfferId, Terms};
use super::place::BlockPlace;
use super::refused::Refused;
use super::request::ExpectedKek;
use crate::algorithms::{KekAlgorithm, OaepHash};
use crate::digest::Sha256;
use crate::evidence::Recordable;
use crate::exchange::Nonce;
use crate::public_key::RsaKey;
use crate::tr31::{Asked, Header, agree, letter_of, version_under};
use crate::tr34;
use crate::utc::Utc;

/// What a block is held to.
#[derive(Clone, Copy, Debug)]
pub struct Awaited<'a> {
    pub offer: &'a Offer,
    /// Those of the same request that had their time.
    pub earlier_offers: &'a [OfferId],
    pub counterpart: &'a Counterpart,
    /// As it was announced.
    pub kcv: Option<&'a Kcv>,
    pub now: Utc,
}

/// A block that may go to the service.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(
    tag = "form",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum CheckedBlock {
    Tr31 {
        /// The text that it is.
        key_block: String,
        header: Header,
    },
    Tr34 {
        /// In DER, upper-case hex.
        key_block: String,
        /// The sixteen characters that its signature covers.
        header: String,
        /// The one of the offer, where the exchange has two passes.
        nonce: Option<Nonce>,
    },
    Oaep {
        /// The RSA block, upper-case hex.
        cryptogram: String,
        hash: OaepHash,
    },
}

impl Awaited<'_> {
    /// Whether the file that lies there may go to the service.
    pub fn check(&self, place: &BlockPlace, file: &[u8]) -> Result<CheckedBlock, Refused> {
        let Self { offer, now, .. } = *self;
        // What must not lie there is told, whatever its name is.
        let of_offer = place.is_for(offer, self.earlier_offers, now);
        if let Err(refused) = of_offer {
            return Err(encoding::secret_in(file).unwrap_or(refused));
        }
        let expected = &offer.expected;
        match &offer.terms {
            Terms::Ecdh { derived_key, .. } => {
                let protection = Protection::agreed(*derived_key);
                tr31_block(file, protection, expected, self.kcv)
            }
            Terms::Tr34 { ours, nonce, .. } => {
                let Counterpart::Signs(sender) = self.counterpart else {
                    return Err(Refused::BlockByAnother(tr34::Mismatch::OtherHost));
                };
                let der = encoding::tr34(file)?;
                let block = tr34::KeyBlock::read(&der).map_err(Refused::Tr34BlockMalformed)?;
                let expected = tr34::Expected {
                    kdh: &sender.path().leaf,
                    krd: &ours.certificate,
                    algorithm: expected.algorithm,
                    usages: &[expected.usage.as_str()],
                    modes: &letters(expected.modes.as_str()),
                    exportabilities: &letters(expected.exportability.as_str()),
                    nonce: nonce.as_ref(),
                    now,
                };
                block.verify_received(&expected, offer.made_at)?;
                Ok(CheckedBlock::Tr34 {
                    key_block: hex::encode_upper(&der),
                    header: block.header().to_owned(),
                    nonce: nonce.clone(),
                })
            }
            Terms::RsaOaep { ours, hash } => {
                let key = ours.algorithm();
                let length = key.modulus_bytes().unwrap_or_default();
                let block = encoding::rsa_block(file, length)?;
                if block.len() != length {
                    return Err(Refused::BlockLengthWrong {
                        found: block.len(),
                        expected: length,
                        key: key.clone(),
                    });
                }
                let certificate = ours.certificate.parsed();
                let modulus = certificate.as_ref().map(|it| it.public_key());
                let modulus = modulus.and_then(RsaKey::read);
                if !modulus.is_some_and(|modulus| modulus.is_above(&block)) {
                    return Err(Refused::BlockNotUnderOfferedKey { key: key.clone() });
                }
                Ok(CheckedBlock::Oaep {
                    cryptogram: hex::encode_upper(block),
                    hash: *hash,
                })
            }
            // INFERRED: what the facility derives is documented nowhere, but for the pair that it agrees
            // with, which is as strong as AES-256.
            Terms::Physical { .. } => {
                let protection = Protection::agreed(KekAlgorithm::AES_256);
                tr31_block(file, protection, expected, self.kcv)
            }
        }
    }
}

/// The key that protects a TR-31 block.
#[derive(Clone, Copy, Debug)]
pub struct Protection<'a> {
    algorithm: KekAlgorithm,
    /// Key check value, hex.
    kcv: Option<&'a str>,
}

impl<'a> Protection<'a> {
    /// One that both sides derive, and whose check value nobody here knows.
    pub fn agreed(algorithm: KekAlgorithm) -> Self {
        Self {
            algorithm,
            kcv: None,
        }
    }

    /// A KEK that is established with the partner.
    pub fn established(algorithm: KekAlgorithm, kcv: &'a str) -> Self {
        Self {
            algorithm,
            kcv: Some(kcv),
        }
    }
}

/// Optional blocks that HSMs add and that change nothing of what a key is for: check values of the key
/// (`KC`) and of the one that protects it (`KP`), a label, and times. The others of X9.143 §6.3.6 restrict the
/// key, belong to keys that are no KEK, or say that a weaker key has protected it (`WP`).
const ADDED: [&str; 5] = ["KC", "KP", "LB", "TC", "TS"];

/// Whether a TR-31 block may go to the service, by its header.
pub fn tr31_block(
    file: &[u8],
    protection: Protection<'_>,
    expected: &ExpectedKek,
    announced: Option<&Kcv>,
) -> Result<CheckedBlock, Refused> {
    let block = encoding::tr31(file)?;
    let header = block.header();
    let optional_blocks = expected.optional_blocks.iter();
    let optional_blocks: Vec<(&str, &str)> = optional_blocks
        .map(|it| (it.id.as_str(), it.data.as_str()))
        .collect();
    let asked = Asked {
        version: version_under(protection.algorithm),
        usages: &[expected.usage.as_str()],
        algorithm: letter_of(expected.algorithm),
        modes: &[expected.modes.as_str()],
        exportabilities: &[expected.exportability.as_str()],
        optional_blocks: &optional_blocks,
    };
    header
        .answers_but_for(&asked, &ADDED)
        .map_err(Refused::BlockHeaderDiffers)?;
    if !block.has_room_for(expected.algorithm.key_bytes()) {
        let algorithm = expected.algorithm;
        return Err(Refused::BlockTooShort { algorithm });
    }
    if let (Some(found), Some(expected)) = (check_value(header, "KP"), protection.kcv)
        && !agree(found, expected)
    {
        let [found, expected] = [found, expected].map(str::to_owned);
        return Err(Refused::BlockUnderAnotherKey { found, expected });
    }
    if let (Some(found), Some(announced)) = (check_value(header, "KC"), announced)
        && !agree(found, announced.as_str())
    {
        let [found, announced] = [found, announced.as_str()].map(str::to_owned);
        return Err(Refused::KcvDiffers { found, announced });
    }
    Ok(CheckedBlock::Tr31 {
        key_block: block.as_str().to_owned(),
        header: header.clone(),
    })
}

/// A check value in an optional block, however it was computed: of old or by a CMAC.
fn check_value<'a>(header: &'a Header, id: &str) -> Option<&'a str> {
    header.check_value(id, &["00", "01"])
}

/// A field of a header is one letter.
fn letters(field: &str) -> Vec<char> {
    field.chars().collect()
}

impl CheckedBlock {
    /// What goes to the service, as bytes: a TR-31 block is the text that it is.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Tr31 { key_block, .. } => key_block.as_bytes().to_vec(),
            // They are hex because they were made so here.
            Self::Tr34 { key_block, .. } => hex::decode(key_block).unwrap_or_default(),
            Self::Oaep { cryptogram, .. } => hex::decode(cryptogram).unwrap_or_default(),
        }
    }
}

/// What may be recorded: key material, wrapped or not, is not evidence. Of the block there is its digest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    bytes: usize,
    sha256: Sha256,
    #[serde(flatten)]
    says: Says<'a>,
}

#[derive(Serialize)]
#[serde(
    tag = "form",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
enum Says<'a> {
    Tr31 {
        header: &'a Header,
    },
    Tr34 {
        header: &'a str,
        nonce: Option<&'a Nonce>,
    },
    Oaep {
        hash: OaepHash,
    },
}

impl Recordable for CheckedBlock {
    fn recordable(&self) -> impl Serialize {
        let bytes = self.bytes();
        View {
            bytes: bytes.len(),
            sha256: Sha256::of(&bytes),
            says: match self {
                Self::Tr31 { header, .. } => Says::Tr31 { header },
                Self::Tr34 { header, nonce, .. } => Says::Tr34 {
                    header,
                    nonce: nonce.as_ref(),
                },
                Self::Oaep { hash, .. } => Says::Oaep { hash: *hash },
            },
        }
    }
}
