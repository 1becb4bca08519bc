//! The events of the bus `key-ceremony`, all of them.
//!
//! Steps and state machines announce; this enum is what they announce, and the committed schemas
//! (`statemachine/events/`) are made from it. The contract test reads every machine's `Detail` as
//! one of these.

mod imports;
mod keys_imported;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clearance::Summary;
use crate::digest::Sha256;
use crate::enrolment::{OwnKey, Replaced};
use crate::exchange::Method;
use crate::execution::Location;
use crate::finding::{self, Finding};
use crate::fleet::Tally;
use crate::fleet::progress::InitialKeysProgress;
use crate::id::{CeremonyId, Kind, Place};
use crate::identifiers::{DataType, Environment, Folder, PartnerId};
use crate::key_import::place::is_of_answer;
use crate::utc::Utc;
use crate::working_keys::place::AskedBy;

pub use imports::{
    AnswerAwaited, AnswerRejected, AwaitedAnswer, KekImported, KekReceived, KekSettled,
    OfferPublished,
};
pub use keys_imported::KeysImported;

/// Source of every event.
pub const SOURCE: &str = "key-ceremony";

/// Version of the details' form.
pub const VERSION: u32 = 1;

/// An event: its detail type and its detail.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "detail-type", content = "detail")]
pub enum Announcement {
    #[serde(rename = "Answer Awaited")]
    AnswerAwaited(AnswerAwaited),
    #[serde(rename = "Answer Rejected")]
    AnswerRejected(AnswerRejected),
    #[serde(rename = "Approval Required")]
    ApprovalRequired(ApprovalRequired),
    #[serde(rename = "Block Not Taken")]
    BlockNotTaken(FilesNotTaken),
    #[serde(rename = "Ceremony Failed")]
    CeremonyFailed(CeremonyFailed),
    #[serde(rename = "Ceremony Succeeded")]
    CeremonySucceeded(CeremonySucceeded),
    #[serde(rename = "Certificate Expires")]
    CertificateExpires(CertificateExpires),
    #[serde(rename = "Certificate Installed")]
    CertificateInstalled(CertificateInstalled),
    #[serde(rename = "Certificates Incomplete")]
    CertificatesIncomplete(FilesNotTaken),
    #[serde(rename = "Certificates Rejected")]
    CertificatesRejected(FilesNotTaken),
    #[serde(rename = "Control Changed")]
    ControlChanged(ControlEvent),
    #[serde(rename = "Foreign Hand On Key")]
    ForeignHandOnKey(ControlEvent),
    #[serde(rename = "Initial Keys Progress")]
    InitialKeysProgress(InitialKeysProgress),
    #[serde(rename = "Inventory Differs")]
    InventoryDiffers(InventoryDiffers),
    #[serde(rename = "Kek Imported")]
    KekImported(KekImported),
    #[serde(rename = "Kek Received")]
    KekReceived(KekReceived),
    #[serde(rename = "Kek Settled")]
    KekSettled(KekSettled),
    #[serde(rename = "Keys Exported")]
    KeysExported(KeysExported),
    #[serde(rename = "Keys Imported")]
    KeysImported(KeysImported),
    #[serde(rename = "Offer Published")]
    OfferPublished(OfferPublished),
    #[serde(rename = "Private Key Received")]
    PrivateKeyReceived(PrivateKeyReceived),
    #[serde(rename = "Request Rejected")]
    RequestRejected(FilesNotTaken),
}

impl Announcement {
    pub const DETAIL_TYPES: [&'static str; 22] = [
        "Answer Awaited",
        "Answer Rejected",
        "Approval Required",
        "Block Not Taken",
        "Ceremony Failed",
        "Ceremony Succeeded",
        "Certificate Expires",
        "Certificate Installed",
        "Certificates Incomplete",
        "Certificates Rejected",
        "Control Changed",
        "Foreign Hand On Key",
        "Initial Keys Progress",
        "Inventory Differs",
        "Kek Imported",
        "Kek Received",
        "Kek Settled",
        "Keys Exported",
        "Keys Imported",
        "Offer Published",
        "Private Key Received",
        "Request Rejected",
    ];

