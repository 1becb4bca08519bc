//! What the fields of a profile promise one another.

use super::{BY_COMMON_NAME, Exchange, Profile, pinned};
use crate::identifiers::Environment;
use crate::revocation::Requirement;

impl Profile {
    pub(super) fn is_consistent(&self) -> Result<(), String> {
        pinned::anchors_are_usable(&self.trust_anchors)?;
        self.identity_is_usable()?;
        if !(1..=1000).contains(&self.max_ceremonies_per_day) {
            return Err(format!(
                "`maxCeremoniesPerDay` is {}; 1 to 1000 are expected",
                self.max_ceremonies_per_day
            ));
        }
        self.revocation_is_allowed()?;
        self.kek_may_travel()?;
        pinned::days_are_usable(self.minimum_remaining_days)?;
        pinned::roots_are_pinned(&self.root_certificates, &self.trust_anchors)?;
        self.kek_may_travel()?;
        if let Some(section) = &self.working_key_export {
            let keks = self.kek_export.as_ref().map(|keks| &keks.exchange);
            section.is_consistent(keks)?;
        }
        if let Some(section) = &self.kek_import {
            section.is_consistent()?;
        }
        match &self.working_key_import {
            Some(section) => section.is_consistent(),
            None => Ok(()),
        }
    }

    /// What no leaf could make good, whatever its key.
    fn kek_may_travel(&self) -> Result<(), String> {
        let Some(section) = &self.kek_export else {
            return Ok(());
        };
        let kek = section.kek.algorithm;
        match section.exchange {
            Exchange::Ecdh { derived_key, .. } if !derived_key.may_protect(kek) => Err(format!(
                "`kekExport.exchange.derivedKey` is {derived_key}, which is too weak to carry {kek}"
            )),
            Exchange::Ecdh { .. } | Exchange::RsaOaep { .. } | Exchange::Tr34 { .. } => Ok(()),
        }
    }

    /// A certificate must carry it exactly, so that what cannot be seen is better not in it.
    fn identity_is_usable(&self) -> Result<(), String> {
        let identity = self.identity.as_str();
        if identity.is_empty() {
            return Err("`identity` is empty".to_owned());
        }
        if identity == BY_COMMON_NAME {
            return Err(format!("`identity` is `{BY_COMMON_NAME}` without a name"));
        }
        if identity.trim() != identity || identity.chars().any(char::is_control) {
            return Err(format!(
                "`identity` is `{identity}`, with a control character in it, or white space around \
                 it: certificates must carry it exactly as it is written"
            ));
        }
        Ok(())
    }

    fn revocation_is_allowed(&self) -> Result<(), String> {
        let rules = &self.revocation;
        if rules.policy == Requirement::Off && self.environment == Environment::Production {
            return Err("`revocation.policy` is `off`, which is not for production".to_owned());
        }
        pinned::revocation_is_usable(rules)
    }
}
