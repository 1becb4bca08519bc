//! The newest leaf, and its way to a root, among whatever lies in a folder.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::exchange::Method;
use ceremony::path::{MAX_CAS, NoPath, neither_ca_nor_leaf, path_from};
use ceremony::utc::Utc;
use partner::certificate::KeyUsage;
use partner::{Certified, KeyKind, Pki, PkiBuilder, PrivateKey, Profile, hostile};
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

fn newest_leaf<'a>(certificates: &[&'a Certificate]) -> Result<&'a Certificate, NoPath> {
    ceremony::path::newest_leaf(certificates, Method::RsaOaep, Utc::now()).map(|choice| choice.leaf)
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
    let no_leaf = Err(NoPath::NoLeaf { instead: None });
    assert_eq!(path(&[&all[0], &all[1], &all[2]]), no_leaf);
    assert_eq!(path(&[]), no_leaf);
}

#[test]
fn a_ca_of_the_right_name_with_another_key_is_not_the_issuer() {
    let pki = builder().build();
    let impostor =
        Profile::root("ACME Root CA").self_signed(&PrivateKey::generate(KeyKind::EccP384));
    let mut all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    let root = std::mem::replace(&mut all[0], read(&impostor));
    let error = path(&all.iter().collect::<Vec<_>>()).unwrap_err();
    assert!(matches!(error, NoPath::IssuerUnfit { .. }), "{error}");
    let words = error.to_string();
    assert!(words.contains("the signature is not by its key"), "{words}");
    assert!(words.contains(&impostor.sha256()[..16]), "{words}");
    // Both may lie there.
    all.push(root);
    assert!(path(&all.iter().collect::<Vec<_>>()).is_ok());
}

#[test]
fn a_renewed_leaf_is_chosen_beside_the_old_one() {
    let start = OffsetDateTime::now_utc() - Duration::days(300);
    let old = builder().leaf(|leaf| leaf.valid(start, start + Duration::days(365)));
    let (old, new) = (old.build(), builder().build());
    let all: Vec<Certificate> = [old.chain(), vec![&new.leaf]]
        .concat()
        .into_iter()
        .map(read)
        .collect();
    let all: Vec<&Certificate> = all.iter().collect();
    let choice = ceremony::path::newest_leaf(&all, Method::RsaOaep, Utc::now()).unwrap();
    assert_eq!(choice.leaf.sha256().to_string(), new.leaf.sha256());
    assert!(choice.passed_over.is_empty());
    assert_eq!(choice.leaves.len(), 2);
}

/// It is named, since its sender means it to be the one.
#[test]
fn a_newer_leaf_that_cannot_be_used_now_does_not_stand_in_the_way() {
    let now = OffsetDateTime::now_utc();
    let long_ago =
        |profile: Profile| profile.valid(now - Duration::days(90), now + Duration::days(90));
    let good = builder().leaf(long_ago).build();
    let expired = |profile: Profile| profile.valid(now - Duration::days(60), now - Duration::DAY);
    let signs = |profile: Profile| profile.key_usage(&[KeyUsage::DigitalSignature]);
    let agrees = |profile: Profile| profile.key_usage(&[KeyUsage::KeyAgreement]);
    let newer = [
        (
            builder().leaf(Profile::not_yet_valid),
            "it is not valid before",
        ),
        (builder().leaf(expired), "it has expired"),
        (builder().leaf(signs), "no key can be sent under it"),
        (builder().leaf(agrees), "no keyEncipherment"),
    ];
    for (newer, words) in newer {
        let newer = newer.build();
        let all: Vec<Certificate> = [good.chain(), vec![&newer.leaf]]
            .concat()
            .into_iter()
            .map(read)
            .collect();
        let all: Vec<&Certificate> = all.iter().collect();
        let choice = ceremony::path::newest_leaf(&all, Method::RsaOaep, Utc::now()).unwrap();
        assert_eq!(choice.leaf.sha256().to_string(), good.leaf.sha256());
        let [passed_over] = &choice.passed_over[..] else {
            panic!("one is passed over: {:?}", choice.passed_over);
        };
        assert_eq!(passed_over.certificate.to_string(), newer.leaf.sha256());
        assert!(passed_over.why.contains(words), "{}", passed_over.why);
        // Alone, it is what there is: `validate` says what is wrong with it.
        let alone = [all[0], all[1], all[2], all[4]];
        let expected = (!words.contains("sent under")).then(|| newer.leaf.sha256());
        let found = newest_leaf(&alone)
            .ok()
            .map(|leaf| leaf.sha256().to_string());
        assert_eq!(found, expected);
    }
}

