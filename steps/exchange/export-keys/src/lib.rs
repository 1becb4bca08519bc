//! `ExportKeys`: working keys under the KEK, each as a TR-31 block.
//!
//! What comes back is held to what was asked, by the header that the block's own MAC covers: usage,
//! algorithm, mode of use, exportability, optional blocks; and by the key check value. Leaves nothing
//! behind; another run makes other blocks of the same keys.

mod block;

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportKeyMaterial, ExportTr31KeyBlock, KeyBlockHeaders, KeyExportability, WrappedKey,
};
use ceremony::digest::Sha256;
use ceremony::evidence::{Deed, Recordable};
use ceremony::id::Ceremony;
use ceremony::keys::Origin;
use ceremony::tr31::Header;
use ceremony::working_keys::order::KeyName;
use ceremony::working_keys::plan::{EstablishedKekFacts, ExportedKey, KekTooWeak, ReadyKey};
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};
use tokio::time::Instant;

/// How long a new key's tags may take to be seen by IAM, which allows ExportKey by them (AWS gives
/// no figure: "Tag changes take time").
const TAGS_SEEN_WITHIN: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub kek: EstablishedKekFacts,
    pub keys: Vec<ReadyKey>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// In the order in which they are asked for.
    pub keys: Vec<ExportedKey>,
}

/// Key material, wrapped or not, is not evidence: of a block there is its digest.
#[derive(Serialize)]
struct View<'a> {
    keys: Vec<KeyView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyView<'a> {
    name: &'a KeyName,
    key_arn: &'a str,
    kcv: &'a str,
    header: &'a Header,
    key_block_sha256: Sha256,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        let keys = self.keys.iter().map(|exported| KeyView {
            name: &exported.key.name,
            key_arn: &exported.key.key_arn,
            kcv: &exported.key.kcv,
            header: &exported.header,
            key_block_sha256: Sha256::of(exported.key_block.as_bytes()),
        });
        View {
            keys: keys.collect(),
        }
    }
}

pub async fn handle(client: &Client, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Input { kek, keys, .. } = input;
    // Before anything leaves.
    for key in &keys {
        kek.is_strong_enough_for(&key.name, key.algorithm)?;
    }
    let pace = Pace::patient();
    let mut exported = Vec::with_capacity(keys.len());
    for key in keys {
        let wrapped = export(client, &kek, &key, &pace).await?;
        journal.note(Deed::ExportedUnderKek {
            key_arn: key.key_arn.clone(),
            kek_key_arn: kek.key_arn.clone(),
        });
        exported.push(block::checked(wrapped, &kek, key)?);
    }
    Ok(Output { keys: exported })
}

/// Asks again where that can help: exporting twice does no harm.
async fn export(
    client: &Client,
    kek: &EstablishedKekFacts,
    key: &ReadyKey,
    pace: &Pace,
) -> Result<WrappedKey, Error> {
    let material = material(kek, key);
    let start = Instant::now();
    let answer = loop {
        let exported = pace
            .repeat(async || {
                let request = client.export_key().export_key_identifier(&key.key_arn);
                let answer = request.key_material(material.clone()).send().await;
                answer.map_err(|error| ServiceError::new("payment-cryptography:ExportKey", &error))
            })
            .await;
        match exported {
            Err(ServiceError::AccessDenied { .. })
                if key.origin == Origin::Created && start.elapsed() < TAGS_SEEN_WITHIN =>
            {
                tokio::time::sleep(TAGS_SEEN_WITHIN / 8).await;
            }
            done => break done?,
        }
    };
    answer.wrapped_key.ok_or_else(|| Error::BlockMissing {
        name: key.name.to_string(),
    })
}

fn material(kek: &EstablishedKekFacts, key: &ReadyKey) -> ExportKeyMaterial {
    let exportability = KeyExportability::from(key.exportability.service_name());
    let mut headers = KeyBlockHeaders::builder().key_exportability(exportability);
    for block in &key.optional_blocks {
        headers = headers.optional_blocks(&block.id, &block.data);
    }
    let block = ExportTr31KeyBlock::builder()
        .wrapping_key_identifier(&kek.key_arn)
        .key_block_headers(headers.build());
    ExportKeyMaterial::Tr31KeyBlock(block.build().expect("every required member is set"))
}

/// Why a key is not under the KEK.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("the key block of `{name}` is not what was asked for: {reason}")]
    BlockDiffers { name: String, reason: String },
    #[error("the answer for `{name}` has no key block")]
    BlockMissing { name: String },
    #[error("the exported key `{name}` has KCV {found}, the key has {expected}")]
    KcvMismatch {
        name: String,
        expected: String,
        found: String,
    },
    #[error(transparent)]
    KekTooWeak(#[from] KekTooWeak),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::KcvMismatch { .. } => {
                "Do not send anything: another key was wrapped. Keep the record and find out which, with \
                 AWS Support if need be."
            }
            Self::BlockDiffers { .. } | Self::BlockMissing { .. } => {
                "Payment Cryptography answered in a form this software does not know, and nothing \
                 was passed on: look for a newer version, and report it with the record."
            }
            Self::KekTooWeak(_) => {
                "Correct `kekExport.kek` of the profile and drop the leaf again, so that a stronger KEK is \
                 sent first; or order a weaker key."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
