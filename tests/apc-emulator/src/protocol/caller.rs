//! Who calls, and for which account and region.

use crate::model::identifiers::{AccountId, Region, Scope};
use crate::protocol::error::ServiceError;

/// What the `Authorization` header tells. The signature itself is not verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    pub access_key_id: Option<String>,
    pub scope: Scope,
}

impl Caller {
    /// Reads the credential scope of a Signature Version 4 header:
    ///
    /// `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/payment-cryptography/aws4_request, …`
    ///
    /// The region decides whose state is meant. Without a header the defaults hold. An access key
    /// id of twelve digits names the account, as other local emulators of AWS have it; any other
    /// belongs to the default account.
    pub fn from_authorization(
        header: Option<&str>,
        defaults: &Scope,
    ) -> Result<Self, ServiceError> {
        let Some(header) = header else {
            return Ok(Self {
                access_key_id: None,
                scope: defaults.clone(),
            });
        };
        let mut parts = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .and_then(|rest| {
                rest.split([',', ' '])
                    .find_map(|part| part.strip_prefix("Credential="))
            })
            .ok_or_else(|| unreadable("it is not a Signature Version 4 header"))?
            .split('/');
        let (Some(access_key_id), Some(_date), Some(region), Some(_service), Some("aws4_request")) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(unreadable("the credential scope has a wrong form"));
        };
        let region =
            Region::try_from(region.to_owned()).map_err(|_| unreadable("the region is unknown"))?;
        let account = AccountId::try_from(access_key_id.to_owned())
            .unwrap_or_else(|_| defaults.account.clone());
        Ok(Self {
            access_key_id: Some(access_key_id.to_owned()),
            scope: Scope { account, region },
        })
    }
}

fn unreadable(why: &str) -> ServiceError {
    ServiceError::IncompleteSignature(format!("Authorization header cannot be read: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_comes_from_the_credential_scope() {
        let caller = read("AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/payment-cryptography/aws4_request, SignedHeaders=host, Signature=0").unwrap();
        assert_eq!(caller.access_key_id.as_deref(), Some("test"));
        assert_eq!(caller.scope.region.to_string(), "eu-west-1");
        assert_eq!(caller.scope.account, defaults().account);
    }

    #[test]
    fn twelve_digits_as_access_key_id_name_the_account() {
        let caller = read("AWS4-HMAC-SHA256 Credential=123456789012/20260101/eu-west-1/payment-cryptography/aws4_request,SignedHeaders=host").unwrap();
        assert_eq!(caller.scope.account.to_string(), "123456789012");
    }

    #[test]
    fn without_a_header_the_defaults_hold() {
        let caller = Caller::from_authorization(None, &defaults()).unwrap();
        assert_eq!(
            caller,
            Caller {
                access_key_id: None,
                scope: defaults()
            }
        );
    }

    #[test]
    fn an_unreadable_header_is_the_clients_mistake() {
        for wrong in [
            "",
            "Bearer x",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1",
            "AWS4-HMAC-SHA256 Credential=test/20260101/nowhere/payment-cryptography/aws4_request",
        ] {
            assert_eq!(read(wrong).unwrap_err().status(), 400, "{wrong:?}");
        }
    }

    fn read(header: &str) -> Result<Caller, ServiceError> {
        Caller::from_authorization(Some(header), &defaults())
    }

    fn defaults() -> Scope {
        Scope {
            account: "000000000000".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        }
    }
}
