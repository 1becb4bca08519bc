//! From which CAs certificates for a key of ours may come: SSM parameter
//! `/key-ceremony/enrolment/<key name>`.

use serde::{Deserialize, Serialize};

use super::{CertificateRequest, OwnKey};
use crate::bundle::private_key_in_json;
use crate::certificate::Certificate;
use crate::digest::Sha256;
use crate::profile::{MINIMUM_REMAINING_DAYS, MalformedProfile, ProfileVersion, pinned};
use crate::revocation::{Requirement, Rules};

/// What an operator has decided about certificates for one signing key of ours. Unknown fields are
/// errors.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EnrolmentRules {
    /// The key: the name in the parameter's name.
    pub key: OwnKey,
    /// SHA-256 fingerprints (64 hex digits, over the DER) of the root certificates that chains of
    /// this key may end in. Checked out of band, under dual control. At least one, and none twice.
    #[cfg_attr(
        feature = "schema",
        schemars(with = "Vec<String>", length(min = 1, max = 8), extend("uniqueItems" = true))
    )]
    pub trust_anchors: Vec<Sha256>,
    /// PEM of root certificates that need not be dropped; each must be one of `trustAnchors`.
    /// Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub root_certificates: Vec<Certificate>,
    /// How it is made sure that none of the certificates has been revoked. `off` is not allowed.
    /// Default: proof is required, by OCSP or else by CRL.
    #[serde(default)]
    pub revocation: Rules,
    /// How long the certificate and its issuing CA must still be valid, in days, for it to be
    /// installed. Default: 7.
    #[serde(default = "default_minimum_remaining_days")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 366)))]
    pub minimum_remaining_days: u32,
}

fn default_minimum_remaining_days() -> u32 {
    MINIMUM_REMAINING_DAYS
}

impl EnrolmentRules {
    /// Reads the rules of this key, as their parameter holds them.
    pub fn parse(json: &str, key: OwnKey) -> Result<Self, MalformedProfile> {
        // Before anything that repeats what it cannot read.
        if private_key_in_json(json).is_some() {
            return Err(MalformedProfile::new(
                "they hold a private key, which has no place there: treat that key as compromised, \
                 and delete the parameter",
            ));
        }
        let rules: Self =
            serde_json::from_str(json).map_err(|error| MalformedProfile::of_json(&error))?;
        rules
            .is_consistent(key)
            .map_err(|words| MalformedProfile::new(&words))?;
        Ok(rules)
    }

    fn is_consistent(&self, key: OwnKey) -> Result<(), String> {
        if self.key != key {
            return Err(format!(
                "they say that they are for `{}`, but the parameter is that of `{key}`",
                self.key
            ));
        }
        pinned::anchors_are_usable(&self.trust_anchors)?;
        pinned::roots_are_pinned(&self.root_certificates, &self.trust_anchors)?;
        pinned::days_are_usable(self.minimum_remaining_days)?;
        pinned::revocation_is_usable(&self.revocation)?;
        if self.revocation.policy == Requirement::Off {
            return Err("`revocation.policy` is `off`, which is not for keys of ours".to_owned());
        }
        Ok(())
    }

    /// What one ceremony takes from them, as they stood in this version of their parameter.
    pub fn policy(
        self,
        version: i64,
        request: CertificateRequest,
        replaced_by: Option<String>,
    ) -> Policy {
        Policy {
            rules: ProfileVersion {
                parameter: self.key.rules_parameter(),
                version,
            },
            trust_anchors: self.trust_anchors,
            minimum_remaining_days: self.minimum_remaining_days,
            revocation: self.revocation,
            request,
            replaced_by,
        }
    }
}

/// What one `certificate-enrolment` is held to; resolved once, by `fetch-enrolment`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Which version of which parameter was in force.
    pub rules: ProfileVersion,
    pub trust_anchors: Vec<Sha256>,
    pub minimum_remaining_days: u32,
    pub revocation: Rules,
    /// What was asked for, with the public key that the certificate has.
    pub request: CertificateRequest,
    /// The installed key, if it took the place of the requested one ([`super::replaced_by`]).
    pub replaced_by: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn written() -> Value {
        json!({ "key": "package-signing", "trustAnchors": [Sha256::of(b"root")] })
    }

    fn parsed(change: impl FnOnce(&mut Value)) -> Result<EnrolmentRules, String> {
        let mut rules = written();
        change(&mut rules);
        EnrolmentRules::parse(&rules.to_string(), OwnKey::PackageSigning)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_written_has_a_default() {
        let rules = parsed(|_| {}).unwrap();
        assert_eq!(rules.minimum_remaining_days, 7);
        assert_eq!(rules.revocation, Rules::default());
        assert!(rules.root_certificates.is_empty());
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_with_the_field() {
        let root = Sha256::of(b"root");
        for (field, value, part) in [
            ("key", json!("tr34"), "the parameter is that of"),
            ("trustAnchors", json!([]), "`trustAnchors` has 0 entries"),
            ("trustAnchors", json!([root, root]), "twice"),
            ("minimumRemainingDays", json!(367), "`minimumRemainingDays`"),
            (
                "revocation",
                json!({ "policy": "off" }),
                "not for keys of ours",
            ),
            (
                "revocation",
                json!({ "waitMinutes": 1441 }),
                "`revocation.waitMinutes`",
            ),
            ("identity", json!("x"), "unknown field"),
            (
                "rootCertificates",
                json!(["-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]),
                "private key",
            ),
        ] {
            let error = parsed(|rules| rules[field] = value.clone()).unwrap_err();
            assert!(error.contains(part), "{field}: {error}");
        }
    }
}