    pub fn detail_type(&self) -> &'static str {
        match self {
            Self::AnswerAwaited(_) => "Answer Awaited",
            Self::AnswerRejected(_) => "Answer Rejected",
            Self::ApprovalRequired(_) => "Approval Required",
            Self::BlockNotTaken(_) => "Block Not Taken",
            Self::CeremonyFailed(_) => "Ceremony Failed",
            Self::CeremonySucceeded(_) => "Ceremony Succeeded",
            Self::CertificateExpires(_) => "Certificate Expires",
            Self::CertificateInstalled(_) => "Certificate Installed",
            Self::CertificatesIncomplete(_) => "Certificates Incomplete",
            Self::CertificatesRejected(_) => "Certificates Rejected",
            Self::ControlChanged(_) => "Control Changed",
            Self::ForeignHandOnKey(_) => "Foreign Hand On Key",
            Self::InitialKeysProgress(_) => "Initial Keys Progress",
            Self::InventoryDiffers(_) => "Inventory Differs",
            Self::KekImported(_) => "Kek Imported",
            Self::KekReceived(_) => "Kek Received",
            Self::KekSettled(_) => "Kek Settled",
            Self::KeysExported(_) => "Keys Exported",
            Self::KeysImported(_) => "Keys Imported",
            Self::OfferPublished(_) => "Offer Published",
            Self::PrivateKeyReceived(_) => "Private Key Received",
            Self::RequestRejected(_) => "Request Rejected",
        }
    }

    /// Of files that cannot be used: blocks and confirmations, requests and orders, or certificates.
    pub fn of_rejected(detail: FilesNotTaken) -> Self {
        match detail.ceremony {
            // Of one that lies in no folder, its key alone says what it was meant as.
            None | Some(Kind::KekImport) if detail.is_about_answers() => {
                Self::BlockNotTaken(detail)
            }
            Some(Kind::KekImport | Kind::WorkingKeyExport | Kind::WorkingKeyImport) => {
                Self::RequestRejected(detail)
            }
            _ => Self::CertificatesRejected(detail),
        }
    }

    /// The detail as JSON text.
    pub fn detail(&self) -> serde_json::Result<String> {
        match self {
            Self::ApprovalRequired(detail) => serde_json::to_string(detail),
            Self::CeremonyFailed(detail) => serde_json::to_string(detail),
            Self::CeremonySucceeded(detail) => serde_json::to_string(detail),
            Self::CertificateExpires(detail) => serde_json::to_string(detail),
            Self::CertificateInstalled(detail) => serde_json::to_string(detail),
            Self::AnswerAwaited(detail) => serde_json::to_string(detail),
            Self::AnswerRejected(detail) => serde_json::to_string(detail),
            Self::KekImported(detail) => serde_json::to_string(detail),
            Self::KekReceived(detail) => serde_json::to_string(detail),
            Self::KekSettled(detail) => serde_json::to_string(detail),
            Self::OfferPublished(detail) => serde_json::to_string(detail),
            Self::BlockNotTaken(detail)
            | Self::CertificatesIncomplete(detail)
            | Self::CertificatesRejected(detail)
            | Self::RequestRejected(detail) => serde_json::to_string(detail),
            Self::ControlChanged(detail) | Self::ForeignHandOnKey(detail) => {
                serde_json::to_string(detail)
            }
            Self::InitialKeysProgress(detail) => serde_json::to_string(detail),
            Self::InventoryDiffers(detail) => serde_json::to_string(detail),
            Self::KeysExported(detail) => serde_json::to_string(detail),
            Self::KeysImported(detail) => serde_json::to_string(detail),
            Self::PrivateKeyReceived(detail) => serde_json::to_string(detail),
        }
    }

    /// The JSON Schema of a detail type's details.
    #[cfg(feature = "schema")]
    pub fn schema(detail_type: &str) -> Option<schemars::Schema> {
        Some(match detail_type {
            "Approval Required" => schemars::schema_for!(ApprovalRequired),
            "Ceremony Failed" => schemars::schema_for!(CeremonyFailed),
            "Ceremony Succeeded" => schemars::schema_for!(CeremonySucceeded),
            "Certificate Expires" => schemars::schema_for!(CertificateExpires),
            "Certificate Installed" => schemars::schema_for!(CertificateInstalled),
            "Block Not Taken"
            | "Certificates Incomplete"
            | "Certificates Rejected"
            | "Request Rejected" => schemars::schema_for!(FilesNotTaken),
            "Answer Awaited" => schemars::schema_for!(AnswerAwaited),
            "Answer Rejected" => schemars::schema_for!(AnswerRejected),
            "Kek Imported" => schemars::schema_for!(KekImported),
            "Kek Received" => schemars::schema_for!(KekReceived),
            "Kek Settled" => schemars::schema_for!(KekSettled),
            "Offer Published" => schemars::schema_for!(OfferPublished),
            "Control Changed" | "Foreign Hand On Key" => schemars::schema_for!(ControlEvent),
            "Initial Keys Progress" => schemars::schema_for!(InitialKeysProgress),
            "Inventory Differs" => schemars::schema_for!(InventoryDiffers),
            "Keys Exported" => schemars::schema_for!(KeysExported),
            "Keys Imported" => schemars::schema_for!(KeysImported),
            "Private Key Received" => schemars::schema_for!(PrivateKeyReceived),
            _ => return None,
        })
    }
}

