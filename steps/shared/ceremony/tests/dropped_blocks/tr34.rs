//! TR-34 blocks of a partner's key distribution host.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::key_import::block::CheckedBlock;
use ceremony::key_import::counterpart::Unproven;
use ceremony::key_import::encoding::Mistake;
use ceremony::key_import::refused::Refused;
use ceremony::utc::Utc;
use partner::certificate::KeyUsage;
use partner::wrap::{Fresh, Tr34Draft};
use partner::{Certified, KeyKind, Pki};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::story::{Story, chain, path, trust};

const HEADER: &str = "D0112K0AB00N0000";
const KEK: [u8; 16] = [0x5a; 16];
const NONCE: [u8; 8] = [0xa5; 8];

fn one_pass() -> Story {
    Story::tr34(None, |_| {})
}

/// The block as it should be, but for what `change` changes.
fn made(story: &Story, change: impl FnOnce(&mut Tr34Draft<'_>)) -> Vec<u8> {
    let mut draft = story.published().tr34(&story.partners.leaf).unwrap();
    change(&mut draft);
    draft.wrap(HEADER, &KEK).unwrap()
}

/// As any program may print it.
fn in_lines(digits: &str) -> String {
    let lines = digits.as_bytes().chunks(60);
    lines
        .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
        .collect()
}

#[test]
fn a_block_may_go_to_the_service_in_der_and_in_hex() {
    for story in [one_pass(), Story::tr34(Some(&NONCE), |_| {})] {
        let der = made(&story, |_| {});
        let digits = hex::encode_upper(&der);
        for file in [
            der.clone(),
            digits.clone().into_bytes(),
            hex::encode(&der).into_bytes(),
            in_lines(&digits).into_bytes(),
        ] {
            let checked = story.check(&file).unwrap();
            let CheckedBlock::Tr34 {
                key_block, header, ..
            } = &checked
            else {
                panic!("{checked:?}");
            };
            assert_eq!(*key_block, digits);
            assert_eq!(header, HEADER);
            assert_eq!(checked.bytes(), der);
        }
    }
}

#[test]
fn a_tdes_key_may_come_under_tdes_and_an_aes_key_may_not() {
    let tdes = Story::tr34(None, |request| request["algorithm"] = json!("TDES_2KEY"));
    let draft = tdes.published().tr34(&tdes.partners.leaf).unwrap();
    let draft = Tr34Draft {
        by_tdes: true,
        ..draft
    };
    let block = draft.wrap("B0080K0TB00N0000", &KEK).unwrap();
    assert!(tdes.check(&block).is_ok());
    let aes = one_pass();
    let block = made(&aes, |draft| draft.by_tdes = true);
    assert_eq!(aes.refused(&block), "BlockCipherWeak");
}

#[test]
fn the_header_that_is_signed_is_the_one_that_was_asked_for() {
    let story = one_pass();
    for header in [
        "D0112P0AB00N0000",
        "D0112K1AB00N0000",
        "D0112K0TB00N0000",
        "D0112K0AE00N0000",
        "D0112K0ABc1N0000",
        "D0112K0AB00E0000",
    ] {
        let block = made(&story, |draft| {
            draft.signed_header = Some(header.to_owned());
        });
        assert_eq!(story.refused(&block), "BlockKeyDiffers", "{header}");
    }
    // Of its version and its length nothing depends.
    let block = made(&story, |draft| {
        draft.signed_header = Some("B9999K0AB00N0000".to_owned());
    });
    assert!(story.check(&block).is_ok());
}

/// A certificate of the same name and serial number is another one by its key.
#[test]
fn sender_and_receiver_are_those_that_were_proven_and_offered() {
    let story = one_pass();
    let stranger = chain("stranger", KeyKind::Rsa3072, KeyUsage::DigitalSignature);
    let by_another = story.published().tr34(&stranger.leaf).unwrap();
    let by_another = by_another.wrap(HEADER, &KEK).unwrap();
    assert_eq!(story.refused(&by_another), "BlockByAnother");

    let draft = story.published().tr34(&story.partners.leaf).unwrap();
    let for_another = draft.for_receiver(&stranger.leaf);
    let for_another = for_another.wrap(HEADER, &KEK).unwrap();
    assert_eq!(story.refused(&for_another), "BlockForAnother");

    let signed_by = |signer: &Certified| {
        let mut draft = story.published().tr34(&story.partners.leaf).unwrap();
        draft.signer = Some(signer);
        draft.wrap(HEADER, &KEK).unwrap()
    };
    assert_eq!(story.refused(&signed_by(&stranger.leaf)), "BlockForged");
    assert!(story.check(&signed_by(&story.partners.leaf)).is_ok());
}

#[test]
fn a_block_answers_the_nonce_of_the_offer() {
    let two = Story::tr34(Some(&NONCE), |_| {});
    for fresh in [
        Fresh::Nonce(vec![0x5a; 8]),
        Fresh::Nonce(vec![0xa5; 9]),
        Fresh::SignedAt(OffsetDateTime::now_utc()),
    ] {
        let block = made(&two, |draft| draft.fresh = fresh);
        assert_eq!(two.refused(&block), "BlockNotFresh");
    }
    let one = one_pass();
    let block = made(&one, |draft| draft.fresh = Fresh::Nonce(NONCE.to_vec()));
    assert_eq!(one.refused(&block), "BlockNotFresh");
}

/// It was offered an hour ago.
#[test]
fn a_block_of_one_pass_was_signed_since_the_offer_was_made() {
    let story = one_pass();
    for (minutes, expected) in [
        (-120, false),
        (-64, true),
        (-30, true),
        (0, true),
        (10, false),
    ] {
        let block = made(&story, |draft| {
            draft.fresh = Fresh::SignedAt(OffsetDateTime::now_utc() + Duration::minutes(minutes));
        });
        let checked = story.check(&block);
        assert_eq!(checked.is_ok(), expected, "{minutes}");
        if let Err(refused) = checked {
            assert_eq!(refused.error(), "BlockNotFresh");
        }
    }
}

#[test]
fn a_block_that_was_changed_or_cut_is_refused() {
    let story = one_pass();
    let block = made(&story, |_| {});
    for at in (0..block.len()).step_by(3) {
        let mut changed = block.clone();
        changed[at] ^= 1;
        assert!(story.check(&changed).is_err(), "{at}");
        assert!(story.check(&block[..at]).is_err(), "{at}");
    }
    let longer = [&block[..], b"\0"].concat();
    assert_eq!(story.refused(&longer), "Tr34BlockMalformed");
}

#[test]
fn base64_and_pem_are_refused_by_name() {
    let story = one_pass();
    let der = made(&story, |_| {});
    let base64 = STANDARD.encode(&der);
    let digits = hex::encode(&der);
    for (file, mistake) in [
        (base64.clone(), Mistake::Base64),
        (in_lines(&base64), Mistake::Base64),
        (
            format!("-----BEGIN PKCS7-----\n{base64}\n-----END PKCS7-----\n"),
            Mistake::Pem,
        ),
        (digits[1..].to_owned(), Mistake::OddDigits),
        (format!("0x{digits}"), Mistake::Other),
    ] {
        let refused = story.check(file.as_bytes()).unwrap_err();
        let Refused::BlockUnreadable(unreadable) = refused else {
            panic!("{mistake}: {refused}");
        };
        assert_eq!(unreadable.mistake(), mistake);
        let expected =
            mistake != Mistake::Base64 || unreadable.to_string().contains("Base64, and hex");
        assert!(expected, "{unreadable}");
    }
    let too_long = [&[0x30, 0x82, 0x10, 0x00][..], &[0; 0x1000]].concat();
    assert_eq!(story.refused(&too_long), "BlockSizeWrong");
}

/// Weeks may lie between an offer and its block.
#[test]
fn the_senders_certificate_is_proven_when_the_block_is_there() {
    let story = one_pass();
    let now = Utc::now();
    assert_eq!(story.proven_anew(&story.partners, now), Ok(()));
    let later = now.plus_seconds(400 * 86_400);
    assert_refused(story.proven_anew(&story.partners, later), "valid until");
    let renewed = chain("renewed", KeyKind::Rsa2048, KeyUsage::DigitalSignature);
    let other = story.proven_anew(&renewed, now).unwrap_err();
    assert!(
        matches!(other, Unproven::OtherCertificate { .. }),
        "{other}"
    );
    for (pki, said) in [
        (
            chain("may-not", KeyKind::Rsa2048, KeyUsage::KeyEncipherment),
            "KeyUsage lacks digitalSignature",
        ),
        (
            chain("curve", KeyKind::EccP256, KeyUsage::DigitalSignature),
            "is needed to sign TR-34 blocks",
        ),
        (
            Pki::builder("identity:of.another")
                .named("another")
                .root_key(KeyKind::EccP521)
                .intermediate_keys(&[])
                .leaf_key(KeyKind::Rsa2048)
                .leaf(|leaf| leaf.key_usage(&[KeyUsage::DigitalSignature]))
                .build(),
            "identity:of.another",
        ),
    ] {
        assert_refused(story.proven_anew(&pki, now), said);
    }
    let strangers = trust(&renewed);
    let path = Some(path(&story.partners));
    let unpinned = ceremony::key_import::counterpart::Counterpart::prove(
        path,
        &story.request,
        &strangers,
        now,
    );
    assert_refused(
        unpinned.map(|_| ()),
        "is not one of the profile's trust anchors",
    );
}

fn assert_refused(proof: Result<(), Unproven>, said: &str) {
    let Err(Unproven::Refused(refusal)) = proof else {
        panic!("{said}: {proof:?}");
    };
    assert!(refusal.what.contains(said), "{}", refusal.what);
}
