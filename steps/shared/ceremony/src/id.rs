//! What a ceremony is called: its kind, and an id that no two folders, kinds or inputs share.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::digest::Sha256;
use crate::enrolment::Enrolment;
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
    /// A KEK of the partner's is imported.
    KekImport,
    /// No ceremony: the daily look at what all of them left behind. No [`CeremonyId`] is of it.
    Reconciliation,
    /// Working keys or DUKPT initial keys leave under an established KEK.
    WorkingKeyExport,
    /// The partner's working keys come under an established KEK.
    WorkingKeyImport,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CertificateEnrolment => "certificate-enrolment",
            Self::KekExport => "kek-export",
            Self::KekImport => "kek-import",
            Self::Reconciliation => "reconciliation",
            Self::WorkingKeyExport => "working-key-export",
            Self::WorkingKeyImport => "working-key-import",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where in the inbox files lie that belong together, and what the ceremonies are called that they
/// start.
pub trait Place: Clone {
    /// What every step, event and record says of such a ceremony.
    type Ceremony: Clone + Into<AnyCeremony> + Serialize;

    /// The beginning of its files' keys, with the closing slash.
    fn prefix(&self) -> String;

    /// The beginning of its ceremonies' ids, with the closing hyphen.
    fn beginning(&self) -> String;

    /// The folder of a partner that it is, if it is one.
    fn folder(&self) -> Option<&Folder>;

    /// The ceremony of that id.
    fn ceremony(&self, kind: Kind, id: CeremonyId) -> Self::Ceremony;
}

impl Place for Folder {
    type Ceremony = Ceremony;

    fn prefix(&self) -> String {
        self.prefix()
    }

    fn beginning(&self) -> String {
        let Self {
            partner,
            environment,
            data_type,
        } = self;
        format!("{partner}-{environment}-{data_type}-")
    }

    fn folder(&self) -> Option<&Folder> {
        Some(self)
    }

    fn ceremony(&self, kind: Kind, id: CeremonyId) -> Ceremony {
        Ceremony::new(kind, id, self.clone())
    }
}

/// What asks for a ceremony, by its content: the same asks for the same ceremony, however often it is
/// sent.
pub trait InputSet {
    type Place: Place;

    fn kind(&self) -> Kind;

    fn place(&self) -> &Self::Place;

    /// What counts, a line for each, the first two being the kind and the place's prefix.
    fn lines(&self) -> String;

    /// Whether a run whose package may be out is the last: a nonce is answered once.
    fn is_answered_once(&self) -> bool {
        false
    }

    /// Names the set: the same for all its runs.
    fn digest(&self) -> Sha256 {
        Sha256::of(self.lines().as_bytes())
    }

    /// The set's ceremony of this run, the first being 1.
    fn ceremony(&self, run: u32) -> <Self::Place as Place>::Ceremony
    where
        Self: Sized,
    {
        self.place()
            .ceremony(self.kind(), CeremonyId::new(self, run))
    }
}

/// What asks for a ceremony by certificates: where they lie, which leaf under which CAs, and, where the
/// exchange has two passes, in answer to which nonce.
///
/// All count by *content*, so that it makes no difference under which names and in which order the
/// files of a set arrive, whether the root came with them or was known already, or how often they
/// are sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificateSet<P = Folder> {
    kind: Kind,
    place: P,
    leaf: Sha256,
    cas: Vec<Sha256>,
    nonce: Option<Nonce>,
}

impl<P> CertificateSet<P> {
    /// The set of the same certificates, in answer to this nonce.
    pub fn answering(self, nonce: Option<Nonce>) -> Self {
        Self { nonce, ..self }
    }

    pub fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }
}