/// A ceremony waits for an approval team. It goes on by itself once they have approved.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApprovalRequired {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// Fingerprint of the root certificate that is to be trusted.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub root_sha256: Sha256,
    /// The key in Payment Cryptography that waits.
    pub key_arn: String,
    /// The approval session, which names the team.
    pub session_arn: String,
    /// When the session was begun, by this ceremony or another with the same root.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub asked_at: Utc,
    /// When the session ends; then nothing was approved.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub until: Utc,
    /// What an approver should compare before agreeing.
    pub compare: String,
}

/// A ceremony ended as it should.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeremonySucceeded {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// How it travelled.
    pub method: Method,
    /// The KEK that was sent.
    pub kek_key_arn: String,
    /// Its key check value, hex.
    pub kcv: String,
    /// The KEK of the same leaf that had been deleted, and that this new one replaces: what is under
    /// it must be sent anew. Null where none had been.
    pub replaces_kek_key_arn: Option<String>,
    /// The KEK that was the current one of the folder before, if it was another: what is under it must
    /// be sent anew under this one. Null where there was none, or where it was this one already.
    pub replaces_current_kek_key_arn: Option<String>,
    /// The KEK that is still the current one of the folder, since a ceremony that began later than this
    /// one has sent it: working keys leave under that one, and not under `kekKeyArn`. Null where
    /// `kekKeyArn` is the current one.
    pub kept_current_kek_key_arn: Option<String>,
    /// Whether all certificates were proven not to be revoked, or which were not.
    pub revocation: Summary,
    /// Where the package lies.
    pub package: Location,
    /// Where the record lies.
    pub record: Location,
    /// Digest of the record's bytes.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub record_sha256: Sha256,
    /// Digest of the package's `manifest.json`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub manifest_sha256: Sha256,
}

