use super::*;
use crate::{KeyKind, Pki};

fn parsed(certificate: &Certified) -> x509_cert::Certificate {
    x509_cert::Certificate::from_der(certificate.der()).unwrap()
}

fn small() -> crate::PkiBuilder {
    Pki::builder("uid")
        .named("small")
        .root_key(KeyKind::EccP384)
        .intermediate_keys(&[KeyKind::EccP521, KeyKind::EccP256])
        .leaf_key(KeyKind::EccP256)
}

#[test]
fn names_chain_from_the_leaf_to_the_root() {
    let pki = small().build();
    let chain: Vec<_> = pki.chain().into_iter().map(parsed).collect();
    for pair in chain.windows(2) {
        assert_eq!(
            pair[0].tbs_certificate.subject,
            pair[1].tbs_certificate.issuer
        );
    }
    assert_eq!(chain.len(), 4);
}

#[test]
fn the_uid_is_in_the_subject() {
    let pki = small().build();
    let subject = parsed(&pki.leaf).tbs_certificate.subject.to_string();
    assert!(subject.contains("UID=uid"), "{subject}");
}

#[test]
fn a_renewed_leaf_has_its_own_serial_number() {
    let (old, new) = (small().build(), small().build());
    assert_eq!(old.leaf.key().der(), new.leaf.key().der());
    assert_ne!(old.leaf.sha256(), new.leaf.sha256());
}

#[test]
fn a_pkcs7_message_holds_every_certificate() {
    let pki = small().build();
    let message = ContentInfo::from_der(&pkcs7(pki.chain())).unwrap();
    let data = message
        .content
        .decode_as::<cms::signed_data::SignedData>()
        .unwrap();
    assert_eq!(data.certificates.unwrap().0.len(), 4);
}

#[test]
fn extensions_can_be_left_out() {
    let pki = small()
        .intermediate(0, |profile| {
            profile.without_key_usage().without_basic_constraints()
        })
        .build();
    let extensions = |certificate| {
        parsed(certificate)
            .tbs_certificate
            .extensions
            .unwrap_or_default()
            .len()
    };
    assert!(extensions(&pki.intermediates[0]) < extensions(&pki.intermediates[1]));
}