#[test]
fn a_newer_leaf_of_another_kind_does_not_stand_in_the_way_of_one_for_the_method() {
    let now = OffsetDateTime::now_utc();
    let long_ago =
        |profile: Profile| profile.valid(now - Duration::days(90), now + Duration::days(90));
    let expired = |profile: Profile| profile.valid(now - Duration::days(60), now - Duration::DAY);
    let elliptic = builder().leaf_key(KeyKind::EccP256).build();
    for (rsa, counts) in [
        (builder().leaf(long_ago), true),
        (builder().leaf(expired), false),
    ] {
        let rsa = rsa.build();
        let all: Vec<Certificate> = [rsa.chain(), vec![&elliptic.leaf]]
            .concat()
            .into_iter()
            .map(read)
            .collect();
        let all: Vec<&Certificate> = all.iter().collect();
        let choice = ceremony::path::newest_leaf(&all, Method::RsaOaep, Utc::now()).unwrap();
        if counts {
            assert_eq!(choice.leaf.sha256().to_string(), rsa.leaf.sha256());
            let [passed_over] = &choice.passed_over[..] else {
                panic!("one is passed over: {:?}", choice.passed_over);
            };
            assert_eq!(passed_over.certificate.to_string(), elliptic.leaf.sha256());
            assert!(
                passed_over.why.contains("its key is not RSA"),
                "{}",
                passed_over.why
            );
        } else {
            // The other cannot be used at all.
            assert_eq!(choice.leaf.sha256().to_string(), elliptic.leaf.sha256());
            assert!(choice.passed_over.is_empty());
        }
    }
}

/// Which leaf counts is the method's to say, whichever is newer.
#[test]
fn beside_one_another_the_leaf_for_the_method_counts() {
    let now = OffsetDateTime::now_utc();
    let older =
        |profile: Profile| profile.valid(now - Duration::days(90), now + Duration::days(90));
    let agrees = |profile: Profile| profile.key_usage(&[KeyUsage::KeyAgreement]);
    let rsa = builder();
    let elliptic = builder().leaf_key(KeyKind::EccP384).leaf(agrees);
    for (rsa, elliptic) in [
        (rsa.clone().leaf(older), elliptic.clone()),
        (rsa, elliptic.leaf(older)),
    ] {
        let (rsa, elliptic) = (rsa.build(), elliptic.build());
        let all: Vec<Certificate> = [rsa.chain(), vec![&elliptic.leaf]]
            .concat()
            .into_iter()
            .map(read)
            .collect();
        let all: Vec<&Certificate> = all.iter().collect();
        for (method, leaf) in [
            (Method::RsaOaep, &rsa.leaf),
            (Method::Tr34, &rsa.leaf),
            (Method::Ecdh, &elliptic.leaf),
        ] {
            let choice = ceremony::path::newest_leaf(&all, method, Utc::now()).unwrap();
            assert_eq!(choice.leaf.sha256().to_string(), leaf.sha256(), "{method}");
            for passed_over in choice.passed_over {
                let why = passed_over.why;
                assert!(why.contains(method.as_str()), "{why}");
            }
        }
    }
}

