//! The key distribution host (KDH): whose key signs the block, and by which certificate the partner
//! knows it.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::builders::ExportTr34KeyBlockBuilder;
use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyMaterialType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::enrolment::Installed;
use ceremony::exchange::{Load, OurCertificate, Tr34Signer};
use ceremony::utc::Utc;
use payment_keys::Pace;
use step::ServiceError;
use storage::installed_chain;

use crate::{Error, in_request};

/// What is documented for the service's own signing keys (API reference, GetParametersForExport). It
/// signs, and protects nothing: what travels may be of any strength.
const SIGNING_KEY: KeyAlgorithm = KeyAlgorithm::Rsa2048;

/// What it takes to find a host.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    pub payment: &'a Client,
    pub s3: &'a aws_sdk_s3::Client,
    /// Where the certificates of our own keys lie.
    pub evidence_bucket: &'a str,
    /// All calls of a step share one.
    pub pace: &'a Pace,
    /// Whose key signs, as the profile says.
    pub signer: Tr34Signer,
    /// The key of ours that signs, where one does.
    pub installed: Option<&'a Installed>,
    /// What its blocks are to carry.
    pub load: Load,
}

/// A host, whose certificate is verified up to its root.
pub struct Host {
    certificate: Certificate,
    /// From its issuer up to the root.
    chain: Vec<Certificate>,
    key: Key,
}

enum Key {
    /// The service's, which stands behind a token.
    Service {
        token: String,
    },
    Own {
        key_arn: String,
    },
}

impl Host {
    /// The host that the profile names, whose certificate is verified up to its root and valid now.
    pub async fn of(signing: &Signing<'_>, now: Utc) -> Result<Self, Error> {
        match (signing.signer, signing.installed) {
            (Tr34Signer::Service, _) => Self::service(signing, now).await,
            (Tr34Signer::Own, Some(installed)) => Self::own(signing, installed, now).await,
            (Tr34Signer::Own, None) => Err(Error::SigningCertificateMissing),
        }
    }

    /// The token that the service gave last is used again as long as it lasts for a week, so that it
    /// does not make a key for each ceremony, and nothing has to be kept here.
    async fn service(signing: &Signing<'_>, now: Utc) -> Result<Self, Error> {
        let answer = signing
            .pace
            .repeat(async || {
                let request = signing.payment.get_parameters_for_export();
                let request = request
                    .key_material_type(KeyMaterialType::Tr34KeyBlock)
                    .signing_key_algorithm(SIGNING_KEY)
                    .reuse_last_generated_token(true);
                let operation = "payment-cryptography:GetParametersForExport";
                let answer = request.send().await;
                answer.map_err(|error| ServiceError::new(operation, &error))
            })
            .await?;
        let certificate = only(certificates(answer.signing_key_certificate())?)?;
        let chain = certificates(answer.signing_key_certificate_chain())?;
        let token = answer.export_token;
        Self {
            certificate,
            chain,
            key: Key::Service { token },
        }
        .verified(now)
    }

    async fn own(signing: &Signing<'_>, installed: &Installed, now: Utc) -> Result<Self, Error> {
        let chain = installed_chain(signing.s3, signing.evidence_bucket, installed).await?;
        let host = Self {
            certificate: chain.certificate,
            chain: chain.issuers,
            key: Key::Own {
                key_arn: installed.key_arn.clone(),
            },
        };
        let (key, load) = (host.certificate.key_algorithm(), signing.load);
        // For keys of ours the service wants of the signing key what it wants of the leaf's (user
        // guide, "Bring Your Own Certificate Authority").
        if !load.may_travel_under(key) {
            return Err(Error::SigningKeyTooWeak {
                key: key.to_string(),
                carried: load.kek,
                required: load.required_wrapping_key(),
            });
        }
        host.verified(now)
    }

    /// Another one, if the service has another token by now. A key of ours has none.
    pub async fn renewed(&self, signing: &Signing<'_>, now: Utc) -> Result<Option<Self>, Error> {
        let Key::Service { token: old } = &self.key else {
            return Ok(None);
        };
        let host = Self::service(signing, now).await?;
        let is_new = matches!(&host.key, Key::Service { token } if token != old);
        Ok(is_new.then_some(host))
    }

    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Names it in a request for a block.
    pub fn named_in(&self, block: ExportTr34KeyBlockBuilder) -> ExportTr34KeyBlockBuilder {
        match &self.key {
            Key::Service { token } => block.export_token(token),
            Key::Own { key_arn } => block
                .signing_key_identifier(key_arn)
                .signing_key_certificate(in_request(&self.certificate)),
        }
    }

    /// What the partner has to know it by.
    pub fn into_certificate(self) -> OurCertificate {
        OurCertificate {
            key_arn: match self.key {
                Key::Service { .. } => None,
                Key::Own { key_arn } => Some(key_arn),
            },
            certificate: self.certificate,
            chain: self.chain,
        }
    }

    /// Link by link: each certificate is signed by the next, which is a CA, up to one that is signed by
    /// itself; and all are valid now. Whom to trust is the partner's to say.
    fn verified(self, now: Utc) -> Result<Self, Error> {
        let broken = |certificate: &Certificate, what| Error::SigningChainBroken {
            subject: certificate.subject().to_owned(),
            what,
        };
        let all = || std::iter::once(&self.certificate).chain(&self.chain);
        for certificate in all() {
            if now < certificate.not_before() || certificate.not_after() < now {
                return Err(broken(certificate, "is not valid now"));
            }
        }
        for (certificate, issuer) in all().zip(&self.chain) {
            if !issuer.is_ca() {
                return Err(broken(issuer, "is no CA"));
            }
            if !certificate.is_signed_by(issuer) {
                return Err(broken(certificate, "is not signed by the next one"));
            }
        }
        match self.chain.last() {
            Some(root) if root.is_self_signed() => Ok(self),
            _ => Err(broken(&self.certificate, "leads to no root")),
        }
    }
}

/// The service writes certificates as base64 of their PEM text.
fn certificates(base64: &str) -> Result<Vec<Certificate>, Error> {
    let pem = STANDARD.decode(base64);
    let pem =
        pem.map_err(|_| Error::SigningCertificateUnreadable("it is not base64".to_owned()))?;
    certificates_in(&pem).map_err(|error| Error::SigningCertificateUnreadable(error.to_string()))
}

fn only(certificates: Vec<Certificate>) -> Result<Certificate, Error> {
    match <[Certificate; 1]>::try_from(certificates) {
        Ok([certificate]) => Ok(certificate),
        Err(_) => Err(Error::SigningCertificateUnreadable(
            "there is more than one".to_owned(),
        )),
    }
}