/// Keys have left under an established KEK.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KeysExported {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
    /// Who asked.
    pub asked_by: AskedBy,
    /// The name of the request or order.
    pub request: String,
    /// The KEK that protects the keys; null where initial keys left by TR-34.
    pub kek_key_arn: Option<String>,
    /// Its key check value, hex.
    pub kek_kcv: Option<String>,
    /// Fingerprint of the partner's certificate, where initial keys left by TR-34 under its key; else null.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub leaf_sha256: Option<Sha256>,
    /// Of initial keys, how many terminals have one, and how many have none for which reason; else null.
    pub tally: Option<Tally>,
    /// Where the package lies.
    pub package: Location,
    /// Where the record lies.
    pub record: Location,
    /// Digest of the record's bytes.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub record_sha256: Sha256,
    /// Digest of the package's `manifest.json`, which names the keys.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub manifest_sha256: Sha256,
}

/// A ceremony ended in an error.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeremonyFailed {
    pub version: u32,
    pub ceremony: Kind,
    /// The ceremony id; the execution's name where its input did not say.
    pub ceremony_id: String,
    /// Null where the execution's input did not say; so are the next two.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// The state that failed.
    pub step: String,
    /// The error's name.
    pub error: String,
    /// What was wrong and where.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// How to run the ceremony again after that.
    pub again: String,
    /// Where the record lies; null where none could be written.
    pub record: Option<Location>,
    pub execution_arn: String,
}

/// The certificate of a signing key of ours ends soon, or has ended.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CertificateExpires {
    pub version: u32,
    /// The kind of ceremony that installs another one.
    pub ceremony: Kind,
    /// The ceremony that installed this one.
    pub ceremony_id: String,
    /// Always null, as the next two: it is our own.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// By which name the key signs.
    pub key: OwnKey,
    pub key_arn: String,
    /// Fingerprint of the certificate.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub certificate_sha256: Sha256,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub not_after: Utc,
    /// Which reminder it is: 60, 30 or 7 days before the end, 0 once it has ended.
    pub days_before: u64,
    /// Whole days until the end; negative once it has ended.
    pub days_left: i64,
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

/// A certificate for a signing key of ours was proven, and is used from now on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CertificateInstalled {
    pub version: u32,
    pub ceremony: Kind,
    pub ceremony_id: CeremonyId,
    /// Always null, as the next two: the key is ours.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// The name of the key.
    pub key: OwnKey,
    pub key_arn: String,
    /// Fingerprint of the certificate.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub certificate_sha256: Sha256,
    pub subject: String,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub not_after: Utc,
    /// The certificate that was used until now; null where there was none, or where it is the same.
    pub replaces: Option<Replaced>,
    /// Whether all certificates were proven not to be revoked, or which were not.
    pub revocation: Summary,
    /// Where the record lies.
    pub record: Location,
    /// Digest of the record's bytes.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub record_sha256: Sha256,
}

/// Files in the inbox that start no ceremony.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FilesNotTaken {
    pub version: u32,
    /// The ceremony that the files would have started; null where the key does not say.
    pub ceremony: Option<Kind>,
    /// Always null: no ceremony was started.
    pub ceremony_id: Option<CeremonyId>,
    /// Null where the key does not name a folder; so are the next two.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// What is missing, or why the files cannot be used.
    pub reason: String,
    /// The inbox key the reason is about; null where it is about the folder, or about `files`.
    pub file: Option<String>,
    pub remedy: String,
    /// The ceremony of this folder that was begun last, if any was: these files make no difference
    /// to it.
    pub latest_ceremony: Option<BegunCeremony>,
    /// Rejections that followed another within a minute are told together: which they were. Empty
    /// where only one thing is told.
    pub files: Vec<RejectedFile>,
    /// How many more there were than `files` has room for.
    pub more: u64,
}