/// Of the two uses by which keys are carried each belongs to some methods.
#[test]
fn a_leaf_whose_key_usage_is_for_another_method_does_not_count_beside_a_right_one() {
    let now = OffsetDateTime::now_utc();
    let older =
        |profile: Profile| profile.valid(now - Duration::days(90), now + Duration::days(90));
    let encrypts = |profile: Profile| profile.key_usage(&[KeyUsage::KeyEncipherment]);
    let agrees = |profile: Profile| profile.key_usage(&[KeyUsage::KeyAgreement]);
    let elliptic = || builder().leaf_key(KeyKind::EccP256);
    for (method, right, wrong, words) in [
        (
            Method::Ecdh,
            elliptic().leaf(agrees),
            elliptic().leaf(encrypts),
            "no keyAgreement",
        ),
        (
            Method::Tr34,
            builder().leaf(encrypts),
            builder().leaf(agrees),
            "no keyEncipherment",
        ),
    ] {
        let (right, wrong) = (right.leaf(older).build(), wrong.build());
        let all: Vec<Certificate> = [right.chain(), vec![&wrong.leaf]]
            .concat()
            .into_iter()
            .map(read)
            .collect();
        let all: Vec<&Certificate> = all.iter().collect();
        let choice = ceremony::path::newest_leaf(&all, method, Utc::now()).unwrap();
        assert_eq!(choice.leaf.sha256().to_string(), right.leaf.sha256());
        let [passed_over] = &choice.passed_over[..] else {
            panic!("one is passed over: {:?}", choice.passed_over);
        };
        assert!(passed_over.why.contains(words), "{}", passed_over.why);
    }
}

#[test]
fn a_leaf_that_says_it_is_a_ca_is_named() {
    let pki = builder().leaf(Profile::an_authority).build();
    let all: Vec<Certificate> = pki.chain().into_iter().map(read).collect();
    let error = path(&all.iter().collect::<Vec<_>>())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("CA:TRUE") && error.contains(&pki.leaf.sha256()[..16]),
        "{error}"
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
        assert_eq!(newest_leaf(&[&certificate]).is_ok(), is_leaf, "{why:?}");
        match words {
            Some(words) => assert!(why.unwrap().contains(words), "{why:?}"),
            None => assert_eq!(why, None),
        }
    }
}

/// A chain of so many CAs, the root first, and a leaf.
fn chain_of(cas: usize) -> Vec<Certificate> {
    let key = PrivateKey::cached(KeyKind::EccP256, "long chain");
    let mut chain = vec![Profile::root("CA 0").self_signed(&key)];
    for number in 1..cas {
        let ca = Profile::root(&format!("CA {number}"));
        chain.push(ca.issued_by(chain.last().unwrap(), &key));
    }
    chain.push(Profile::leaf("Leaf", UID).issued_by(chain.last().unwrap(), &key));
    chain.iter().map(read).collect()
}

#[test]
fn a_path_that_is_too_long_is_called_that() {
    let chain = chain_of(MAX_CAS);
    assert!(path(&chain.iter().collect::<Vec<_>>()).is_ok());
    let chain = chain_of(MAX_CAS + 1);
    let error = path(&chain.iter().collect::<Vec<_>>()).unwrap_err();
    assert!(matches!(error, NoPath::TooLong { .. }), "{error}");
    assert!(error.to_string().contains("more than 6 CAs"), "{error}");
}

#[test]
fn cas_that_certify_each_other_make_no_root() {
    let keys = ["one", "other"].map(|name| PrivateKey::cached(KeyKind::EccP256, name));
    let [one, other] = ["One", "Other"].map(Profile::root);
    let own = [one.self_signed(&keys[0]), other.self_signed(&keys[1])];
    let crossed = [
        one.issued_by(&own[1], &keys[0]),
        other.issued_by(&own[0], &keys[1]),
    ];
    let leaf = read(
        &Profile::leaf("Leaf", UID)
            .issued_by(&own[0], &PrivateKey::cached(KeyKind::EccP256, "leaf")),
    );
    let crossed = crossed.map(|ca| read(&ca));
    let error = path(&[&leaf, &crossed[0], &crossed[1]]).unwrap_err();
    assert!(error.to_string().contains("certify each other"), "{error}");
    // With either of the roots there is a path.
    for root in &own {
        let root = read(root);
        let found = path(&[&crossed[0], &root, &leaf, &crossed[1]]).unwrap();
        assert_eq!(found.last(), Some(&root.sha256().to_string()));
    }
}

