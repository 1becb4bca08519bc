//! `WrapTr34`: the KEK under the proven leaf, in a TR-34 block (ANSI X9.139, `X9_TR34_2012`).
//!
//! The block is signed by a key of the service, or by a key of ours whose certificate is enrolled. What
//! comes back is read and verified with the certificates before it is passed on: form, signature,
//! digest, sender and receiver, header, nonce or time, and the KEK's KCV. Leaves nothing behind: the
//! service's signing key and token are its own, and are used again as long as they last.

use aws_sdk_paymentcryptography::operation::export_key::ExportKeyOutput;
use aws_sdk_paymentcryptography::types::{
    ExportKeyMaterial, ExportTr34KeyBlock, Tr34KeyBlockFormat, WrappedKeyMaterialFormat,
};
use ceremony::certificate::Certificate;
use ceremony::clearance::Clearance;
use ceremony::enrolment::Installed;
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::{Method, Nonce, Wrapped};
use ceremony::id::Ceremony;
use ceremony::keys::{KekFacts, Origin};
use ceremony::path::CertificatePath;
use ceremony::profile::{Exchange, Policy};
use ceremony::tr34::Expected;
use ceremony::utc::Utc;
use kdh::{Checked, Host, Signing};
use payment_keys::Pace;
use serde::{Deserialize, Serialize};
use step::{Journal, ServiceError, StepError};
use strum::{IntoStaticStr, VariantNames};

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
    /// The partner's, where the exchange has two passes.
    pub nonce: Option<Nonce>,
    /// The key of ours that signs, where one does.
    pub signer: Option<Installed>,
}

/// A [`Wrapped::Tr34`].
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Output(pub Wrapped);

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self.0.recordable()
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub payment: aws_sdk_paymentcryptography::Client,
    pub s3: aws_sdk_s3::Client,
    /// Where the certificates of our own keys lie.
    pub evidence_bucket: String,
}

pub async fn handle(context: &Context, input: Input, journal: &Journal) -> Result<Output, Error> {
    let Exchange::Tr34 { signer, .. } = input.policy.exchange else {
        return Err(Error::Export(exports::Error::OtherMethod {
            profile: input.policy.exchange.method(),
            step: Method::Tr34,
        }));
    };
    let asked = Asked::new(&input)?;
    let proven = exports::proven(input.path.clone(), &input.policy, &input.revocation)?;
    let leaf = &proven.path().leaf;
    let pace = Pace::patient();
    let signing = Signing {
        payment: &context.payment,
        s3: &context.s3,
        evidence_bucket: &context.evidence_bucket,
        pace: &pace,
        signer,
        installed: input.signer.as_ref(),
        load: input.policy.load(),
    };
    let host = Host::of(&signing, Utc::now()).await?;
    let (host, answer) = export(&signing, host, leaf, &asked).await?;
    journal.note(Deed::ExportedKey {
        key_arn: input.kek.key_arn.clone(),
        certificate_sha256: leaf.sha256(),
    });
    let format = WrappedKeyMaterialFormat::Tr34KeyBlock;
    let key_block = exports::key_material(answer, &format, &input.kek)?;
    let ours = host.into_certificate();
    let Checked { key_block, header } =
        asked.checked(&key_block, &ours.certificate, leaf, Utc::now())?;
    Ok(Output(Wrapped::Tr34 {
        key_block,
        header,
        nonce: asked.nonce.cloned(),
        signer,
        ours,
    }))
}

/// What is asked of the service for this ceremony.
struct Asked<'a> {
    input: &'a Input,
    nonce: Option<&'a Nonce>,
}

impl<'a> Asked<'a> {
    fn new(input: &'a Input) -> Result<Self, Error> {
        let nonce = if input.policy.exchange.takes_a_nonce() {
            Some(input.nonce.as_ref().ok_or(Error::NonceMissing)?)
        } else {
            None
        };
        Ok(Self { input, nonce })
    }

    fn material(&self, leaf: &Certificate, host: &Host) -> ExportKeyMaterial {
        let block = ExportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&self.input.issuing_ca_key_arn)
            .wrapping_key_certificate(kdh::in_request(leaf))
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
            .set_random_nonce(self.nonce.map(Nonce::hex));
        let block = host.named_in(block).build();
        ExportKeyMaterial::Tr34KeyBlock(block.expect("every required member is set"))
    }

    fn checked(
        &self,
        key_block: &str,
        kdh: &Certificate,
        leaf: &Certificate,
        now: Utc,
    ) -> Result<Checked, kdh::Error> {
        let (usages, modes) = attributes(self.input.kek.origin);
        let expected = Expected {
            kdh,
            krd: leaf,
            algorithm: self.input.kek.algorithm,
            usages,
            modes,
            exportabilities: &['E'],
            nonce: self.nonce,
            now,
        };
        kdh::checked(key_block, &expected)
    }
}

/// The usages and modes that a KEK may have. `create-kek` makes K0 keys that encrypt, decrypt, wrap and
/// unwrap. One that a profile names may be K1, and good for one direction only.
fn attributes(origin: Origin) -> (&'static [&'static str], &'static [char]) {
    match origin {
        Origin::Created | Origin::Found => (&["K0"], &['B']),
        Origin::Order | Origin::Profile => (&["K0", "K1"], &['B', 'D', 'E']),
    }
}

/// A token of the service may have had its time since it was asked for: then there is another one, with
/// which the export is tried once more. If it is still the same, the service refuses something else.
async fn export(
    signing: &Signing<'_>,
    host: Host,
    leaf: &Certificate,
    asked: &Asked<'_>,
) -> Result<(Host, ExportKeyOutput), Error> {
    let Input {
        kek,
        issuing_ca_key_arn,
        policy,
        ..
    } = asked.input;
    let exported = async |host: &Host| {
        let material = asked.material(leaf, host);
        exports::export(signing.payment, signing.pace, kek, &material).await
    };
    let refusal = match exported(&host).await {
        Ok(answer) => return Ok((host, answer)),
        Err(error) => error,
    };
    if matches!(refusal, ServiceError::ServiceRefused { .. })
        && let Some(renewed) = host.renewed(signing, Utc::now()).await?
    {
        let answer = exported(&renewed).await;
        let answer = answer.map_err(|e| exports::explained(e, issuing_ca_key_arn, policy))?;
        return Ok((renewed, answer));
    }
    Err(exports::explained(refusal, issuing_ca_key_arn, policy).into())
}

/// Why there is no block to pass on. None of these carries a byte of one.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    Export(#[from] exports::Error),
    #[error(transparent)]
    Host(#[from] kdh::Error),
    #[error("the exchange has two passes, and there is no nonce to answer")]
    NonceMissing,
}

impl StepError for Error {
    step::step_error_names!(Export, exports::Error; Host, kdh::Error);

    fn remedy(&self) -> &'static str {
        match self {
            Self::Export(error) => error.remedy(),
            Self::Host(error) => error.remedy(),
            Self::NonceMissing => "This is a defect of the software: report it with the record.",
        }
    }
}
