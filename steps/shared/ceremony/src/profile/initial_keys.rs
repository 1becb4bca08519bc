//! What a profile says of initial keys that leave under a certificate of the partner's.

use super::{Kek, Policy, Profile, ProfileVersion, Trust};
use crate::exchange::Method;
use crate::fleet::BdkAlgorithm;

impl Profile {
    /// What holds of the certificate under whose key initial keys of that algorithm leave by TR-34, as the
    /// profile stood in this version of its parameter: what holds of one under which a KEK leaves. None
    /// where KEKs are not sent by TR-34.
    pub fn initial_keys_policy(&self, version: i64, algorithm: BdkAlgorithm) -> Option<Policy> {
        let keks = self.kek_export.as_ref();
        let keks = keks.filter(|keks| keks.exchange.method() == Method::Tr34)?;
        let section = self.working_key_export.as_ref()?;
        Some(Policy {
            profile: ProfileVersion {
                parameter: self.folder().profile_parameter(),
                version,
            },
            trust: Trust {
                trust_anchors: self.trust_anchors.clone(),
                identity: self.identity.clone(),
                minimum_remaining_days: self.minimum_remaining_days,
            },
            revocation: self.revocation,
            ca_key_arns: self.ca_key_arns.clone(),
            // No KEK leaves; what does is held to the same table of strengths.
            kek: Kek {
                algorithm: algorithm.as_travelling(),
                key_arn: None,
            },
            exchange: keks.exchange.clone(),
            signature: section.signature,
        })
    }
}