/// What `openssl` makes of a CA and of a leaf under it, with these options.
fn issued_by_openssl(ca: &str, leaf: &str) -> [Certificate; 2] {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (ca_key, ca_file, leaf_key, request) =
        (at("ca.key"), at("ca.pem"), at("leaf.key"), at("csr"));
    let run = |arguments: String| {
        hostile::openssl(&arguments, "");
    };
    run(format!(
        "req -x509 -nodes -keyout {ca_key} -out {ca_file} -subj /CN=Root -days 9 {ca}"
    ));
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256";
    run(format!(
        "req -new {key} -nodes -keyout {leaf_key} -out {request} -subj /CN=Leaf"
    ));
    let leaf = hostile::openssl(
        &format!(
            "x509 -req -in {request} -CA {ca_file} -CAkey {ca_key} -set_serial 5 -days 9 {leaf}"
        ),
        "",
    );
    let read = |bytes: &[u8]| certificates_in(bytes).unwrap().remove(0);
    [read(&std::fs::read(ca_file).unwrap()), read(&leaf)]
}

#[test]
fn an_issuer_that_cannot_be_used_is_named_with_the_reason() {
    let rsa = "-newkey rsa:2048";
    let pss = |salt: &str| format!("-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt}");
    let curve = |name: &str| format!("-newkey ec -pkeyopt ec_paramgen_curve:{name}");
    for (ca, leaf, words) in [
        (format!("{rsa} -sha256"), "-sha1".to_owned(), "over SHA-1"),
        (format!("{rsa} -sha256"), "-md5".to_owned(), "over MD5"),
        (
            format!("{rsa} -sha1"),
            "-sha256".to_owned(),
            "its own signature is over SHA-1",
        ),
        (
            format!("{rsa} -sha256"),
            format!("-sha256 {}", pss("20")),
            "a salt of that length",
        ),
        (
            curve("brainpoolP256r1"),
            "-sha256".to_owned(),
            "1.3.36.3.3.2.8.1.1.7",
        ),
        (curve("P-256"), "-sha1".to_owned(), "over SHA-1"),
        (
            curve("P-256"),
            "-sha224".to_owned(),
            "not supported: 1.2.840.10045.4.3.1",
        ),
        (curve("secp256k1"), "-sha256".to_owned(), "1.3.132.0.10"),
    ] {
        let [root, leaf] = issued_by_openssl(&ca, leaf.trim());
        let error = path(&[&root, &leaf]).unwrap_err().to_string();
        assert!(error.contains(words), "{ca}: {error}");
        assert!(error.contains(&root.sha256().short()), "{ca}: {error}");
    }
    let [root, leaf] =
        issued_by_openssl(&format!("{rsa} -sha256"), &format!("-sha256 {}", pss("32")));
    assert!(path(&[&root, &leaf]).is_ok());
}

/// Keys of one name, as many as a folder may hold; none of them has signed the leaf.
fn namesakes(kind: KeyKind, count: usize) -> Vec<Certificate> {
    let keys: Vec<_> = (0..count)
        .map(|number| (kind, format!("namesake {number}")))
        .collect();
    let issuer = Profile::root("Same").self_signed(&PrivateKey::cached(kind, "issuer"));
    let leaf = Profile::leaf("Leaf", UID).issued_by(&issuer, &PrivateKey::cached(kind, "issuer"));
    let cas = PrivateKey::cached_all(&keys);
    let cas = cas
        .iter()
        .map(|key| read(&Profile::root("Same").issued_by(&issuer, key)));
    cas.chain([read(&leaf)]).collect()
}

