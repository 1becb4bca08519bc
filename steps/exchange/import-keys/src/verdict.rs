//! What the service says of a key that came, held to its block, to the profile and to the KEK.

use ceremony::tr31::{agree, version_under};
use ceremony::working_key_import::check_value::{announced, is_under};
use ceremony::working_key_import::file::Sent;
use ceremony::working_key_import::refused::Refused;
use ceremony::working_key_import::rules::{KeyImportPolicy, Says};
use ceremony::working_keys::Algorithm;
use ceremony::working_keys::plan::EstablishedKekFacts;
use payment_keys::{KeyFacts, Working};

/// A block that may go to the service, and what its key is to be.
pub(crate) struct Expected<'a> {
    pub(crate) says: Says,
    kek: &'a EstablishedKekFacts,
    policy: &'a KeyImportPolicy,
    kcv: Option<String>,
}

impl<'a> Expected<'a> {
    /// Holds the block to the profile once more, and to the KEK, which is known by now.
    pub(crate) fn of(
        sent: &Sent,
        policy: &'a KeyImportPolicy,
        kek: &'a EstablishedKekFacts,
    ) -> Result<Self, Refused> {
        let (says, header) = (policy.hold(sent)?, sent.block.header());
        let (found, expected) = (header.version, version_under(kek.algorithm));
        if found != expected {
            let kek = kek.algorithm;
            return Err(Refused::VersionNotOfKek {
                found,
                expected,
                kek,
            });
        }
        is_under(header, kek.algorithm, &kek.kcv)?;
        // However short it is, it is too strong for such a KEK: AES under TDES.
        if let Some(shortest) = says.algorithms().next()
            && !says.algorithms().any(|it| kek.algorithm.may_protect(it))
        {
            return Err(too_weak(kek, shortest));
        }
        Ok(Self {
            kcv: announced(header, sent.kcv.as_ref())?,
            says,
            kek,
            policy,
        })
    }

    /// What the key is, if nothing about it is wrong. Whether it can be used is another question.
    pub(crate) fn judge(&self, facts: &KeyFacts) -> Result<Algorithm, Refused> {
        let differs = |reason: String| Refused::KeyDiffers { reason };
        let found = Working::of(facts).map_err(differs)?;
        if (found.usage, found.modes) != (self.says.usage, self.says.modes) {
            let (usage, modes) = (found.usage, found.modes);
            return Err(differs(format!(
                "it has usage {usage} and the modes {modes}"
            )));
        }
        if facts.exportable != self.says.is_exportable() {
            return Err(differs(format!("exportable is {}", facts.exportable)));
        }
        self.policy.allowed.hold_algorithm(found.algorithm)?;
        if !self.kek.algorithm.may_protect(found.algorithm) {
            return Err(too_weak(self.kek, found.algorithm));
        }
        match &self.kcv {
            Some(announced) if !agree(&facts.kcv, announced) => Err(Refused::KcvDiffers {
                found: facts.kcv.clone(),
                announced: announced.clone(),
            }),
            _ => Ok(found.algorithm),
        }
    }
}

fn too_weak(kek: &EstablishedKekFacts, key: Algorithm) -> Refused {
    let kek = kek.algorithm;
    Refused::KekTooWeak { kek, key }
}
