//! One terminal.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportKeyMaterial, ExportTr34KeyBlock, Tr34KeyBlockFormat, WrappedKey, WrappedKeyMaterialFormat,
};
use ceremony::certificate::Certificate;
use ceremony::fleet::{Bdk, Outcome, Receiver, SerialNumber};
use ceremony::tr34::Expected;
use ceremony::utc::Utc;
use fleets::Answer;
use kdh::Host;
use step::ServiceError;

use crate::{Error, issuing_ca};

/// What all blocks of a batch have in common.
pub(crate) struct Blocks<'a> {
    pub(crate) client: &'a Client,
    pub(crate) bdk: &'a Bdk,
    pub(crate) receiver: &'a Receiver,
    /// That of the receiver, proven.
    pub(crate) leaf: &'a Certificate,
    pub(crate) host: &'a Host,
}

impl Blocks<'_> {
    /// What becomes of one terminal. An error is none of the terminal's own, and ends the batch.
    pub(crate) async fn one(&self, number: &SerialNumber) -> Result<Outcome, Error> {
        let failed = |reason: &str| Outcome::Failed {
            ksn: number.clone(),
            failed: reason.to_owned(),
        };
        let wrapped = match fleets::ask(self.client, self.bdk, number, &self.material()).await {
            Ok(Answer::Wrapped(wrapped)) => wrapped,
            Ok(Answer::NotTaken) => return Ok(failed(Answer::NOT_TAKEN)),
            Err(refused @ ServiceError::ServiceRefused { .. }) => {
                let Receiver {
                    issuing_ca_key_arn,
                    policy,
                    ..
                } = self.receiver;
                return Err(Error::ExportRefused {
                    ca: issuing_ca(issuing_ca_key_arn, policy),
                    refusal: refused.to_string(),
                });
            }
            Err(error) => return Err(fleets::Error::from(error).into()),
        };
        let Some(wrapped) = wrapped else {
            return Ok(failed("the answer of ExportKey has no wrapped key"));
        };
        if wrapped.wrapped_key_material_format != WrappedKeyMaterialFormat::Tr34KeyBlock {
            return Ok(failed("what came back is no TR-34 key block"));
        }
        let Some(kcv) = fleets::check_value(&wrapped) else {
            return Ok(failed("the answer of ExportKey has no key check value"));
        };
        Ok(Outcome::Exported {
            ksn: number.clone(),
            key_block: self.checked(&wrapped)?,
            kcv,
        })
    }

    /// An initial key is of usage B1 and mode X (ANSI X9.143), and may be given on, as it must reach the
    /// terminal.
    fn checked(&self, wrapped: &WrappedKey) -> Result<String, Error> {
        let expected = Expected {
            kdh: self.host.certificate(),
            krd: self.leaf,
            algorithm: self.bdk.algorithm.as_travelling(),
            usages: &["B1"],
            modes: &['X'],
            exportabilities: &['E', 'S'],
            nonce: None,
            now: Utc::now(),
        };
        Ok(kdh::checked(&wrapped.key_material, &expected)?.key_block)
    }

    fn material(&self) -> ExportKeyMaterial {
        let block = ExportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&self.receiver.issuing_ca_key_arn)
            .wrapping_key_certificate(kdh::in_request(self.leaf))
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012);
        let block = self.host.named_in(block).build();
        ExportKeyMaterial::Tr34KeyBlock(block.expect("every required member is set"))
    }
}
