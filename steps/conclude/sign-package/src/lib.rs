//! `SignPackage`: every byte of a package is under the KMS key.
//!
//! The signature of `Sign` covers prefix and cryptogram, as the partner wants it, and nothing else.
//! This step, which knows no ceremony, adds two files to a package: `SHA256SUMS`, which lists every
//! other file with its digest, the manifest and the README included, as `sha256sum -c` reads it; and
//! `SHA256SUMS.sig`, the signature over the list, by the same key and algorithm. Needs kms:Sign and
//! kms:GetPublicKey on one key; creates nothing.

mod sums;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::evidence::Recordable;
use ceremony::execution::{BINARY, File, FileDigest, TEXT};
use ceremony::id::Ceremony;
use ceremony::publication::{Publication, SUMS, SUMS_SIGNATURE};
use ceremony::signature::MessageType;
use serde::{Deserialize, Serialize};
use signing::{Signer, SigningError};
use step::{Journal, StepError};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    /// As the packaging step made it.
    pub publication: Publication,
    pub algorithm: SignatureAlgorithm,
    /// PEM of the key that lies in the package: the partner knows no other.
    pub public_key: String,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// As it came, and the two files more.
    pub publication: Publication,
    pub signed: SignedList,
}

/// What is told of the list and its signature.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedList {
    pub list: FileDigest,
    pub signature: FileDigest,
    pub algorithm: SignatureAlgorithm,
    pub message_type: MessageType,
    pub key_arn: String,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        &self.signed
    }
}

pub async fn handle(signer: &Signer, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input {
        mut publication,
        algorithm,
        public_key,
        ..
    } = input;
    let list = File::new(SUMS, TEXT, sums::of(&publication)?);
    let signed = signer.sign(algorithm, &list.contents, journal).await?;
    if signed.public_key != public_key {
        let key_arn = signer.key_arn.clone();
        return Err(Error::PublicKeyDiffers { key_arn });
    }
    let signature = File::new(SUMS_SIGNATURE, BINARY, signed.signature);
    let told = SignedList {
        list: list.digest(),
        signature: signature.digest(),
        algorithm,
        message_type: signed.message_type,
        key_arn: signer.key_arn.clone(),
    };
    publication.files.extend([list, signature]);
    Ok(Output {
        publication,
        signed: told,
    })
}

/// Why the package is not signed.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("two files of the package are called `{0}`")]
    FileNameTwice(String),
    #[error("{0:?} cannot be the name of a file in a package")]
    FileNameUnusable(String),
    #[error("{key_arn} has another public key than the one in the package")]
    PublicKeyDiffers { key_arn: String },
    #[error(transparent)]
    Signing(#[from] SigningError),
}

impl StepError for Error {
    signing::signing_step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::FileNameTwice(_) | Self::FileNameUnusable(_) => {
                "This is a defect of the software: report it with the record."
            }
            Self::PublicKeyDiffers { .. } => {
                "Nothing was published. Keep the record, look at the key in KMS and at its CloudTrail \
                 events, and run the ceremony again only when it is explained."
            }
            Self::Signing(error) => error.remedy(),
        }
    }
}
