//! Why a block does not go to the service. None of these carries a byte of what may be a key.

use strum::IntoStaticStr;

use super::encoding::{MAX_FILE_BYTES, Unreadable};
use super::offer::OfferId;
use super::place::BlockForm;
use crate::algorithms::{KekAlgorithm, KeyAlgorithm};
use crate::bundle::Form;
use crate::proof::Refusal;
use crate::tr31::{HeaderDiffers, MalformedKeyBlock};
use crate::tr34::{MalformedBlock, Mismatch};
use crate::utc::Utc;

/// A block that is refused ends nothing: a right one is waited for as before.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("its sender is not the certificate that was proven: {0}")]
    BlockByAnother(Mismatch),
    #[error("it protects its key too weakly: {0}")]
    BlockCipherWeak(Mismatch),
    #[error("it is for another receiver than the one of the offer: {0}")]
    BlockForAnother(Mismatch),
    #[error("it is not as its sender signed it: {0}")]
    BlockForged(Mismatch),
    #[error("it was deleted before it was read")]
    BlockGone,
    #[error("its key is another than was asked for: {0}")]
    BlockHeaderDiffers(HeaderDiffers),
    #[error("its key is another than was asked for: {0}")]
    BlockKeyDiffers(Mismatch),
    #[error("it has {found} bytes, and a block under {key} has {expected}")]
    BlockLengthWrong {
        found: usize,
        expected: usize,
        key: KeyAlgorithm,
    },
    #[error("it is not of this exchange: {0}")]
    BlockNotFresh(Mismatch),
    #[error("it is no number below the modulus of {key}, and so was not made for that key")]
    BlockNotUnderOfferedKey { key: KeyAlgorithm },
    #[error("it has {found} characters or bytes; {least} to {most} are possible")]
    BlockSizeWrong {
        found: usize,
        least: usize,
        most: usize,
    },
    #[error("it is too short to have a key of {algorithm} in it")]
    BlockTooShort { algorithm: KekAlgorithm },
    #[error("{0}")]
    BlockUnreadable(Unreadable),
    #[error(
        "by its optional block KP it is protected by a key with the check value {found}, not {expected}"
    )]
    BlockUnderAnotherKey { found: String, expected: String },
    #[error(
        "it has an optional block with other characters than letters and digits, which the service does not take"
    )]
    CharactersNotTaken,
    #[error("it may be a key in the clear: it has as many bytes, or hex digits, as a key has")]
    ClearKeyReceived,
    #[error(
        "by its optional block KC its key has the check value {found}, and {announced} was announced"
    )]
    KcvDiffers { found: String, announced: String },
    #[error("it is no TR-31 block: {0}")]
    KeyBlockMalformed(MalformedKeyBlock),
    #[error("it was made for an offer that had its time at {at}")]
    OfferExpired { at: Utc },
    #[error(
        "it was made for the offer {made_for}, which had its time; the one that stands is {current}"
    )]
    OfferStale { made_for: OfferId, current: OfferId },
    #[error(
        "it names an offer that was never made to this request; the one that stands is {current}"
    )]
    OfferUnknown { current: OfferId },
    #[error(
        "by its name it is of the form `{found}`, and the offer is for one of the form `{expected}`"
    )]
    OtherForm {
        found: BlockForm,
        expected: BlockForm,
    },
    #[error("by its name it is for another request")]
    OtherRequest,
    #[error("it holds a private key ({0})")]
    PrivateKeyReceived(Form),
    #[error("it is no TR-34 block: {0}")]
    Tr34BlockMalformed(MalformedBlock),
}

impl Refused {
    /// Its name, for events and records.
    pub fn error(&self) -> &'static str {
        self.into()
    }

    /// What to do, for the people on both sides.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::BlockByAnother(_) | Self::BlockForged(_) => {
                "Ask the partner, over another channel than the inbox, whether that block is its own, and for \
                 one that is signed by the key of its certificate."
            }
            Self::BlockCipherWeak(_) => {
                "Ask the partner for a block whose content is encrypted by AES."
            }
            Self::BlockGone => "Ask the partner for the block again.",
            Self::BlockHeaderDiffers(_) | Self::BlockKeyDiffers(_) | Self::BlockTooShort { .. } => {
                "Ask the partner for a block of a key as the offer expects it. If the request is wrong, \
                 correct the document and drop it again."
            }
            Self::KcvDiffers { .. } => {
                "Ask the partner, over another channel than the inbox, for the check value of its key, and \
                 for a block of that key."
            }
            Self::ClearKeyReceived | Self::PrivateKeyReceived(_) => {
                "If it is a key, treat that key as compromised and delete every version of the object."
            }
            Self::OfferExpired { .. } | Self::OfferStale { .. } | Self::OfferUnknown { .. } => {
                "Ask the partner for a block by the newest offer in the outbox, under the name that its README \
                 says."
            }
            Self::BlockForAnother(_)
            | Self::BlockLengthWrong { .. }
            | Self::BlockNotFresh(_)
            | Self::BlockNotUnderOfferedKey { .. }
            | Self::BlockSizeWrong { .. }
            | Self::BlockUnderAnotherKey { .. }
            | Self::BlockUnreadable(_)
            | Self::CharactersNotTaken
            | Self::KeyBlockMalformed(_)
            | Self::OtherForm { .. }
            | Self::OtherRequest
            | Self::Tr34BlockMalformed(_) => {
                "Ask the partner for a block that is made as the README of the offer says."
            }
        }
    }

    /// Of a file that is larger than any that is read.
    pub fn of_size(bytes: u64) -> Self {
        Self::BlockSizeWrong {
            found: usize::try_from(bytes).unwrap_or(usize::MAX),
            least: 1,
            most: MAX_FILE_BYTES,
        }
    }

    pub fn into_refusal(self) -> Refusal {
        Refusal {
            error: self.error().to_owned(),
            what: format!("{self}."),
            remedy: self.remedy().to_owned(),
        }
    }
}

impl From<Mismatch> for Refused {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::OtherHost => Self::BlockByAnother(mismatch),
            Mismatch::EncryptedKeyLength { .. } | Mismatch::OtherDevice => {
                Self::BlockForAnother(mismatch)
            }
            Mismatch::Digest | Mismatch::Signature => Self::BlockForged(mismatch),
            Mismatch::Header { .. } => Self::BlockKeyDiffers(mismatch),
            Mismatch::Nonce | Mismatch::SigningTime { .. } => Self::BlockNotFresh(mismatch),
            Mismatch::WeakCipher => Self::BlockCipherWeak(mismatch),
        }
    }
}
