//! Why a line is not imported. None of these carries a byte of what may be a key.

use strum::IntoStaticStr;

use crate::algorithms::KekAlgorithm;
use crate::key_import::refused::Refused as Unreadable;
use crate::proof::Refusal;
use crate::working_keys::MalformedOrder;

/// A line that is refused stops none of the others.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error)]
pub enum Refused {
    /// Only what the service says of the key tells how long it is.
    #[error("its key is {found}, and allowed are {allowed}")]
    AlgorithmNotAllowed {
        found: KekAlgorithm,
        allowed: String,
    },
    #[error("the service does not take the block: {words}")]
    BlockNotTaken { words: String },
    #[error("{0}")]
    BlockUnreadable(Unreadable),
    #[error(
        "by its optional block KP it is protected by a key with the check value {found}, and the KEK has \
         {expected}"
    )]
    BlockUnderAnotherKek { found: String, expected: String },
    #[error("its {field} is `{found}`, and allowed are {allowed}")]
    HeaderNotAllowed {
        field: &'static str,
        found: String,
        allowed: String,
    },
    #[error("its key has the check value {found}, and {announced} was announced")]
    KcvDiffers { found: String, announced: String },
    #[error(
        "no check value of its key is announced, neither in the file nor by an optional block KC"
    )]
    KcvNotAnnounced,
    #[error("the KEK is {kek}, which is too weak for a key of {key}")]
    KekTooWeak {
        kek: KekAlgorithm,
        key: KekAlgorithm,
    },
    #[error("its key {key_arn} had been imported, and was deleted since")]
    KeyDeleted { key_arn: String },
    #[error("the service makes another key of it than its header says: {reason}")]
    KeyDiffers { reason: String },
    #[error("its key {key_arn} had been imported, and cannot be used: {reason}")]
    KeyOutOfUse { key_arn: String, reason: String },
    #[error("the line cannot be read: {0}")]
    LineMalformed(MalformedOrder),
    #[error("another line of the file has the same name")]
    NameTwice,
    #[error("its optional block {id} is none of those that change nothing of what a key is for")]
    OptionalBlockNotAllowed { id: String },
    #[error(
        "it is a block of version {found}, and under a KEK of {kek} blocks are of version {expected}"
    )]
    VersionNotOfKek {
        found: char,
        expected: char,
        kek: KekAlgorithm,
    },
}

impl Refused {
    /// Its name, for results and records.
    pub fn error(&self) -> &'static str {
        match self {
            Self::BlockUnreadable(why) => why.error(),
            other => other.into(),
        }
    }

    /// What the partner is to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::AlgorithmNotAllowed { .. }
            | Self::HeaderNotAllowed { .. }
            | Self::OptionalBlockNotAllowed { .. } => {
                "Send a key of a kind that is agreed on for this folder; or ask us to have the agreement \
                 changed, and drop the file again."
            }
            Self::BlockNotTaken { .. } | Self::BlockUnderAnotherKek { .. } => {
                "Wrap the key under the KEK whose check value the package names, and drop the block again."
            }
            Self::BlockUnreadable(
                Unreadable::ClearKeyReceived | Unreadable::PrivateKeyReceived(_),
            ) => {
                "If it is a key, treat that key as compromised and have every version of the file deleted."
            }
            Self::BlockUnreadable(_) | Self::LineMalformed(_) => {
                "Send the text of the key block as your HSM puts it out, and drop the file again."
            }
            Self::KcvDiffers { .. } => {
                "Compare the check value that your HSM shows for the key with the announced one, and send a \
                 block of the right key."
            }
            Self::KcvNotAnnounced => {
                "Announce the check value: by `kcv` of the line, or by the optional block KC."
            }
            Self::KekTooWeak { .. } | Self::VersionNotOfKek { .. } => {
                "Wrap the key under a KEK that is strong enough, which has to be sent first if there is none."
            }
            Self::KeyDeleted { .. } => {
                "Send a new block; or, if the deletion was a mistake, ask us to restore the key and drop the \
                 file again."
            }
            Self::KeyDiffers { .. } => "Ask us to look into it, and send a new block.",
            Self::KeyOutOfUse { .. } => {
                "Ask us why the use of the key was stopped, and drop the file again when it can be used."
            }
            Self::NameTwice => "Give each key a name of its own, and drop the file again.",
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

impl From<Unreadable> for Refused {
    fn from(why: Unreadable) -> Self {
        Self::BlockUnreadable(why)
    }
}