#[test]
fn certificates_of_one_name_and_many_keys_end_the_search_by_name() {
    let all = namesakes(KeyKind::EccP256, 60);
    let began = std::time::Instant::now();
    let error = path(&all.iter().collect::<Vec<_>>()).unwrap_err();
    assert!(matches!(error, NoPath::IssuerUnfit { .. }), "{error}");
    assert!(error.to_string().ends_with("and 57 more"), "{error}");
    // And where each has signed each other one.
    let key = PrivateKey::cached(KeyKind::EccP256, "same key");
    let same = Profile::root("Same").self_signed(&key);
    let crossed: Vec<_> = (0..60)
        .map(|number| {
            read(
                &Profile::root("Same")
                    .path_length(number)
                    .issued_by(&same, &key),
            )
        })
        .collect();
    assert!(path(&crossed.iter().chain([&all[60]]).collect::<Vec<_>>()).is_err());
    // And where they are all leaves.
    let leaves: Vec<_> = (0..60)
        .map(|number| {
            let key = PrivateKey::cached(KeyKind::EccP256, &format!("namesake {number}"));
            read(
                &Profile::leaf("Same", UID)
                    .issued_by(&Profile::leaf("Same", UID).self_signed(&key), &key),
            )
        })
        .collect();
    assert_eq!(
        path(&leaves.iter().collect::<Vec<_>>()),
        Err(NoPath::TooManyNamesakes)
    );
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

/// Prints how long the worst folders take, and how long they would without limits:
/// `cargo test --workspace --test paths -- --ignored --nocapture`.
#[test]
#[ignore = "makes an RSA-8192 key, and is to be read"]
fn how_long_the_worst_folders_take() {
    let [rsa_8192, its_leaf] = issued_by_openssl("-newkey rsa:8192 -sha256", "-sha256");
    let key = |kind| PrivateKey::cached(kind, "one");
    let root = Profile::root("Same").self_signed(&key(KeyKind::Rsa4096));
    let leaf = Profile::leaf("Leaf", UID).issued_by(&root, &key(KeyKind::EccP256));
    // A certificate that is changed is parsed all the same.
    let changed = |root: &Certificate, leaf: Certificate| -> Vec<Certificate> {
        let others = (0..60_u8).map(|number| {
            let mut der = root.der().to_vec();
            let within_its_key = der.len() / 4;
            der[within_its_key] = number;
            certificates_in(&der).unwrap().remove(0)
        });
        others.chain([leaf]).collect()
    };
    let of_one_name = (0..60).map(|number| {
        let key = PrivateKey::cached(KeyKind::EccP521, &format!("namesake {number}"));
        let own = Profile::leaf("Same", UID).self_signed(&key);
        read(&Profile::leaf("Same", UID).issued_by(&own, &key))
    });
    for (name, folder) in [
        ("60 CAs of RSA-8192", changed(&rsa_8192, its_leaf)),
        ("60 CAs of RSA-4096", changed(&read(&root), read(&leaf))),
        ("60 CAs of P-521", namesakes(KeyKind::EccP521, 60)),
        ("60 leaves of P-521", of_one_name.collect()),
    ] {
        let all: Vec<&Certificate> = folder.iter().collect();
        let began = std::time::Instant::now();
        let found = path(&all).map_err(|error| error.to_string());
        let bounded = began.elapsed();
        let began = std::time::Instant::now();
        let pairs = all
            .iter()
            .flat_map(|one| all.iter().map(move |other| one.is_signed_by(other)));
        let count = pairs.filter(|signed| *signed).count();
        println!(
            "{name}: {bounded:?}; every pair, once: {:?} ({count}); {found:?}",
            began.elapsed()
        );
    }
}
