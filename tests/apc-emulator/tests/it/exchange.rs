//! Two regions that exchange keys, and the steps they do it in.

use apc_emulator::EmulatorHandle;
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::error::ProvideErrorMetadata;
use aws_sdk_paymentcryptography::types::{
    DeriveKeyUsage, ExportAttributes, ExportKeyMaterial, ImportKeyMaterial, Key, KeyAlgorithm,
    KeyAttributes, KeyClass, KeyMaterialType, KeyModesOfUse, KeyUsage, RootCertificatePublicKey,
    WrappedKey,
};

use crate::support::{attributes, client, start, verifies};

/// One emulator, and a client in each of two regions; nothing passes between them but what the
/// clients carry.
pub(crate) struct Regions {
    pub(crate) emulator: EmulatorHandle,
    pub(crate) sender: Client,
    pub(crate) receiver: Client,
}

impl Regions {
    pub(crate) async fn start() -> Self {
        let (emulator, sender) = start().await;
        let receiver = client(&emulator, "us-east-1").await;
        Self {
            emulator,
            sender,
            receiver,
        }
    }

    /// The same bytes, and the same check value, on both sides.
    #[track_caller]
    pub(crate) fn assert_same_key(&self, sent: &Key, received: &Key) {
        assert_ne!(sent.key_arn, received.key_arn);
        assert_eq!(sent.key_check_value, received.key_check_value);
        assert_eq!(
            clear_key(&self.emulator, &sent.key_arn),
            clear_key(&self.emulator, &received.key_arn)
        );
    }
}

/// The bytes of a key in the clear, in hexadecimal.
pub(crate) fn clear_key(emulator: &EmulatorHandle, arn: &str) -> String {
    let arn = arn.parse().unwrap();
    emulator.controls().clear_key(&arn).unwrap()
}

/// An exportable key.
pub(crate) async fn create(client: &Client, attributes: KeyAttributes) -> Key {
    let request = client.create_key().key_attributes(attributes);
    let output = request.exportable(true).send().await.unwrap();
    output.key.unwrap()
}

/// A key pair to agree on keys with.
pub(crate) async fn create_agreement_pair(client: &Client, curve: KeyAlgorithm) -> Key {
    let modes = KeyModesOfUse::builder().derive_key(true).build();
    let usage = KeyUsage::Tr31K3AsymmetricKeyForKeyAgreement;
    let output = client
        .create_key()
        .key_attributes(attributes(usage, KeyClass::AsymmetricKeyPair, curve, modes))
        .derive_key_usage(DeriveKeyUsage::Tr31K1KeyBlockProtectionKey)
        .exportable(true)
        .send()
        .await
        .unwrap();
    output.key.unwrap()
}

/// The certificate of a key pair, and the ARN of its authority after the other side imported it.
pub(crate) async fn certified_to(owner: &Client, other: &Client, pair: &Key) -> (String, String) {
    let output = owner
        .get_public_key_certificate()
        .key_identifier(&pair.key_arn)
        .send()
        .await
        .unwrap();
    let algorithm = match pair.key_attributes.as_ref().unwrap().key_class {
        KeyClass::AsymmetricKeyPair if is_ecc(pair) => KeyAlgorithm::EccNistP521,
        _ => KeyAlgorithm::Rsa4096,
    };
    let authority = trust(other, &output.key_certificate_chain, algorithm).await;
    (output.key_certificate, authority)
}

/// Certificate and token for an import, and the ARN of the authority on the sender's side.
pub(crate) async fn import_parameters(
    receiver: &Client,
    sender: &Client,
    material: KeyMaterialType,
    algorithm: KeyAlgorithm,
) -> (String, String, String) {
    let output = receiver
        .get_parameters_for_import()
        .key_material_type(material)
        .wrapping_key_algorithm(algorithm)
        .send()
        .await
        .unwrap();
    let chain = &output.wrapping_key_certificate_chain;
    let authority = trust(sender, chain, KeyAlgorithm::Rsa4096).await;
    (
        output.wrapping_key_certificate,
        output.import_token,
        authority,
    )
}

/// Certificate and token for a TR-34 export, and the ARN of the authority on the receiver's side.
pub(crate) async fn export_parameters(
    sender: &Client,
    receiver: &Client,
) -> (String, String, String) {
    let output = sender
        .get_parameters_for_export()
        .key_material_type(KeyMaterialType::Tr34KeyBlock)
        .signing_key_algorithm(KeyAlgorithm::Rsa2048)
        .send()
        .await
        .unwrap();
    let chain = &output.signing_key_certificate_chain;
    let authority = trust(receiver, chain, KeyAlgorithm::Rsa4096).await;
    (
        output.signing_key_certificate,
        output.export_token,
        authority,
    )
}

/// Imports a certificate as a root.
pub(crate) async fn trust(client: &Client, certificate: &str, algorithm: KeyAlgorithm) -> String {
    let root = RootCertificatePublicKey::builder()
        .key_attributes(verifies(algorithm))
        .public_key_certificate(certificate)
        .build()
        .unwrap();
    let material = ImportKeyMaterial::RootCertificatePublicKey(root);
    import(client, material).await.unwrap().key_arn
}

/// The key, or the name of the exception.
pub(crate) async fn import(client: &Client, material: ImportKeyMaterial) -> Result<Key, String> {
    let request = client.import_key().key_material(material);
    match request.send().await {
        Ok(output) => Ok(output.key.unwrap()),
        Err(error) => Err(error.code().unwrap_or("no answer").to_owned()),
    }
}

/// The key on its way, or the name of the exception.
pub(crate) async fn export(
    client: &Client,
    key: &str,
    material: ExportKeyMaterial,
) -> Result<WrappedKey, String> {
    export_with(client, key, material, None).await
}

/// The same with attributes: what leaves is perhaps not the key itself.
pub(crate) async fn export_with(
    client: &Client,
    key: &str,
    material: ExportKeyMaterial,
    attributes: Option<ExportAttributes>,
) -> Result<WrappedKey, String> {
    let request = client.export_key().export_key_identifier(key);
    let request = request.set_export_attributes(attributes);
    match request.key_material(material).send().await {
        Ok(output) => Ok(output.wrapped_key.unwrap()),
        Err(error) => Err(error.code().unwrap_or("no answer").to_owned()),
    }
}

fn is_ecc(key: &Key) -> bool {
    let attributes = key.key_attributes.as_ref().unwrap();
    attributes.key_algorithm.as_str().starts_with("ECC")
}
