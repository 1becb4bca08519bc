//! Which key signs.

use aws_sdk_kms::Client;
use ceremony::enrolment::Installed;
use ceremony::utc::Utc;

use crate::{Signer, SigningError};

/// The keys that may sign, and the way to them: more than one while a new key takes over.
pub struct SigningKeys {
    kms: Client,
    /// The first signs where no certificate says which.
    arns: Vec<String>,
}

impl SigningKeys {
    /// The ARNs as `SIGNING_KEY_ARNS` has them, with commas in between.
    pub fn new(kms: Client, arns: &str) -> Self {
        let arns = arns.split(',').map(str::trim);
        Self {
            kms,
            arns: arns.map(str::to_owned).collect(),
        }
    }

    /// The key that a certificate was installed for, or else the first. Another key than these signs
    /// nothing, whatever is installed, and none under a certificate that is not valid now.
    pub fn signer(
        &self,
        installed: Option<&Installed>,
        now: Utc,
    ) -> Result<Signer<'_>, SigningError> {
        let key_arn = match installed {
            None => self.arns.first(),
            Some(installed) => {
                let (not_before, not_after) = (installed.not_before, installed.not_after);
                if now < not_before || now > not_after {
                    return Err(SigningError::CertificateNotValid {
                        certificate_sha256: installed.certificate_sha256.clone(),
                        not_before,
                        not_after,
                    });
                }
                self.arns.iter().find(|arn| **arn == installed.key_arn)
            }
        };
        let named = installed.map(|installed| installed.key_arn.clone());
        let key_arn = key_arn.ok_or(SigningError::KeyNotOurs {
            key_arn: named.unwrap_or_default(),
        })?;
        Ok(Signer {
            kms: &self.kms,
            key_arn,
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::config::BehaviorVersion;
    use ceremony::digest::Sha256;
    use ceremony::enrolment::OwnKey;

    use super::*;

    fn keys(arns: &str) -> SigningKeys {
        let config = aws_sdk_kms::Config::builder().behavior_version(BehaviorVersion::latest());
        SigningKeys::new(Client::from_conf(config.build()), arns)
    }

    fn installed(key_arn: &str, now: Utc) -> Installed {
        Installed {
            version: Installed::VERSION,
            key: OwnKey::PackageSigning,
            key_arn: key_arn.to_owned(),
            chain_key: "certificates.pem".to_owned(),
            chain_version_id: "1".to_owned(),
            chain_sha256: Sha256::of(b"chain"),
            certificate_sha256: Sha256::of(b"certificate"),
            not_before: now,
            not_after: now.plus_seconds(60),
            ceremony_id: "enrolment-package-signing-0123456789abcdef".to_owned(),
            installed_at: now,
        }
    }

    #[test]
    fn the_first_key_signs_until_a_certificate_says_which() {
        let (keys, now) = (keys("one, two"), Utc::now());
        let of = |installed: Option<&Installed>| keys.signer(installed, now).unwrap().key_arn;
        assert_eq!(of(None), "one");
        for arn in ["one", "two"] {
            assert_eq!(of(Some(&installed(arn, now))), arn);
        }
    }

    #[test]
    fn a_key_of_somebody_elses_signs_nothing() {
        let (keys, now) = (keys("one,two"), Utc::now());
        for arn in ["three", "", "one,two"] {
            let refused = keys.signer(Some(&installed(arn, now)), now).err();
            let key_arn = arn.to_owned();
            assert_eq!(refused, Some(SigningError::KeyNotOurs { key_arn }));
        }
    }

    #[test]
    fn no_key_signs_before_or_after_the_life_of_its_certificate() {
        let (keys, now) = (keys("one"), Utc::now());
        let installed = installed("one", now);
        for (seconds, valid) in [(-1, false), (0, true), (60, true), (61, false)] {
            let signer = keys.signer(Some(&installed), now.plus_seconds(seconds));
            let name = signer.err().map(|error| <&str>::from(&error));
            assert_eq!(name, (!valid).then_some("CertificateNotValid"), "{seconds}");
        }
    }
}
