//! What a record in the evidence bucket says of keys.
//!
//! Records are kept for years, and their form grows: what is read here is as little as is needed,
//! and nothing that is more is refused. What names a signing key of ours is the request for its
//! certificate; those in KMS are none of Payment Cryptography's, and not looked for there.

use std::collections::BTreeSet;

use ceremony::digest::Sha256;
use ceremony::enrolment::{OwnKey, REQUESTS};
use ceremony::identifiers::ca_alias;
use ceremony::path::Role;
use ceremony::utc::Utc;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::imports::{Established, Part, Settlement, Wait};

/// What some records say together.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recorded {
    pub keys: Vec<RecordedKey>,
    pub cas: Vec<RecordedCa>,
    pub unreadable: Vec<Unreadable>,
    /// Which aliases have named which keys besides the keys' own.
    pub established: Vec<Established>,
    /// The keys that are to be deleted, or are deleted, as a ceremony wanted.
    pub retired: BTreeSet<String>,
    /// Which ceremonies wait for a partner, or did.
    pub waits: Vec<Wait>,
    /// The ceremonies of which there is a record, by id.
    pub ended: BTreeSet<String>,
}

/// A key that a record names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedKey {
    pub key_arn: String,
    /// Null for a key that a profile names, which has no alias of ours.
    pub alias: Option<String>,
    /// Null where the record does not tell: of a CA's public key, say.
    pub kcv: Option<String>,
    /// The certificate in it, if it is a CA's public key.
    pub certificate_sha256: Option<Sha256>,
    /// The record's key in the evidence bucket, and the digest of its bytes.
    pub record: String,
    pub record_sha256: Sha256,
}

/// The certificate of a CA, as far as its end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordedCa {
    pub sha256: Sha256,
    pub subject: String,
    pub not_after: Utc,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Unreadable {
    pub record: String,
    pub why: String,
}

impl Recorded {
    /// What all of them say. A CA is in the record of every ceremony under it: it is kept once, with
    /// the first record that names it.
    pub fn of_all(all: impl IntoIterator<Item = Self>) -> Self {
        let mut together = Self::default();
        for one in all {
            together.keys.extend(one.keys);
            together.cas.extend(one.cas);
            together.unreadable.extend(one.unreadable);
            together.established.extend(one.established);
            together.retired.extend(one.retired);
            together.waits.extend(one.waits);
            together.ended.extend(one.ended);
        }
        let mut known = BTreeSet::new();
        together.keys.retain(|key| {
            let RecordedKey {
                key_arn,
                alias,
                kcv,
                ..
            } = key;
            known.insert((key_arn.clone(), alias.clone(), kcv.clone()))
        });
        let mut known = BTreeSet::new();
        together.cas.retain(|ca| known.insert(ca.sha256.clone()));
        together
    }
}

/// Whether an object of the evidence bucket is a record: of a ceremony that succeeded, or failed, or that
/// waits, or of a certificate that was asked for.
pub fn is_record(key: &str) -> bool {
    if is_request(key) {
        return true;
    }
    let Some((folder, file)) = key.split_once('/') else {
        return false;
    };
    let failure = file.starts_with("failure-") && file.ends_with(".json");
    !folder.is_empty() && (file == "record.json" || failure || Part::named(file).is_some())
}

fn is_request(key: &str) -> bool {
    key.starts_with(REQUESTS) && key.ends_with(".json")
}

/// What a record says. One that cannot be read says that.
pub fn read_record(key: &str, bytes: &[u8]) -> Recorded {
    let sha256 = Sha256::of(bytes);
    let name = key.split_once('/').map(|(_, name)| name);
    let read = if is_request(key) {
        serde_json::from_slice(bytes).map(|request: Request| request.recorded(key, sha256))
    } else if let Some(part) = name.and_then(Part::named) {
        part.read(bytes)
    } else {
        Record::parse(bytes).map(|record| record.recorded(key, &sha256))
    };
    match read {
        Ok(recorded) => recorded,
        Err(error) => Recorded {
            unreadable: vec![Unreadable {
                record: key.to_owned(),
                why: error.to_string(),
            }],
            ..Recorded::default()
        },
    }
}

/// That a certificate was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    key: OwnKey,
    key_arn: String,
    alias: Option<String>,
}

impl Request {
    fn recorded(self, record: &str, record_sha256: Sha256) -> Recorded {
        let Self {
            key,
            key_arn,
            alias,
        } = self;
        let named = key.is_payment_key().then(|| RecordedKey {
            key_arn,
            alias,
            kcv: None,
            certificate_sha256: None,
            record: record.to_owned(),
            record_sha256,
        });
        Recorded {
            keys: named.into_iter().collect(),
            ..Recorded::default()
        }
    }
}

#[derive(Deserialize)]
struct Step {
    step: String,
    result: Value,
}

