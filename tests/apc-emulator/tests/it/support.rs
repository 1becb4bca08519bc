//! What the tests share: an emulator, clients, and certificates made on the spot.

use std::sync::LazyLock;

use apc_emulator::{Config, Emulator, EmulatorHandle, Inventory, Quotas};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::config::Credentials;
use aws_sdk_paymentcryptography::config::retry::RetryConfig;
use aws_sdk_paymentcryptography::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_paymentcryptography::operation::create_key::{CreateKeyError, CreateKeyOutput};
use aws_sdk_paymentcryptography::types::{
    ImportKeyMaterial, Key, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
    RootCertificatePublicKey, TrustedCertificatePublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, RsaKeySize,
};

pub(crate) const REGION: &str = "eu-west-1";

pub(crate) async fn start() -> (EmulatorHandle, Client) {
    let emulator = Emulator::start(Config::default()).await.unwrap();
    let client = client(&emulator, REGION).await;
    (emulator, client)
}

pub(crate) async fn start_with(quotas: Quotas) -> (EmulatorHandle, Client) {
    let config = Config {
        quotas: Some(quotas),
        ..Config::default()
    };
    let emulator = Emulator::start(config).await.unwrap();
    let client = client(&emulator, REGION).await;
    (emulator, client)
}

/// This many requests, and never one more.
pub(crate) fn exactly(requests: u32) -> Quotas {
    Quotas {
        rate: 0,
        burst: requests,
        ..Quotas::default()
    }
}

/// A client that knows of nothing but the endpoint, and does not retry.
pub(crate) async fn client(emulator: &EmulatorHandle, region: &'static str) -> Client {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(emulator.url())
        .region(Region::new(region))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .retry_config(RetryConfig::disabled())
        .load()
        .await;
    Client::new(&config)
}

/// Everything that is there.
pub(crate) fn inventory(emulator: &EmulatorHandle) -> Inventory {
    emulator.controls().inventory(None)
}

/// The name of the exception that a call ended with.
#[track_caller]
pub(crate) fn exception<T, E, R>(result: Result<T, SdkError<E, R>>) -> String
where
    T: std::fmt::Debug,
    SdkError<E, R>: ProvideErrorMetadata,
{
    match result {
        Ok(output) => panic!("expected an exception, got {output:?}"),
        Err(error) => error.code().unwrap_or("no answer").to_owned(),
    }
}

/// An approval team of somebody's.
pub(crate) const TEAM: &str = "arn:aws:mpa:us-east-1:111122223333:approval-team/custodians";
/// A policy that lets one account look at a key.
pub(crate) const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::111122223333:root"},
    "Action":"payment-cryptography:GetKey","Resource":"*"}]}"#;

pub(crate) const VALIDATION: &str = "ValidationException";
pub(crate) const CONFLICT: &str = "ConflictException";
pub(crate) const NOT_FOUND: &str = "ResourceNotFoundException";
pub(crate) const THROTTLED: &str = "ThrottlingException";

pub(crate) fn attributes(
    usage: KeyUsage,
    class: KeyClass,
    algorithm: KeyAlgorithm,
    modes: KeyModesOfUse,
) -> KeyAttributes {
    KeyAttributes::builder()
        .key_usage(usage)
        .key_class(class)
        .key_algorithm(algorithm)
        .key_modes_of_use(modes)
        .build()
        .unwrap()
}

/// Attributes of a key-encrypting key.
pub(crate) fn kek(algorithm: KeyAlgorithm) -> KeyAttributes {
    let modes = KeyModesOfUse::builder()
        .encrypt(true)
        .decrypt(true)
        .wrap(true)
        .unwrap(true);
    attributes(
        KeyUsage::Tr31K0KeyEncryptionKey,
        KeyClass::SymmetricKey,
        algorithm,
        modes.build(),
    )
}

/// Attributes of a certificate authority's public key.
pub(crate) fn verifies(algorithm: KeyAlgorithm) -> KeyAttributes {
    attributes(
        KeyUsage::Tr31S0AsymmetricKeyForDigitalSignature,
        KeyClass::PublicKey,
        algorithm,
        KeyModesOfUse::builder().verify(true).build(),
    )
}

pub(crate) async fn create_kek(client: &Client, algorithm: KeyAlgorithm) -> Key {
    let output = client
        .create_key()
        .key_attributes(kek(algorithm))
        .exportable(true)
        .send()
        .await
        .unwrap();
    output.key.unwrap()
}

/// Tries to make an exportable AES-128 key-encrypting key.
pub(crate) async fn create(client: &Client) -> Result<CreateKeyOutput, SdkError<CreateKeyError>> {
    client
        .create_key()
        .key_attributes(kek(KeyAlgorithm::Aes128))
        .exportable(true)
        .send()
        .await
}

