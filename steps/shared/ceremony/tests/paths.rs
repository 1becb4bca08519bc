//! The newest leaf, and its way to a root, among whatever lies in a folder.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::path::{NoPath, is_end_entity, neither_ca_nor_leaf, newest_leaf, path_from};
use ceremony::utc::Utc;
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, Pki, PkiBuilder, PrivateKey, Profile};
use time::{Duration, OffsetDateTime};

const UID: &str = "identity:idms.group.1";

fn builder() -> PkiBuilder {
    Pki::builder(UID)
        .named("paths")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP256, KeyKind::EccP256])
        .leaf_key(KeyKind::Rsa2048)
}

fn read(certified: &Certified) -> Certificate {
    certificates_in(certified.der()).unwrap().remove(0)
}

fn path(certificates: &[&Certificate]) -> Result<Vec<String>, NoPath> {
    let leaf = newest_leaf(certificates)?;
    let path = path_from(leaf, certificates, &[], Utc::now())?;
    Ok(path
        .certificates()
        .map(|(_, certificate)| certificate.sha256().to_string())
        .collect())
}

fn from_the_leaf_up(pki: &Pki) -> Vec<String> {
    pki.chain()
        .iter()
        .rev()
        .map(|certified| certified.sha256())
        .collect()
}

#[test]
fn a_path_is_found_in_every_order() {
    let pki = builder().build();
    let all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    for start in 0..all.len() {
        let mut order: Vec<&Certificate> = all.iter().cycle().skip(start).take(all.len()).collect();
        assert_eq!(path(&order), Ok(from_the_leaf_up(&pki)));
        order.reverse();
        assert_eq!(path(&order), Ok(from_the_leaf_up(&pki)));
    }
}

#[test]
fn a_root_may_issue_the_leaf_itself() {
    let pki = builder().intermediate_keys(&[]).build();
    let all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    assert_eq!(
        path(&all.iter().collect::<Vec<_>>()),
        Ok(from_the_leaf_up(&pki))
    );
}

#[test]
fn every_missing_certificate_is_named_by_its_issuer() {
    let pki = builder().build();
    let all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    for missing in 0..3 {
        let rest: Vec<&Certificate> = all
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != missing)
            .map(|(_, one)| one)
            .collect();
        assert_eq!(
            path(&rest),
            Err(NoPath::IssuerMissing {
                of: all[missing + 1].to_string(),
                issuer: all[missing].subject().to_owned(),
            })
        );
    }
    assert_eq!(path(&[&all[0], &all[1], &all[2]]), Err(NoPath::NoLeaf));
    assert_eq!(path(&[]), Err(NoPath::NoLeaf));
}

#[test]
fn a_ca_of_the_right_name_with_another_key_is_not_the_issuer() {
    let pki = builder().build();
    let impostor =
        Profile::root("ACME Root CA").self_signed(&PrivateKey::generate(KeyKind::EccP384));
    let mut all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    all[0] = read(&impostor);
    assert!(matches!(
        path(&all.iter().collect::<Vec<_>>()),
        Err(NoPath::IssuerMissing { .. })
    ));
}

#[test]
fn a_renewed_leaf_is_chosen_beside_the_old_one() {
    let old = builder().leaf(Profile::expired).build();
    let new = builder().build();
    let all: Vec<Certificate> = [old.chain(), vec![&new.leaf]]
        .concat()
        .into_iter()
        .map(read)
        .collect();
    let all: Vec<&Certificate> = all.iter().collect();
    assert_eq!(
        newest_leaf(&all).unwrap().sha256().to_string(),
        new.leaf.sha256()
    );
}

#[test]
fn two_leaves_of_the_same_time_are_ambiguous() {
    let start = OffsetDateTime::now_utc() - Duration::DAY;
    let leaf = |name: &str| Profile::leaf(name, UID).valid(start, start + Duration::DAY * 30);
    let pki = builder().leaf(|_| leaf("One")).build();
    let key = PrivateKey::cached(KeyKind::Rsa2048, "other");
    let other = leaf("Other").issued_by(pki.issuer(), &key);
    let all = [read(&pki.leaf), read(&other)];
    let all: Vec<&Certificate> = all.iter().collect();
    assert!(matches!(newest_leaf(&all), Err(NoPath::TwoLeaves { .. })));
}

