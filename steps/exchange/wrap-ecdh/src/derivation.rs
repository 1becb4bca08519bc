//! How both sides come to the key that protects the block, and what is asked for in it.

use agreement::fresh_information;
use aws_sdk_paymentcryptography::types::{
    DiffieHellmanDerivationData, ExportDiffieHellmanTr31KeyBlock, ExportKeyMaterial,
    KeyBlockHeaders, KeyDerivationFunction as ServiceFunction, KeyDerivationHashAlgorithm,
    KeyExportability, KeyModesOfUse, SymmetricKeyAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::algorithms::KekAlgorithm;
use ceremony::certificate::Certificate;
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash};
use ceremony::keys::Origin;

pub(crate) struct Derivation {
    function: KeyDerivationFunction,
    hash: KeyDerivationHash,
    derived_key: KekAlgorithm,
    /// Upper-case hex.
    pub(crate) shared_information: String,
}

impl Derivation {
    pub(crate) fn fresh(
        function: KeyDerivationFunction,
        hash: KeyDerivationHash,
        derived_key: KekAlgorithm,
    ) -> Self {
        Self {
            function,
            hash,
            derived_key,
            shared_information: fresh_information(),
        }
    }

    /// The certificate is base64 of its PEM: the leaf that was proven, alone.
    ///
    /// The partner gets a KEK that wraps and unwraps, as keys go both ways under it: that is asked for of
    /// the KEKs that ceremonies make, so that one that does less is refused before it has left. One that
    /// a profile names goes with the modes that whoever made it has given it. The partner may move it
    /// between its own HSMs, under a key that is no weaker (ANSI X9.24-1): what is sent by RSA-OAEP has
    /// no header to say otherwise.
    pub(crate) fn material(
        &self,
        our_key_arn: &str,
        leaf: &Certificate,
        issuing_ca: &str,
        kek: Origin,
    ) -> ExportKeyMaterial {
        let modes = (kek != Origin::Profile).then(|| {
            let modes = KeyModesOfUse::builder().encrypt(true).decrypt(true);
            modes.wrap(true).unwrap(true).build()
        });
        let headers = KeyBlockHeaders::builder()
            .set_key_modes_of_use(modes)
            .key_exportability(KeyExportability::Exportable);
        let shared_information = self.shared_information.clone();
        ExportKeyMaterial::DiffieHellmanTr31KeyBlock(
            ExportDiffieHellmanTr31KeyBlock::builder()
                .private_key_identifier(our_key_arn)
                .certificate_authority_public_key_identifier(issuing_ca)
                .public_key_certificate(STANDARD.encode(leaf.to_pem()))
                .derive_key_algorithm(SymmetricKeyAlgorithm::from(self.derived_key.as_str()))
                .key_derivation_function(ServiceFunction::from(self.function.as_str()))
                .key_derivation_hash_algorithm(KeyDerivationHashAlgorithm::from(self.hash.as_str()))
                .derivation_data(DiffieHellmanDerivationData::SharedInformation(
                    shared_information,
                ))
                .key_block_headers(headers.build())
                .build()
                .expect("every required member is set"),
        )
    }
}
