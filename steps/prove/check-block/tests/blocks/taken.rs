//! What passes here, the service takes: blocks for certificates that it has issued, imported, with the check
//! value that the partner knows.

use aws_sdk_paymentcryptography::types::{
    DeriveKeyUsage, DiffieHellmanDerivationData, ImportDiffieHellmanTr31KeyBlock,
    ImportKeyCryptogram, ImportKeyMaterial, ImportTr34KeyBlock, Key, KeyAlgorithm, KeyAttributes,
    KeyClass, KeyDerivationFunction, KeyDerivationHashAlgorithm, KeyMaterialType, KeyModesOfUse,
    KeyUsage, SymmetricKeyAlgorithm, Tr34KeyBlockFormat,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::bundle::certificates_in;
use ceremony::exchange::Nonce;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::offer::{OfferedKey, Terms};
use emulated::{Emulated, certificate};
use partner::KeyKind;
use partner::certificate::KeyUsage as CertifiedUse;
use partner::tr31::Draft;
use serde_json::json;

use crate::waiting::{Waiting, agreement, chain_of};

/// Keys whose check values anybody can recompute.
const AES_128: (&str, &str) = ("2B7E151628AED2A6ABF7158809CF4F3C", "7AD386");
const AES_256: (&str, &str) = (
    "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
    "1A0B2D",
);
const TDES_2KEY: (&str, &str) = ("0123456789ABCDEFFEDCBA9876543210", "08D7B4");

/// Base64 of PEM, as the service has certificates.
fn offered(certificate: &str, chain: &str) -> OfferedKey {
    let read = |text: &str| certificates_in(&STANDARD.decode(text).unwrap()).unwrap();
    OfferedKey {
        certificate: read(certificate).remove(0),
        chain: read(chain),
    }
}

async fn imported(emulated: &Emulated, material: ImportKeyMaterial) -> Key {
    let request = emulated.client.import_key().key_material(material);
    request.send().await.unwrap().key.unwrap()
}

#[tokio::test]
async fn a_block_by_ecdh() {
    for (algorithm, (kek, kcv), curve, service_curve, says) in [
        (
            "AES_256",
            AES_256,
            KeyKind::EccP521,
            KeyAlgorithm::EccNistP521,
            "K0AB00N",
        ),
        (
            "AES_128",
            AES_128,
            KeyKind::EccP256,
            KeyAlgorithm::EccNistP256,
            "K0AB00N",
        ),
        (
            "TDES_2KEY",
            TDES_2KEY,
            KeyKind::EccP384,
            KeyAlgorithm::EccNistP384,
            "K0TB00N",
        ),
    ] {
        let emulated = Emulated::start().await;
        let (pair, ours) = agreement_pair(&emulated, service_curve).await;
        let partners = chain_of("agrees", curve, CertifiedUse::KeyAgreement);
        let ca = emulated.imports_root(&partners.root).await;
        let asked = json!({ "method": "ecdh", "algorithm": algorithm, "kcv": kcv });
        let mut waiting = Waiting::new(&asked, partners, |policy, partners| {
            agreement(policy, ours, partners)
        });
        for masked in [true, false] {
            let draft = Draft {
                masked,
                optional_blocks: &[("LB", "zmk")],
                ..Draft::new(says)
            };
            let own = waiting.partners.leaf.key();
            let key = hex::decode(kek).unwrap();
            let block = waiting.published().by_ecdh(own, &draft, &key).unwrap();
            waiting.drops(block.as_bytes());
            let Some(CheckedBlock::Tr31 { key_block, .. }) =
                waiting.checked().await.unwrap().checked
            else {
                panic!("{algorithm}: it is refused");
            };
            let Terms::Ecdh {
                shared_information, ..
            } = &waiting.input.offer.terms
            else {
                panic!("the offer is by ECDH");
            };
            let shared = DiffieHellmanDerivationData::SharedInformation(shared_information.clone());
            let leaf = certificate(&waiting.partners.leaf).to_pem();
            let material = ImportDiffieHellmanTr31KeyBlock::builder()
                .private_key_identifier(&pair)
                .certificate_authority_public_key_identifier(&ca)
                .public_key_certificate(STANDARD.encode(leaf))
                .derive_key_algorithm(SymmetricKeyAlgorithm::Aes256)
                .key_derivation_function(KeyDerivationFunction::NistSp800)
                .key_derivation_hash_algorithm(KeyDerivationHashAlgorithm::Sha512)
                .derivation_data(shared)
                .wrapped_key_block(key_block);
            let material = ImportKeyMaterial::DiffieHellmanTr31KeyBlock(material.build().unwrap());
            let key = imported(&emulated, material).await;
            assert_eq!(key.key_check_value, kcv, "{algorithm}");
            assert!(!key.exportable);
            let attributes = key.key_attributes.unwrap();
            assert_eq!(attributes.key_algorithm.as_str(), algorithm);
        }
    }
}

#[tokio::test]
async fn a_block_by_tr34_in_one_pass_and_in_two() {
    let nonce = Nonce::of_bytes(&[0xa5; 8]).unwrap();
    for (algorithm, (kek, kcv), rsa, header, nonce, by_tdes) in [
        (
            "AES_128",
            AES_128,
            KeyAlgorithm::Rsa3072,
            "D0112K0AB00N0000",
            None,
            false,
        ),
        (
            "TDES_2KEY",
            TDES_2KEY,
            KeyAlgorithm::Rsa2048,
            "D0112K0TB00N0000",
            Some(nonce),
            true,
        ),
    ] {
        let emulated = Emulated::start().await;
        let (ours, token) = parameters(&emulated, KeyMaterialType::Tr34KeyBlock, rsa).await;
        let partners = chain_of("signs", KeyKind::Rsa2048, CertifiedUse::DigitalSignature);
        let ca = emulated.imports_root(&partners.root).await;
        let asked = json!({ "method": "tr34", "algorithm": algorithm, "kcv": kcv });
        let mut waiting = Waiting::new(&asked, partners, |_, partners| Terms::Tr34 {
            ours,
            partner_certificate_sha256: certificate(&partners.leaf).sha256(),
            nonce: nonce.clone(),
        });
        let mut draft = waiting.published().tr34(&waiting.partners.leaf).unwrap();
        draft.by_tdes = by_tdes;
        let block = draft.wrap(header, &hex::decode(kek).unwrap()).unwrap();
        waiting.drops(&block);
        let Some(CheckedBlock::Tr34 { key_block, .. }) = waiting.checked().await.unwrap().checked
        else {
            panic!("{algorithm}: it is refused");
        };
        let leaf = certificate(&waiting.partners.leaf).to_pem();
        let material = ImportTr34KeyBlock::builder()
            .certificate_authority_public_key_identifier(&ca)
            .signing_key_certificate(STANDARD.encode(leaf))
            .import_token(token)
            .wrapped_key_block(key_block)
            .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
            .set_random_nonce(nonce.as_ref().map(Nonce::hex));
        let material = ImportKeyMaterial::Tr34KeyBlock(material.build().unwrap());
        let key = imported(&emulated, material).await;
        assert_eq!(key.key_check_value, kcv, "{algorithm}");
    }
}

#[tokio::test]
async fn a_block_by_rsa_oaep() {
    let emulated = Emulated::start().await;
    let material = KeyMaterialType::KeyCryptogram;
    let (ours, token) = parameters(&emulated, material, KeyAlgorithm::Rsa3072).await;
    let (kek, kcv) = AES_128;
    let partners = chain_of("signs", KeyKind::Rsa2048, CertifiedUse::DigitalSignature);
    let asked = json!({ "method": "rsa-oaep", "algorithm": "AES_128", "kcv": kcv });
    let mut waiting = Waiting::new(&asked, partners, |policy, _| Terms::RsaOaep {
        ours,
        hash: policy.hash,
    });
    let key = hex::decode(kek).unwrap();
    let block = waiting.published().by_rsa_oaep(&key).unwrap();
    waiting.drops(hex::encode(&block).as_bytes());
    let Some(CheckedBlock::Oaep { cryptogram, .. }) = waiting.checked().await.unwrap().checked
    else {
        panic!("it is refused");
    };
    let modes = KeyModesOfUse::builder().encrypt(true).decrypt(true);
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::Aes128)
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes.wrap(true).unwrap(true).build())
        .key_usage(KeyUsage::Tr31K0KeyEncryptionKey)
        .build();
    let material = ImportKeyCryptogram::builder()
        .key_attributes(attributes.unwrap())
        .exportable(false)
        .wrapped_key_cryptogram(cryptogram)
        .import_token(token);
    let material = ImportKeyMaterial::KeyCryptogram(material.build().unwrap());
    assert_eq!(imported(&emulated, material).await.key_check_value, kcv);
}

