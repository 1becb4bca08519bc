//! What ImportKey is given, by each method.

use aws_sdk_paymentcryptography::types::{
    DiffieHellmanDerivationData, ImportDiffieHellmanTr31KeyBlock, ImportKeyCryptogram,
    ImportKeyMaterial, ImportTr34KeyBlock, KeyAttributes, KeyDerivationFunction,
    KeyDerivationHashAlgorithm, KeyUsage, SymmetricKeyAlgorithm, Tr34KeyBlockFormat,
    WrappingKeySpec,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::OaepHash;
use ceremony::certificate::Certificate;
use ceremony::exchange::Nonce;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::counterpart::Counterpart;
use ceremony::key_import::offer::Terms;
use ceremony::key_import::request::ExpectedKek;
use ceremony::key_import::run::{MadeOffer, Ours};
use ceremony::working_keys::attributes::Exportability;
use payment_keys::symmetric;

/// The block as the service takes it; or why it is none for the offer.
pub(crate) fn of(
    checked: &CheckedBlock,
    made: &MadeOffer,
    counterpart: &Counterpart,
    issuing_ca: Option<&str>,
) -> Result<ImportKeyMaterial, String> {
    let ca = || issuing_ca.ok_or("the CA of the partner's certificate is not named");
    let terms = &made.offer.terms;
    let material = match (terms, checked, &made.ours, counterpart) {
        (
            Terms::Ecdh {
                shared_information,
                key_derivation_function,
                key_derivation_hash,
                derived_key,
                ..
            },
            CheckedBlock::Tr31 { key_block, .. },
            Ours::Agreement { key_arn, .. },
            Counterpart::Agrees(partner),
        ) => {
            let information = shared_information.clone();
            let hash = KeyDerivationHashAlgorithm::from(key_derivation_hash.as_str());
            let block = ImportDiffieHellmanTr31KeyBlock::builder()
                .private_key_identifier(key_arn)
                .certificate_authority_public_key_identifier(ca()?)
                .public_key_certificate(in_request(&partner.path().leaf))
                .derive_key_algorithm(SymmetricKeyAlgorithm::from(derived_key.as_str()))
                .key_derivation_function(KeyDerivationFunction::from(
                    key_derivation_function.as_str(),
                ))
                .key_derivation_hash_algorithm(hash)
                .derivation_data(DiffieHellmanDerivationData::SharedInformation(information))
                .wrapped_key_block(key_block);
            block
                .build()
                .map(ImportKeyMaterial::DiffieHellmanTr31KeyBlock)
        }
        (
            Terms::Tr34 { nonce: offered, .. },
            CheckedBlock::Tr34 {
                key_block, nonce, ..
            },
            Ours::Parameters { import_token, .. },
            Counterpart::Signs(partner),
        ) if nonce == offered => {
            let block = ImportTr34KeyBlock::builder()
                .certificate_authority_public_key_identifier(ca()?)
                .signing_key_certificate(in_request(&partner.path().leaf))
                .import_token(import_token)
                .wrapped_key_block(key_block)
                .key_block_format(Tr34KeyBlockFormat::X9Tr342012)
                .set_random_nonce(nonce.as_ref().map(Nonce::hex));
            block.build().map(ImportKeyMaterial::Tr34KeyBlock)
        }
        (
            Terms::RsaOaep { hash: offered, .. },
            CheckedBlock::Oaep { cryptogram, hash },
            Ours::Parameters { import_token, .. },
            Counterpart::Nobody,
        ) if hash == offered => {
            let expected = &made.offer.expected;
            let block = ImportKeyCryptogram::builder()
                .key_attributes(attributes(expected))
                .exportable(is_exportable(expected))
                .wrapped_key_cryptogram(cryptogram)
                .import_token(import_token)
                .wrapping_spec(match hash {
                    OaepHash::SHA_256 => WrappingKeySpec::RsaOaepSha256,
                    OaepHash::SHA_512 => WrappingKeySpec::RsaOaepSha512,
                });
            block.build().map(ImportKeyMaterial::KeyCryptogram)
        }
        (terms, ..) => {
            let method = terms.method();
            return Err(format!(
                "what was checked, and what is ours, do not belong to this offer by {method}"
            ));
        }
    };
    Ok(material.expect("every required member is set"))
}

/// What the key is to be in the service: by its block or, by RSA-OAEP, because we say so.
pub(crate) fn attributes(expected: &ExpectedKek) -> KeyAttributes {
    let usage = KeyUsage::from(expected.usage.service_name());
    symmetric(expected.algorithm, usage, expected.modes.allowed())
}

/// The service knows no more than whether a key may leave.
pub(crate) fn is_exportable(expected: &ExpectedKek) -> bool {
    expected.exportability != Exportability::N
}

/// Base64 of PEM, of the leaf alone.
fn in_request(certificate: &Certificate) -> String {
    STANDARD.encode(certificate.to_pem())
}