/// Somebody has put a private key into the inbox. No ceremony of the folder, if it lies in one, starts
/// while it lies there.
///
/// Nothing of the file is here, not even its digest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrivateKeyReceived {
    pub version: u32,
    pub severity: Severity,
    /// The ceremony that the folder is for; null where the key does not say.
    pub ceremony: Option<Kind>,
    /// Always null: no ceremony was started.
    pub ceremony_id: Option<CeremonyId>,
    /// Null where the key does not name a folder; so are the next two.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// What was received, in a sentence.
    pub what: String,
    /// The inbox key, as people may read it; `deleteVersions` has it exactly.
    pub file: String,
    pub version_id: String,
    pub bytes: u64,
    /// What the sender and a responder must do.
    pub remedy: String,
    /// A shell command that deletes every version of the object.
    pub delete_versions: String,
    /// The ceremony of this folder that was begun last, if any was: a KEK that was sent under that key
    /// is known to whoever has the key.
    pub latest_ceremony: Option<BegunCeremony>,
}

/// How much an event matters beyond what it says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Severity {
    /// Somebody must act now, whatever else there is to do.
    High,
}

/// A ceremony that had been begun before.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BegunCeremony {
    pub ceremony_id: CeremonyId,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub begun_at: Utc,
}

/// One of several rejections.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RejectedFile {
    /// Null where the reason is about the folder.
    pub file: Option<String>,
    pub reason: String,
}

impl FilesNotTaken {
    pub fn new(
        of: Option<(Kind, &Folder)>,
        reason: String,
        file: Option<String>,
        remedy: &str,
    ) -> Self {
        let folder = of.map(|(_, folder)| folder);
        Self {
            version: VERSION,
            ceremony: of.map(|(kind, _)| kind),
            ceremony_id: None,
            partner: folder.map(|folder| folder.partner.clone()),
            environment: folder.map(|folder| folder.environment),
            data_type: folder.map(|folder| folder.data_type),
            reason,
            file,
            remedy: remedy.to_owned(),
            latest_ceremony: None,
            files: Vec::new(),
            more: 0,
        }
    }

    /// The same of files in a place that need not be a partner's.
    pub fn at(
        kind: Kind,
        place: &impl Place,
        reason: String,
        file: Option<String>,
        remedy: &str,
    ) -> Self {
        let of = place.folder().map(|folder| (kind, folder));
        Self {
            ceremony: Some(kind),
            ..Self::new(of, reason, file, remedy)
        }
    }

    /// Whether every file that it names is a block or a confirmation, by its key.
    fn is_about_answers(&self) -> bool {
        let together = self.files.iter().filter_map(|it| it.file.as_deref());
        let mut keys = together.chain(self.file.as_deref()).peekable();
        keys.peek().is_some() && keys.all(is_of_answer)
    }
}

/// Somebody changed a control, or touched a key that is a ceremony's to touch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ControlEvent {
    pub version: u32,
    /// Always null, as the next: no ceremony did it.
    pub ceremony: Option<Kind>,
    pub ceremony_id: Option<CeremonyId>,
    /// Whose profile, alias or key it is; null where it is no partner's, or the event does not say.
    /// So are the next two.
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// What was done, in a sentence.
    pub what: String,
    /// `kms:DisableKey`, say.
    pub operation: String,
    /// What it was done to: an ARN, or the name in the request.
    pub resource: String,
    /// The service's error code where it refused; null where it was done.
    pub refused_with: Option<String>,
    /// Why it is not known whether the key is a ceremony's; null where it is one.
    pub not_looked_up: Option<String>,
    /// Null in an event of Parameter Store, which does not say.
    pub who: Option<Who>,
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub at: Utc,
    pub region: String,
    /// CloudTrail's id of the event, or EventBridge's where it is Parameter Store's own. The record
    /// in the evidence bucket is `controls/<date>/<event id>.json`.
    pub event_id: String,
    pub remedy: String,
}

/// Who called, as CloudTrail knows it. Some of these texts are chosen by the caller; all are cut.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Who {
    /// ARN of the user or of the role's session; the name of a service that acted by itself.
    pub principal: String,
    /// ARN of the role whose session it is.
    pub session_issuer: Option<String>,
    pub session_name: Option<String>,
    /// An address, or the name of the service that called for somebody.
    pub source_ip: Option<String>,
    pub user_agent: Option<String>,
}