/// Our pair on that curve, and what the service certifies of it.
async fn agreement_pair(emulated: &Emulated, curve: KeyAlgorithm) -> (String, OfferedKey) {
    let attributes = KeyAttributes::builder()
        .key_algorithm(curve)
        .key_class(KeyClass::AsymmetricKeyPair)
        .key_modes_of_use(KeyModesOfUse::builder().derive_key(true).build())
        .key_usage(KeyUsage::Tr31K3AsymmetricKeyForKeyAgreement)
        .build();
    let request = emulated
        .client
        .create_key()
        .key_attributes(attributes.unwrap())
        .derive_key_usage(DeriveKeyUsage::Tr31K0KeyEncryptionKey)
        .exportable(false);
    let pair = request.send().await.unwrap().key.unwrap().key_arn;
    let request = emulated.client.get_public_key_certificate();
    let answer = request.key_identifier(&pair).send().await.unwrap();
    let ours = offered(&answer.key_certificate, &answer.key_certificate_chain);
    (pair, ours)
}

/// A key of the service's, by its certificate, and the token behind it.
async fn parameters(
    emulated: &Emulated,
    material: KeyMaterialType,
    rsa: KeyAlgorithm,
) -> (OfferedKey, String) {
    let request = emulated.client.get_parameters_for_import();
    let request = request.key_material_type(material);
    let answer = request.wrapping_key_algorithm(rsa).send().await.unwrap();
    let chain = &answer.wrapping_key_certificate_chain;
    let ours = offered(&answer.wrapping_key_certificate, chain);
    (ours, answer.import_token)
}
