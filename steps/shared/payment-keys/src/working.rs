//! Working keys: what the service says of one, in the words of a key block, and the other way round.

use aws_sdk_paymentcryptography::types::{
    KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyState, KeyUsage,
};
use ceremony::algorithms::KekAlgorithm;
use ceremony::working_keys::attributes::{Allowed, Modes, Usage};

use crate::inspect::KeyFacts;

/// Usage, algorithm and modes of a working key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Working {
    pub usage: Usage,
    pub algorithm: KekAlgorithm,
    pub modes: Modes,
}

impl Working {
    /// What the service says of a key that may be sent; or why it is none.
    pub fn of(facts: &KeyFacts) -> Result<Self, String> {
        let found = &facts.attributes;
        let usage = Usage::of_service_name(found.key_usage.as_str());
        let (KeyClass::SymmetricKey, Some(usage)) = (&found.key_class, usage) else {
            return Err(format!(
                "it is a {} with usage {}, which is no working key",
                found.key_class, found.key_usage
            ));
        };
        let algorithm = algorithm_of(facts).ok_or_else(|| {
            format!(
                "its algorithm {} is none of TDES and AES",
                found.key_algorithm
            )
        })?;
        let modes = found.key_modes_of_use.as_ref();
        let modes = modes.and_then(|modes| Modes::of_allowed(allowed(modes)));
        let modes = modes.ok_or_else(|| {
            "its modes of use are none that the header of a key block has a letter for".to_owned()
        })?;
        Ok(Self {
            usage,
            algorithm,
            modes,
        })
    }

    /// What CreateKey is asked for.
    pub fn attributes(self) -> KeyAttributes {
        let usage = KeyUsage::from(self.usage.service_name());
        symmetric(self.algorithm, usage, self.modes.allowed())
    }
}

/// What CreateKey is asked for, or ImportKey told, of a key of TDES or AES.
pub fn symmetric(algorithm: KekAlgorithm, usage: KeyUsage, allowed: Allowed) -> KeyAttributes {
    let Allowed {
        encrypt,
        decrypt,
        wrap,
        unwrap,
        generate,
        verify,
        derive_key,
        no_restrictions,
    } = allowed;
    let modes = KeyModesOfUse::builder()
        .encrypt(encrypt)
        .decrypt(decrypt)
        .wrap(wrap)
        .unwrap(unwrap)
        .generate(generate)
        .verify(verify)
        .derive_key(derive_key)
        .no_restrictions(no_restrictions);
    KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(algorithm.as_str()))
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes.build())
        .key_usage(usage)
        .build()
        .expect("every required member is set")
}

/// The algorithm of a symmetric key of TDES or AES.
pub fn algorithm_of(facts: &KeyFacts) -> Option<KekAlgorithm> {
    let name = facts.attributes.key_algorithm.as_str();
    let mut all = KekAlgorithm::ALL.into_iter();
    all.find(|algorithm| algorithm.as_str() == name)
}

/// Why a key can be used for nothing at present.
pub fn why_out_of_use(facts: &KeyFacts) -> Option<String> {
    if facts.state != KeyState::CreateComplete {
        return Some(format!(
            "its state is {}, CREATE_COMPLETE is needed",
            facts.state
        ));
    }
    (!facts.enabled).then(|| "it is not enabled".to_owned())
}

fn allowed(modes: &KeyModesOfUse) -> Allowed {
    Allowed {
        encrypt: modes.encrypt,
        decrypt: modes.decrypt,
        wrap: modes.wrap,
        unwrap: modes.unwrap,
        generate: modes.generate,
        verify: modes.verify,
        derive_key: modes.derive_key,
        no_restrictions: modes.no_restrictions,
    }
}
