//! `WrapEcdh`: the KEK in a TR-31 key block, under a key that the proven leaf and a key of ours agree
//! on (ECDH, then ANSI X9.63 or NIST SP 800-56A).
//!
//! Our key is made once for each folder and curve, found again by its alias, and never leaves; the
//! service's own CA certifies it. What makes every derived key another one is the shared information,
//! which is random and no secret. What comes back is checked before it is passed on: the check value,
//! and what the header of the block says of its key.
//!
//! Another run makes another block of the same KEK.

mod block;
mod derivation;

use agreement::{certified, our_key};
use aws_sdk_paymentcryptography::Client;
use ceremony::algorithms::KekAlgorithm;
use ceremony::clearance::Clearance;
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::{Method, Wrapped};
use ceremony::id::Ceremony;
use ceremony::keys::KekFacts;
use ceremony::path::CertificatePath;
use ceremony::profile::{Exchange, Policy};
use ceremony::tr31::{HeaderDiffers, MalformedKeyBlock};
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

use block::checked;
use derivation::Derivation;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub path: CertificatePath,
    pub policy: Policy,
    /// That nothing on the path is revoked.
    pub revocation: Clearance,
    pub issuing_ca_key_arn: String,
    pub kek: KekFacts,
}

/// A [`Wrapped::Ecdh`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Wrapped);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self.0.recordable()
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Exchange::Ecdh {
        key_derivation_function,
        key_derivation_hash,
        derived_key,
    } = input.policy.exchange
    else {
        let (profile, step) = (input.policy.exchange.method(), Method::Ecdh);
        return Err(exports::Error::OtherMethod { profile, step }.into());
    };
    let kek = &input.kek;
    if !derived_key.may_protect(kek.algorithm) {
        let kek = kek.algorithm;
        return Err(Error::DerivedKeyTooWeak { derived_key, kek });
    }
    let proven = exports::proven(input.path, &input.policy, &input.revocation)?;
    let leaf = &proven.path().leaf;

    let pace = Pace::patient();
    let our_key = our_key(
        client,
        &input.ceremony,
        leaf.key_algorithm(),
        &pace,
        journal,
    )
    .await?;
    let ours = certified(client, &our_key, leaf.key_algorithm(), &pace).await?;
    let derivation = Derivation::fresh(key_derivation_function, key_derivation_hash, derived_key);
    let ca_key_arn = &input.issuing_ca_key_arn;
    let material = derivation.material(our_key.key_arn(), leaf, ca_key_arn, kek.origin);
    let answer = exports::export(client, &pace, kek, &material).await;
    let answer = answer.map_err(|error| exports::explained(error, ca_key_arn, &input.policy))?;
    journal.note(Deed::ExportedKey {
        key_arn: kek.key_arn.clone(),
        certificate_sha256: leaf.sha256(),
    });
    Ok(Output(Wrapped::Ecdh {
        key_block: checked(answer, kek, derived_key)?,
        shared_information: derivation.shared_information,
        key_derivation_function,
        key_derivation_hash,
        derived_key,
        ours,
    }))
}

/// Why there is no key block to pass on. None of these carries a byte of it.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Agreement(#[from] agreement::Error),
    #[error("the profile has {derived_key} derived, which is too weak to carry {kek}")]
    DerivedKeyTooWeak {
        derived_key: KekAlgorithm,
        kek: KekAlgorithm,
    },
    #[error(transparent)]
    Export(#[from] exports::Error),
    #[error("the key block that came back is of another key than was asked for: {0}")]
    KeyBlockHeaderWrong(#[from] HeaderDiffers),
    #[error("the key block that came back cannot be read: {0}")]
    KeyBlockMalformed(#[from] MalformedKeyBlock),
}

impl From<ServiceError> for Error {
    fn from(error: ServiceError) -> Self {
        Self::Export(error.into())
    }
}

impl StepError for Error {
    step::step_error_names!(Agreement, agreement::Error; Export, exports::Error);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Agreement(error) => error.remedy(),
            Self::DerivedKeyTooWeak { .. } => {
                "Correct `kekExport.exchange.derivedKey` of the profile."
            }
            Self::KeyBlockHeaderWrong(_) | Self::KeyBlockMalformed(_) => {
                exports::unknown_form::remedy()
            }
            Self::Export(error) => error.remedy(),
        }
    }
}