/// Keys in Payment Cryptography and evidence do not agree.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InventoryDiffers {
    pub version: u32,
    pub ceremony: Kind,
    /// Always null, as the next three: it is about all ceremonies.
    pub ceremony_id: Option<CeremonyId>,
    pub partner: Option<PartnerId>,
    pub environment: Option<Environment>,
    pub data_type: Option<DataType>,
    /// How many findings there are of each kind that there is.
    pub counts: BTreeMap<finding::Kind, usize>,
    /// The first of them; the inventory has them all.
    pub findings: Vec<Finding>,
    /// Where the inventory lies: every key and alias of ours, and every finding.
    pub inventory: Location,
    /// Digest of the inventory's bytes.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub inventory_sha256: Sha256,
    pub execution_arn: String,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_detail_type_is_spelled_alike_in_the_event_and_in_the_list() {
        let detail = FilesNotTaken::new(None, "why".to_owned(), None, "do");
        for announcement in [
            Announcement::CertificatesIncomplete(detail.clone()),
            Announcement::CertificatesRejected(detail),
        ] {
            let event = serde_json::to_value(&announcement).unwrap();
            assert_eq!(event["detail-type"], announcement.detail_type());
            let detail: Value = serde_json::from_str(&announcement.detail().unwrap()).unwrap();
            assert_eq!(event["detail"], detail);
            assert!(Announcement::DETAIL_TYPES.contains(&announcement.detail_type()));
        }
    }

    /// Which of the two a `kek-import` has not taken, the key says.
    #[test]
    fn blocks_that_were_not_taken_are_told_apart_from_requests_that_were_rejected() {
        let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
        let block = "acme/production/pin/blocks/a.0123456789abcdef.tr31";
        let request = "acme/production/pin/requests/a.json";
        let told = |kind: Option<Kind>, file: Option<&str>, files: &[&str]| {
            let place = kind.map(|kind| (kind, &folder));
            let mut detail =
                FilesNotTaken::new(place, "why".to_owned(), file.map(str::to_owned), "do");
            detail.files = files
                .iter()
                .map(|file| RejectedFile {
                    file: Some((*file).to_owned()),
                    reason: "why".to_owned(),
                })
                .collect();
            Announcement::of_rejected(detail).detail_type()
        };
        let import = Some(Kind::KekImport);
        for (kind, file, files, expected) in [
            (import, Some(block), &[][..], "Block Not Taken"),
            (import, None, &[block, block], "Block Not Taken"),
            (import, Some(request), &[], "Request Rejected"),
            (import, None, &[request, request], "Request Rejected"),
            (import, None, &[], "Request Rejected"),
            (None, Some("acme/prod/pin/blocks/x"), &[], "Block Not Taken"),
            (None, None, &[block, "acme/x"], "Certificates Rejected"),
            (None, None, &[], "Certificates Rejected"),
            (
                Some(Kind::KekExport),
                Some(block),
                &[],
                "Certificates Rejected",
            ),
        ] {
            assert_eq!(told(kind, file, files), expected, "{file:?} {files:?}");
        }
    }

    #[test]
    fn files_of_a_folder_name_its_ceremony() {
        let folder = Folder::of_inbox_key("acme/production/pin/x").unwrap();
        let (why, file) = (|| "why".to_owned(), || Some("x".to_owned()));
        let detail = FilesNotTaken::new(Some((Kind::KekExport, &folder)), why(), file(), "do");
        let at = FilesNotTaken::at(Kind::KekExport, &folder, why(), file(), "do");
        assert_eq!(at, detail);
        assert_eq!(
            serde_json::to_value(detail).unwrap(),
            json!({
                "version": 1, "ceremony": "kek-export", "ceremonyId": null,
                "partner": "acme", "environment": "production", "dataType": "pin",
                "reason": "why", "file": "x", "remedy": "do",
                "latestCeremony": null, "files": [], "more": 0,
            })
        );
    }
}