impl<P: Place> CertificateSet<P> {
    pub fn new(kind: Kind, place: &P, leaf: Sha256, cas: impl IntoIterator<Item = Sha256>) -> Self {
        let mut cas: Vec<Sha256> = cas.into_iter().collect();
        cas.sort_unstable();
        Self {
            kind,
            place: place.clone(),
            leaf,
            cas,
            nonce: None,
        }
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn place(&self) -> &P {
        &self.place
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
    pub fn ceremony(&self, run: u32) -> P::Ceremony {
        self.place.ceremony(self.kind, CeremonyId::new(self, run))
    }

    fn lines(&self) -> String {
        let Self {
            kind, place, leaf, ..
        } = self;
        let mut lines = format!("{kind}\n{}\nleaf {leaf}", place.prefix());
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

impl<P: Place> InputSet for CertificateSet<P> {
    type Place = P;

    fn kind(&self) -> Kind {
        self.kind
    }

    fn place(&self) -> &P {
        &self.place
    }

    fn lines(&self) -> String {
        self.lines()
    }

    fn is_answered_once(&self) -> bool {
        self.nonce.is_some()
    }
}

/// Execution name and ceremony id: `<partner>-<environment>-<data-type>-<16 hex digits>`, or
/// `enrolment-<key name>-<16 hex digits>`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CeremonyId(String);

impl CeremonyId {
    /// Names the ceremony for one run of one set.
    ///
    /// The hex digits are the first of SHA-256 over lines: the kind, the folder, `leaf` and its
    /// fingerprint, `ca` and a fingerprint for every CA on its path (sorted), `nonce` and its
    /// upper-case hex digits where there is one, and `run` and its number. Which run it is, the table
    /// `runs` says: a set that is dropped again after its last run has ended gets the next number, and
    /// any other event of it gets the same.
    ///
    /// For an order the lines after the folder are `order` and its inbox key, and `sha256` and the digest
    /// of its content.
    pub fn new(set: &impl InputSet, run: u32) -> Self {
        let lines = format!("{}\nrun {run}", set.lines());
        let digits = Sha256::of(lines.as_bytes()).short();
        Self(format!("{}{digits}", set.place().beginning()))
    }

    /// Whether it is an id for this folder: it names folders of evidence and packages.
    pub fn is_for(&self, place: &impl Place) -> bool {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        self.0
            .strip_prefix(&place.beginning())
            .is_some_and(|digits| digits.len() == 16 && digits.bytes().all(hex))
    }

    /// The partner's folder that it is an id for; none where it is about a key of our own.
    ///
    /// It is for one at most: no partner's id ends in `-non`.
    pub fn folder(&self) -> Option<Folder> {
        let (beginning, _) = self.0.rsplit_once('-')?;
        let environments = [Environment::NonProduction, Environment::Production];
        let data_types = [DataType::Cardholder, DataType::Pin];
        let mut all = environments
            .into_iter()
            .flat_map(|environment| data_types.map(|data_type| (environment, data_type)));
        all.find_map(|(environment, data_type)| {
            let partner = beginning.strip_suffix(&format!("-{environment}-{data_type}"))?;
            let folder = Folder {
                partner: PartnerId::try_from(partner.to_owned()).ok()?,
                environment,
                data_type,
            };
            self.is_for(&folder).then_some(folder)
        })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a document in the evidence bucket.
    pub fn evidence_key(&self, name: &str) -> String {
        format!("{self}/{name}")
    }
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
        self.ceremony_id.evidence_key(name)
    }
}

/// A ceremony of whichever kind: for a partner, or about a key of our own. For steps that all
/// ceremonies share, and that need to know no more than where things lie.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AnyCeremony {
    OfPartner(Ceremony),
    Enrolment(Enrolment),
}

impl AnyCeremony {
    pub fn id(&self) -> &CeremonyId {
        match self {
            Self::OfPartner(ceremony) => &ceremony.ceremony_id,
            Self::Enrolment(enrolment) => &enrolment.ceremony_id,
        }
    }

    /// The partner's folder, if it serves a partner.
    pub fn folder(&self) -> Option<Folder> {
        match self {
            Self::OfPartner(ceremony) => Some(ceremony.folder()),
            Self::Enrolment(_) => None,
        }
    }

    /// The beginning of the keys of its files in the inbox, with the closing slash.
    pub fn inbox_prefix(&self) -> String {
        match self {
            Self::OfPartner(ceremony) => ceremony.folder().prefix(),
            Self::Enrolment(enrolment) => enrolment.key.inbox_prefix(),
        }
    }

    /// Where a package lies in the outbox; none where there is nobody to fetch one.
    pub fn package_prefix(&self) -> Option<String> {
        match self {
            Self::OfPartner(ceremony) => Some(ceremony.package_prefix()),
            Self::Enrolment(_) => None,
        }
    }

    /// The key of a document in the evidence bucket.
    pub fn evidence_key(&self, name: &str) -> String {
        self.id().evidence_key(name)
    }

    /// Whether its id is one of its folder, or of its key.
    pub fn is_consistent(&self) -> bool {
        match self {
            Self::OfPartner(ceremony) => ceremony.ceremony_id.is_for(&ceremony.folder()),
            Self::Enrolment(enrolment) => enrolment.ceremony_id.is_for(&enrolment.key),
        }
    }
}

impl From<Ceremony> for AnyCeremony {
    fn from(ceremony: Ceremony) -> Self {
        Self::OfPartner(ceremony)
    }
}

impl From<Enrolment> for AnyCeremony {
    fn from(enrolment: Enrolment) -> Self {
        Self::Enrolment(enrolment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrolment::OwnKey;

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
    fn an_id_says_whose_folder_it_is_for() {
        for prefix in [
            "acme/non-production/cardholder",
            "acme/production/pin",
            // Words that the rest of an id has too.
            "acme-production-pin/production/pin",
            "non/production/cardholder",
            "a-non-production-pin/non-production/cardholder",
        ] {
            let folder = Folder::of_inbox_key(&format!("{prefix}/x")).unwrap();
            let set = CertificateSet::new(Kind::KekImport, &folder, Sha256::of(b"leaf"), []);
            assert_eq!(CeremonyId::new(&set, 1).folder(), Some(folder));
        }
        for other in [
            "enrolment-tr34-0123456789abcdef",
            "acme-production-pin-0123456789abcde",
            "-production-pin-0123456789abcdef",
            "acme-production-0123456789abcdef",
            "",
        ] {
            assert_eq!(CeremonyId(other.to_owned()).folder(), None, "{other}");
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
    fn a_ceremony_of_any_kind_reads_as_what_it_is() {
        let of_partner = set(b"leaf", &[]).ceremony(1);
        let set = CertificateSet::new(
            Kind::CertificateEnrolment,
            &OwnKey::Tr34,
            Sha256::of(b"leaf"),
            [],
        );
        let enrolment = set.ceremony(1);
        for (ceremony, beginning, package) in [
            (
                AnyCeremony::from(of_partner.clone()),
                "acme-non-production-cardholder-",
                Some(of_partner.package_prefix()),
            ),
            (AnyCeremony::from(enrolment), "enrolment-tr34-", None),
        ] {
            let document = serde_json::to_value(&ceremony).unwrap();
            assert_eq!(
                serde_json::from_value::<AnyCeremony>(document).unwrap(),
                ceremony
            );
            assert!(ceremony.id().as_str().starts_with(beginning));
            assert!(ceremony.is_consistent());
            assert_eq!(ceremony.package_prefix(), package);
        }
        let other = serde_json::json!({
            "ceremony": "certificate-enrolment", "ceremonyId": set.ceremony(1).ceremony_id,
            "key": "package-signing",
        });
        let other: AnyCeremony = serde_json::from_value(other).unwrap();
        assert!(!other.is_consistent());
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