/// Makes an exportable AES-128 key-encrypting key and gives its ARN.
pub(crate) async fn create_kek_arn(client: &Client) -> String {
    create_kek(client, KeyAlgorithm::Aes128).await.key_arn
}

/// A key pair and a certificate for it.
pub(crate) struct Identity {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: &'static KeyPair,
    params: CertificateParams,
}

impl Identity {
    /// Certified by itself.
    pub(crate) fn self_signed(params: CertificateParams, key: &'static KeyPair) -> Self {
        let certificate = params.self_signed(key).unwrap();
        Self {
            certificate,
            key,
            params,
        }
    }

    /// Certified by another.
    pub(crate) fn signed_by(
        params: CertificateParams,
        key: &'static KeyPair,
        authority: &Self,
    ) -> Self {
        let issuer = Issuer::from_params(&authority.params, authority.key);
        let certificate = params.signed_by(key, &issuer).unwrap();
        Self {
            certificate,
            key,
            params,
        }
    }

    /// The certificate as the service wants it: base64 of PEM.
    pub(crate) fn wire(&self) -> String {
        STANDARD.encode(self.certificate.pem())
    }

    /// Imports it as a root.
    pub(crate) fn as_root(&self, attributes: KeyAttributes) -> ImportKeyMaterial {
        ImportKeyMaterial::RootCertificatePublicKey(
            RootCertificatePublicKey::builder()
                .key_attributes(attributes)
                .public_key_certificate(self.wire())
                .build()
                .unwrap(),
        )
    }

    /// Imports it under an authority.
    pub(crate) fn as_trusted(
        &self,
        attributes: KeyAttributes,
        authority: &str,
    ) -> ImportKeyMaterial {
        ImportKeyMaterial::TrustedCertificatePublicKey(
            TrustedCertificatePublicKey::builder()
                .key_attributes(attributes)
                .public_key_certificate(self.wire())
                .certificate_authority_public_key_identifier(authority)
                .build()
                .unwrap(),
        )
    }
}

/// Imports a root and gives its ARN.
pub(crate) async fn import_root(
    client: &Client,
    root: &Identity,
    algorithm: KeyAlgorithm,
) -> String {
    let material = root.as_root(verifies(algorithm));
    client
        .import_key()
        .key_material(material)
        .send()
        .await
        .unwrap()
        .key
        .unwrap()
        .key_arn
}

/// What a certificate authority's certificate says.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = leaf(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// What a certificate without any extension says; valid from 1975 to 4096.
pub(crate) fn leaf(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Over since yesterday, by the machine's clock.
pub(crate) fn expired(mut params: CertificateParams) -> CertificateParams {
    params.not_before = time::OffsetDateTime::now_utc() - time::Duration::days(30);
    params.not_after = time::OffsetDateTime::now_utc() - time::Duration::days(1);
    params
}

/// Beginning tomorrow, by the machine's clock.
pub(crate) fn not_yet_valid(mut params: CertificateParams) -> CertificateParams {
    params.not_before = time::OffsetDateTime::now_utc() + time::Duration::days(1);
    params.not_after = time::OffsetDateTime::now_utc() + time::Duration::days(30);
    params
}

// RSA keys take long to make, so the tests of one run share them.
pub(crate) static ROOT_3072: LazyLock<KeyPair> = LazyLock::new(|| rsa(RsaKeySize::_3072));
pub(crate) static OTHER_3072: LazyLock<KeyPair> = LazyLock::new(|| rsa(RsaKeySize::_3072));
pub(crate) static LEAF_2048: LazyLock<KeyPair> = LazyLock::new(|| rsa(RsaKeySize::_2048));
pub(crate) static LEAF_3072: LazyLock<KeyPair> = LazyLock::new(|| rsa(RsaKeySize::_3072));
pub(crate) static P256: LazyLock<KeyPair> = LazyLock::new(|| ecc(&rcgen::PKCS_ECDSA_P256_SHA256));
pub(crate) static P384: LazyLock<KeyPair> = LazyLock::new(|| ecc(&rcgen::PKCS_ECDSA_P384_SHA384));
pub(crate) static P521: LazyLock<KeyPair> = LazyLock::new(|| ecc(&rcgen::PKCS_ECDSA_P521_SHA512));

fn rsa(size: RsaKeySize) -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap()
}

fn ecc(algorithm: &'static rcgen::SignatureAlgorithm) -> KeyPair {
    KeyPair::generate_for(algorithm).unwrap()
}
