//! Why a block that was checked is a wrong one all the same.

use ceremony::proof::Refusal;
use strum::IntoStaticStr;

#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the service does not open it: {words}")]
    BlockNotOpened { words: String },
    #[error("its key is here already, as {key_arn}, and was not imported by this ceremony")]
    BlockUsedBefore { key_arn: String },
    #[error(
        "its key has the check value {found}, and {announced} was announced; the key {key_arn} is to be deleted"
    )]
    KcvDiffers {
        found: String,
        announced: String,
        key_arn: String,
    },
    #[error("its key {key_arn} had been imported, and was deleted since")]
    KekDeleted { key_arn: String },
    #[error(
        "its key is another than was asked for: {difference}; the key {key_arn} is to be deleted"
    )]
    KekDiffers { difference: String, key_arn: String },
}

impl Refused {
    fn remedy(&self) -> &'static str {
        match self {
            Self::BlockNotOpened { .. } => {
                "Ask the partner for a block that is made as the README of the newest offer says, with its \
                 shared information, nonce and certificate. If the words are about a certificate or a key of \
                 ours, correct that; a block that is dropped again is tried again."
            }
            Self::BlockUsedBefore { .. } => {
                "Ask the partner for a block that is made for the newest offer; the same file is never taken \
                 twice."
            }
            Self::KcvDiffers { .. } => {
                "Ask the partner, over another channel than the inbox, for the check value of its key, and \
                 for a block of that key."
            }
            Self::KekDeleted { .. } => {
                "Find out who deleted it and why, by the CloudTrail events of the key. If it was a mistake, \
                 ask the partner for a new block."
            }
            Self::KekDiffers { .. } => {
                "Ask the partner for a block of a key as the offer expects it. If the request is wrong, \
                 correct the document and drop it again."
            }
        }
    }

    pub(crate) fn into_refusal(self) -> Refusal {
        let error: &'static str = (&self).into();
        Refusal {
            error: error.to_owned(),
            what: format!("{self}."),
            remedy: self.remedy().to_owned(),
        }
    }
}
