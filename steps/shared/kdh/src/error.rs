//! Why there is no block to pass on.

use ceremony::algorithms::KekAlgorithm;
use ceremony::tr34::{MalformedBlock, Mismatch};
use step::{ServiceError, StepError};
use storage::{InstalledError, StorageError};
use strum::{IntoStaticStr, VariantNames};

/// None of these carries a byte of a block, but for the header of one that is another than was asked
/// for.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the TR-34 block has another sender or receiver: {0}")]
    BlockByOrForAnother(Mismatch),
    #[error("the TR-34 block protects the key too weakly: {0}")]
    BlockCipherWeak(Mismatch),
    #[error("the TR-34 block cannot be verified: {0}")]
    BlockForged(Mismatch),
    #[error("the TR-34 block carries a key of other attributes: {0}")]
    BlockHeaderWrong(Mismatch),
    #[error("the TR-34 block is malformed: {0}")]
    BlockMalformed(#[from] MalformedBlock),
    #[error("the TR-34 block is not of this exchange: {0}")]
    BlockNotFresh(Mismatch),
    #[error("the TR-34 block is not hex")]
    BlockNotHex,
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the profile says that a key of ours signs, and no certificate is installed for it")]
    SigningCertificateMissing,
    #[error("the certificate of the signing key cannot be read: {0}")]
    SigningCertificateUnreadable(String),
    #[error("of the certificates of the signing key, `{subject}` {what}")]
    SigningChainBroken { subject: String, what: &'static str },
    #[error("our signing key is {key}, which may not sign for {carried}; it takes {required}")]
    SigningKeyTooWeak {
        key: String,
        carried: KekAlgorithm,
        required: &'static str,
    },
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Self {
        match mismatch {
            Mismatch::EncryptedKeyLength { .. } | Mismatch::OtherDevice | Mismatch::OtherHost => {
                Self::BlockByOrForAnother(mismatch)
            }
            Mismatch::Digest | Mismatch::Signature => Self::BlockForged(mismatch),
            Mismatch::Header { .. } => Self::BlockHeaderWrong(mismatch),
            Mismatch::Nonce | Mismatch::SigningTime { .. } => Self::BlockNotFresh(mismatch),
            Mismatch::WeakCipher => Self::BlockCipherWeak(mismatch),
        }
    }
}

impl From<InstalledError> for Error {
    fn from(error: InstalledError) -> Self {
        error.told_as(Self::SigningCertificateUnreadable)
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::BlockByOrForAnother(_) | Self::BlockForged(_) | Self::BlockNotFresh(_) => {
                "Do not send anything: something between this software and Payment Cryptography \
                 answered with a block that is not for this request. Keep the record and find out \
                 which, with AWS Support if need be."
            }
            Self::BlockHeaderWrong(_) => {
                "The partner would take what is in it for another kind of key. If the profile names it, \
                 a KEK in `kek.keyArn` say, have an operator name one that is of the right kind; else \
                 report it with the record."
            }
            Self::BlockCipherWeak(_) | Self::BlockMalformed(_) | Self::BlockNotHex => {
                exports::unknown_form::remedy()
            }
            Self::Service(error) => error.remedy(),
            Self::SigningCertificateMissing => {
                "This is a defect of the software: report it with the record."
            }
            Self::SigningCertificateUnreadable(_) | Self::SigningChainBroken { .. } => {
                "If a key of ours signs, enrol its certificate again, with all issuers up to the root; \
                 if the service's key does, report it with the record."
            }
            Self::SigningKeyTooWeak { .. } => {
                "Have a stronger signing key made and its certificate enrolled (`ceremony enrol request \
                 tr34 --new-key`), or have an operator name another signer in the profile."
            }
        }
    }
}