#[derive(Default)]
struct Record {
    aliases: Vec<String>,
    authorities: Vec<Authority>,
    certificates: Vec<Certificate>,
    had: Vec<Had>,
    kek: Option<Kek>,
    /// Our key that agreed with the leaf's.
    agreement: Option<Agreed>,
    working: Vec<Working>,
    established: Vec<Established>,
    retired: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fetched {
    aliases: Vec<String>,
    certificates: Vec<Certificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Certificate {
    role: Role,
    sha256: Sha256,
    subject: String,
    not_after: Utc,
}

/// What an order asks for.
#[derive(Deserialize)]
struct Asked {
    /// Where initial keys leave by TR-34.
    addressee: Option<Addressee>,
}

#[derive(Deserialize)]
struct Addressee {
    certificates: Vec<Certificate>,
}

/// What a request for a partner's KEK comes with.
#[derive(Deserialize)]
struct AskedToSend {
    /// Where the method needs one of the partner's.
    certificates: Option<Vec<Certificate>>,
}

/// What an offer is made with.
#[derive(Deserialize)]
struct Offered {
    ours: Ours,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Ours {
    Agreement(Had),
    #[serde(other)]
    Other,
}

/// What came in a block: the KEK, or one that was another and is to be deleted, or nothing.
#[derive(Deserialize)]
struct Came {
    imported: Option<Working>,
    deleted: Option<Had>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Switched {
    alias: String,
    key_arn: String,
    /// The alias names this KEK still, of a ceremony that began later.
    kept_key_arn: Option<String>,
}

/// All are there, or one waits for people to approve it: that one has its key already, and keeps it if
/// nobody does.
#[derive(Deserialize)]
#[serde(untagged)]
enum Imported {
    All { authorities: Vec<Authority> },
    Waits { pending: Authority },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authority {
    certificate_sha256: Sha256,
    key_arn: String,
    origin: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kek {
    key_arn: String,
    kcv: String,
    origin: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agreed {
    key_arn: String,
}

#[derive(Deserialize)]
struct Made {
    keys: Vec<Working>,
}

/// A key of which the step tells everything: a working key that is there to be sent, or a partner's KEK.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Working {
    key_arn: String,
    /// Null for a key that was not made for the folder.
    alias: Option<String>,
    kcv: String,
}

/// Working keys of the partner's: of each line of a file what came of it.
#[derive(Deserialize)]
struct SentKeys {
    results: Vec<SentKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentKey {
    /// The key's own, where there is one. That of its name goes from key to key.
    block_alias: Option<String>,
    imported: Option<Working>,
    deleted_key_arn: Option<String>,
}

/// A key that is there; of what a failing step had, if it is known, `{"did": "had-key", …}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Had {
    key_arn: String,
    alias: Option<String>,
}

impl Record {
    fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Document {
            steps: Vec<Step>,
            #[serde(default)]
            done: Value,
        }
        let document: Document = serde_json::from_slice(bytes)?;
        let mut record = Self::default();
        for Step { step, result } in document.steps {
            match step.as_str() {
                "fetch-certs" => {
                    let fetched: Fetched = serde_json::from_value(result)?;
                    record.aliases = fetched.aliases;
                    record.certificates = fetched.certificates;
                }
                "fetch-request" => {
                    let asked: Asked = serde_json::from_value(result)?;
                    let addressee = asked.addressee.into_iter();
                    record.certificates = addressee.flat_map(|it| it.certificates).collect();
                }
                "import-ca" => {
                    record.authorities = match serde_json::from_value(result)? {
                        Imported::All { authorities } => authorities,
                        Imported::Waits { pending } => vec![pending],
                    };
                }
                "create-kek" => record.kek = Some(serde_json::from_value(result)?),
                "fetch-import" => {
                    let asked: AskedToSend = serde_json::from_value(result)?;
                    record.certificates = asked.certificates.unwrap_or_default();
                }
                "make-offer" => {
                    let offered: Offered = serde_json::from_value(result)?;
                    if let Ours::Agreement(had) = offered.ours {
                        record.had.push(had);
                    }
                }
                "import-kek" => {
                    let came: Came = serde_json::from_value(result)?;
                    record.working.extend(came.imported);
                    if let Some(deleted) = came.deleted {
                        record.retired.insert(deleted.key_arn.clone());
                        record.had.push(deleted);
                    }
                }
                "switch-kek" => {
                    let switched: Switched = serde_json::from_value(result)?;
                    if switched.kept_key_arn.is_none() {
                        record.established.push(Established {
                            alias: switched.alias,
                            key_arn: switched.key_arn,
                        });
                    }
                }
                "import-keys" => {
                    let keys: SentKeys = serde_json::from_value(result)?;
                    for line in keys.results {
                        let alias = line.block_alias;
                        record.working.extend(line.imported.map(|key| Working {
                            alias: alias.clone(),
                            ..key
                        }));
                        if let Some(key_arn) = line.deleted_key_arn {
                            record.retired.insert(key_arn.clone());
                            record.had.push(Had { key_arn, alias });
                        }
                    }
                }
                "settle-kek" => {
                    let settlement: Settlement = serde_json::from_value(result)?;
                    record.retired.extend(settlement.retired());
                }
                "wrap-ecdh" => record.agreement = Some(serde_json::from_value(result)?),
                "make-keys" => {
                    let made: Made = serde_json::from_value(result)?;
                    record.working = made.keys;
                }
                _ => {}
            }
        }
        // The text `not known` where the step did not live to tell.
        for deed in document.done.as_array().into_iter().flatten() {
            match deed["did"].as_str() {
                Some("had-key") => record.had.push(serde_json::from_value(deed.clone())?),
                Some("scheduled-deletion") => {
                    let key: Had = serde_json::from_value(deed.clone())?;
                    record.retired.insert(key.key_arn);
                }
                _ => {}
            }
        }
        Ok(record)
    }

    fn recorded(self, record: &str, sha256: &Sha256) -> Recorded {
        let named = |key_arn: String, alias: Option<String>| RecordedKey {
            key_arn,
            alias,
            kcv: None,
            certificate_sha256: None,
            record: record.to_owned(),
            record_sha256: sha256.clone(),
        };
        let authorities = self.authorities.into_iter().map(|authority| {
            let alias = ca_alias(&authority.certificate_sha256);
            let ours = authority.origin != PROFILE;
            RecordedKey {
                certificate_sha256: Some(authority.certificate_sha256),
                ..named(authority.key_arn, ours.then_some(alias))
            }
        });
        let below = |prefix: &str| {
            let mut aliases = self.aliases.iter();
            aliases.find(|alias| alias.starts_with(prefix)).cloned()
        };
        let kek_alias = below("alias/key-ceremony/kek/");
        let agreement_alias = below("alias/key-ceremony/agreement/");
        let agreement = self
            .agreement
            .map(|agreed| named(agreed.key_arn, agreement_alias));
        let kek = self.kek.map(|kek| {
            let alias = kek_alias.filter(|_| kek.origin != PROFILE);
            RecordedKey {
                kcv: Some(kek.kcv),
                ..named(kek.key_arn, alias)
            }
        });
        let working = self.working.into_iter().map(|key| RecordedKey {
            kcv: Some(key.kcv),
            ..named(key.key_arn, key.alias)
        });
        let had = self
            .had
            .into_iter()
            .map(|had| named(had.key_arn, had.alias));
        let cas = self.certificates.into_iter();
        let cas = cas.filter(|certificate| certificate.role != Role::Leaf);
        Recorded {
            keys: authorities
                .chain(kek)
                .chain(agreement)
                .chain(working)
                .chain(had)
                .collect(),
            cas: cas
                .map(|ca| RecordedCa {
                    sha256: ca.sha256,
                    subject: ca.subject,
                    not_after: ca.not_after,
                })
                .collect(),
            unreadable: Vec::new(),
            established: self.established,
            retired: self.retired,
            waits: Vec::new(),
            ended: record
                .split_once('/')
                .map(|(id, _)| id.to_owned())
                .into_iter()
                .collect(),
        }
    }
}

/// The origin of a key that a profile names.
const PROFILE: &str = "profile";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_known_by_its_name() {
        for key in [
            "a/record.json",
            "a/failure-20261122T101530Z-0123.json",
            "enrolment-requests/tr34/0123.json",
            "a/offer-0123/manifest.json",
            "a/receipt/manifest.json",
            "a/settled/settled.json",
        ] {
            assert!(is_record(key), "{key}");
        }
        for key in [
            "record.json",
            "/record.json",
            "a/published.json",
            "a/manifest.json",
            "a/offer-0123/offer.json",
            "a/settled/manifest.json",
            "/receipt/manifest.json",
            "offers/acme/production/pin/kek.0123.json",
            "trusted-roots/0123.pem",
            "reminders/tr34/0123/30.json",
            "reconciliation/20261122T101530Z-0123.json",
        ] {
            assert!(!is_record(key), "{key}");
        }
    }

    #[test]
    fn what_two_records_say_alike_is_kept_once() {
        let key = |record: &str, alias: Option<&str>| RecordedKey {
            key_arn: "ca".to_owned(),
            alias: alias.map(str::to_owned),
            kcv: None,
            certificate_sha256: None,
            record: record.to_owned(),
            record_sha256: Sha256::of(record.as_bytes()),
        };
        let of = |key: RecordedKey| Recorded {
            keys: vec![key],
            ..Recorded::default()
        };
        let first = key("first", Some("alias"));
        let second = of(key("second", Some("alias")));
        let both = Recorded::of_all([of(first.clone()), second]);
        assert_eq!(both, of(first.clone()));
        let other = key("third", None);
        let all = Recorded::of_all([both, of(other.clone())]);
        assert_eq!(all.keys, [first, other]);
    }
}