#[test]
fn a_pinned_root_is_preferred_to_a_newer_one_with_the_same_key() {
    let pki = builder().build();
    let renewed = Profile::root("ACME Root CA").self_signed(pki.root.key());
    let (root, renewed) = (read(&pki.root), read(&renewed));
    let mut all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    all.push(renewed.clone());
    let all: Vec<&Certificate> = all.iter().collect();
    let leaf = newest_leaf(&all).unwrap();
    for pinned in [&root, &renewed] {
        let path = path_from(leaf, &all, &[pinned.sha256()], Utc::now()).unwrap();
        assert_eq!(path.root, *pinned);
    }
}

#[test]
fn a_leaf_that_signed_itself_has_no_path() {
    let leaf =
        Profile::leaf("Self", UID).self_signed(&PrivateKey::cached(KeyKind::Rsa2048, "self"));
    let leaf = read(&leaf);
    assert!(matches!(path(&[&leaf]), Err(NoPath::SelfSignedLeaf(_))));
}

#[test]
fn a_pinned_root_need_not_verify_its_own_signature() {
    let pki = builder().build();
    let mut der = pki.root.der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let root = certificates_in(&der).unwrap().remove(0);
    let mut all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    all[0] = root.clone();
    let all: Vec<&Certificate> = all.iter().collect();
    let leaf = newest_leaf(&all).unwrap();
    assert!(path_from(leaf, &all, &[], Utc::now()).is_err());
    let path = path_from(leaf, &all, &[root.sha256()], Utc::now()).unwrap();
    assert_eq!(path.root, root);
}

#[test]
fn a_pinned_intermediate_is_no_root() {
    let pki = builder().build();
    let all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    let all: Vec<&Certificate> = all.iter().collect();
    let leaf = newest_leaf(&all).unwrap();
    let path = path_from(leaf, &all, &[all[1].sha256()], Utc::now()).unwrap();
    assert_eq!(path.root, *all[0]);
}

/// Alone in a folder, which certificates are taken for a leaf?
#[test]
fn a_leaf_is_what_keys_can_be_sent_under_and_no_certificates_signed_with() {
    use KeyUsage::{
        CrlSign, DataEncipherment, DigitalSignature, KeyAgreement, KeyCertSign, KeyEncipherment,
    };
    let leaf = || Profile::leaf("ACME", UID);
    let none = || leaf().without_basic_constraints();
    let no_ca = || leaf().not_an_authority();
    let ca = || Profile::intermediate("ACME CA");
    for (profile, is_leaf, words) in [
        (leaf(), true, None),
        (none().without_key_usage(), true, None),
        (none().key_usage(&[KeyEncipherment]), true, None),
        (none().key_usage(&[DataEncipherment]), true, None),
        (
            none().key_usage(&[DigitalSignature, KeyAgreement]),
            true,
            None,
        ),
        (
            none().key_usage(&[DigitalSignature]),
            false,
            Some("keyEncipherment"),
        ),
        (
            no_ca().key_usage(&[CrlSign]),
            false,
            Some("keyEncipherment"),
        ),
        (
            none().key_usage(&[KeyCertSign]),
            false,
            Some("has no BasicConstraints"),
        ),
        (
            none().key_usage(&[KeyCertSign, KeyEncipherment]),
            false,
            Some("has no BasicConstraints"),
        ),
        (
            no_ca().key_usage(&[KeyCertSign]),
            false,
            Some("says CA:FALSE"),
        ),
        (ca(), false, None),
        (ca().without_key_usage(), false, None),
        (ca().key_usage(&[CrlSign]), false, None),
    ] {
        let key = PrivateKey::cached(KeyKind::EccP256, "usage");
        let certificate = read(&profile.self_signed(&key));
        let why = neither_ca_nor_leaf(&certificate);
        assert_eq!(
            is_end_entity(&certificate, &[&certificate]),
            is_leaf,
            "{why:?}"
        );
        match words {
            Some(words) => assert!(why.unwrap().contains(words), "{why:?}"),
            None => assert_eq!(why, None),
        }
    }
}
