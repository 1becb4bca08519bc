//! What a ceremony is called: its kind, and an id that no two folders, kinds or inputs share.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::exchange::Nonce;
use crate::identifiers::{DataType, Environment, Folder, PartnerId};

/// Which ceremony: the name of its state machine. One that is no ceremony announces itself too.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Kind {
    /// A certificate for one of our signing keys is proven and installed.
    CertificateEnrolment,
    KekExport,
    /// No ceremony: the daily look at what all of them left behind. No [`CeremonyId`] is of it.
    Reconciliation,
    /// Working keys or DUKPT initial keys leave under an established KEK.
    WorkingKeyExport,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CertificateEnrolment => "certificate-enrolment",
            Self::KekExport => "kek-export",
            Self::Reconciliation => "reconciliation",
            Self::WorkingKeyExport => "working-key-export",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What asks for a ceremony by certificates: for whom, which leaf under which CAs, and, where the
/// exchange has two passes, in answer to which nonce.
///
/// All count by *content*, so that it makes no difference under which names and in which order the
/// files of a set arrive, whether the root came with them or was known already, or how often they
/// are sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateSet {
    kind: Kind,
    folder: Folder,
    leaf: Sha256,
    cas: Vec<Sha256>,
    nonce: Option<Nonce>,
}

impl CertificateSet {
    pub fn new(
        kind: Kind,
        folder: &Folder,
        leaf: Sha256,
        cas: impl IntoIterator<Item = Sha256>,
    ) -> Self {
        let mut cas: Vec<Sha256> = cas.into_iter().collect();
        cas.sort_unstable();
        Self {
            kind,
            folder: folder.clone(),
            leaf,
            cas,
            nonce: None,
        }
    }

    /// The set of the same certificates, in answer to this nonce.
    pub fn answering(self, nonce: Option<Nonce>) -> Self {
        Self { nonce, ..self }
    }

    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Fingerprint of the leaf.
    pub fn leaf(&self) -> Sha256 {
        self.leaf.clone()
    }

    /// Names the set: the same for all its runs.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.lines().as_bytes())
    }

    /// The set's ceremony of this run, the first being 1.
    pub fn ceremony(&self, run: u32) -> Ceremony {
        let id = CeremonyId::new(self, run);
        Ceremony::new(self.kind, id, self.folder.clone())
    }

    fn lines(&self) -> String {
        let Self {
            kind, folder, leaf, ..
        } = self;
        let mut lines = format!("{kind}\n{}\nleaf {leaf}", folder.prefix());
        for ca in &self.cas {
            lines.push_str("\nca ");
            lines.push_str(&ca.to_string());
        }
        if let Some(nonce) = &self.nonce {
            lines.push_str("\nnonce ");
            lines.push_str(&nonce.hex());
        }
        lines
    }
}

/// Execution name and ceremony id: `<partner>-<environment>-<data-type>-<16 hex digits>`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeremonyId(String);

impl CeremonyId {
    /// Names the ceremony for one run of one certificate set.
    ///
    /// The hex digits are the first of SHA-256 over lines: the kind, the folder, `leaf` and its
    /// fingerprint, `ca` and a fingerprint for every CA on its path (sorted), `nonce` and its
    /// upper-case hex digits where there is one, and `run` and its number. Which run it is, the table `runs` says: a set that is dropped again after its last
    /// run has ended gets the next number, and any other event of it gets the same.
    pub fn new(set: &CertificateSet, run: u32) -> Self {
        let lines = format!("{}\nrun {run}", set.lines());
        let digits = Sha256::of(lines.as_bytes()).short();
        Self(format!("{}{digits}", beginning(&set.folder)))
    }

    /// Whether it is an id for this folder: it names folders of evidence and packages.
    pub fn is_for(&self, folder: &Folder) -> bool {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        self.0
            .strip_prefix(&beginning(folder))
            .is_some_and(|digits| digits.len() == 16 && digits.bytes().all(hex))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn beginning(folder: &Folder) -> String {
    let Folder {
        partner,
        environment,
        data_type,
    } = folder;
    format!("{partner}-{environment}-{data_type}-")
}

impl fmt::Display for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One ceremony: what every step, event and record says of which it is and whom it serves.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ceremony {
    #[serde(rename = "ceremony")]
    pub kind: Kind,
    pub ceremony_id: CeremonyId,
    pub partner: PartnerId,
    pub environment: Environment,
    pub data_type: DataType,
}

impl Ceremony {
    pub fn new(kind: Kind, ceremony_id: CeremonyId, folder: Folder) -> Self {
        let Folder {
            partner,
            environment,
            data_type,
        } = folder;
        Self {
            kind,
            ceremony_id,
            partner,
            environment,
            data_type,
        }
    }

    pub fn folder(&self) -> Folder {
        Folder {
            partner: self.partner.clone(),
            environment: self.environment,
            data_type: self.data_type,
        }
    }

    /// The package's prefix in the outbox, with its closing slash.
    pub fn package_prefix(&self) -> String {
        format!("{}{}/", self.folder().prefix(), self.ceremony_id)
    }

    /// The key of a document in the evidence bucket.
    pub fn evidence_key(&self, name: &str) -> String {
        format!("{}/{name}", self.ceremony_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> Folder {
        Folder::of_inbox_key("acme/non-production/cardholder/leaf.pem").unwrap()
    }

    fn set(leaf: &[u8], cas: &[&[u8]]) -> CertificateSet {
        let cas = cas.iter().map(|ca| Sha256::of(ca));
        CertificateSet::new(Kind::KekExport, &folder(), Sha256::of(leaf), cas)
    }

    fn id(leaf: &[u8], cas: &[&[u8]], run: u32) -> CeremonyId {
        CeremonyId::new(&set(leaf, cas), run)
    }

    #[test]
    fn the_id_does_not_depend_on_the_order_of_the_cas() {
        let one = id(b"leaf", &[b"a", b"b"], 1);
        assert_eq!(one, id(b"leaf", &[b"b", b"a"], 1));
        for other in [
            id(b"other", &[b"a", b"b"], 1),
            id(b"leaf", &[b"a"], 1),
            id(b"a", &[b"leaf", b"b"], 1),
            id(b"leaf", &[b"a", b"b"], 2),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn runs_of_one_set_have_one_digest() {
        let one = set(b"leaf", &[b"a", b"b"]);
        assert_eq!(one.digest(), set(b"leaf", &[b"b", b"a"]).digest());
        assert_ne!(one.digest(), set(b"leaf", &[b"a"]).digest());
        assert_ne!(one.ceremony(1).ceremony_id, one.ceremony(2).ceremony_id);
    }

    /// Recomputed from the documented lines, so that nothing of them is left out by accident.
    #[test]
    fn the_digits_are_a_digest_over_kind_folder_certificates_and_run() {
        let (leaf, ca) = (Sha256::of(b"leaf"), Sha256::of(b"ca"));
        let lines =
            format!("kek-export\nacme/non-production/cardholder/\nleaf {leaf}\nca {ca}\nrun 7");
        let digits = Sha256::of(lines.as_bytes()).short();
        assert_eq!(
            id(b"leaf", &[b"ca"], 7).as_str(),
            format!("acme-non-production-cardholder-{digits}")
        );
    }

    #[test]
    fn another_nonce_is_another_ceremony() {
        let nonce = |digits: &str| Nonce::try_from(digits.repeat(16)).ok();
        let answering = |nonce| set(b"leaf", &[]).answering(nonce).ceremony(1).ceremony_id;
        assert_eq!(answering(None), id(b"leaf", &[], 1));
        assert_eq!(answering(nonce("a")), answering(nonce("A")));
        assert_ne!(answering(nonce("a")), answering(nonce("b")));
        assert_ne!(answering(nonce("a")), answering(None));
    }

    #[test]
    fn an_id_belongs_to_its_folder() {
        let id = id(b"leaf", &[], 1);
        assert!(id.is_for(&folder()));
        let other = Folder::of_inbox_key("acme/production/cardholder/x").unwrap();
        assert!(!id.is_for(&other));
        for wrong in [
            "../x",
            "",
            "0123456789abcde",
            "0123456789abcdef/",
            "0123456789abcdef0",
            "0123456789ABCDEF",
            "0123456789abcdeg",
        ] {
            let id = CeremonyId(format!("acme-non-production-cardholder-{wrong}"));
            assert!(!id.is_for(&folder()), "{wrong}");
        }
    }

    #[test]
    fn a_ceremonys_things_lie_below_its_id() {
        let ceremony = set(b"leaf", &[]).ceremony(1);
        let id = ceremony.ceremony_id.to_string();
        assert_eq!(ceremony.folder(), folder());
        assert_eq!(
            ceremony.evidence_key("record.json"),
            format!("{id}/record.json")
        );
        assert_eq!(
            ceremony.package_prefix(),
            format!("acme/non-production/cardholder/{id}/")
        );
        let document = serde_json::to_value(&ceremony).unwrap();
        assert_eq!(document["ceremony"], Kind::KekExport.as_str());
    }

    #[test]
    fn the_longest_id_fits_an_execution_name() {
        let folder = Folder {
            partner: PartnerId::try_from("x".repeat(32)).unwrap(),
            ..folder()
        };
        let set = CertificateSet::new(Kind::KekExport, &folder, Sha256::of(b"leaf"), []);
        let id = CeremonyId::new(&set, u32::MAX);
        assert_eq!(
            id.as_str().len(),
            32 + "-non-production-cardholder-".len() + 16
        );
        assert!(id.as_str().len() <= 80);
    }
}
