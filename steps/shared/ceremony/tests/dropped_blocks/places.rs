//! For which request and which offer a block was made, which its name says.

use ceremony::key_import::offer::{Offer, OfferId, Terms};
use ceremony::key_import::place::{BlockForm, BlockPlace, BlockRole};
use ceremony::key_import::refused::Refused;
use ceremony::utc::Utc;
use partner::KeyKind;
use partner::tr31::Draft;

use crate::story::{Story, place};

fn ecdh() -> (Story, String) {
    let story = Story::ecdh(KeyKind::EccP256, |_| {});
    let offer = story.published();
    let own = story.partners.leaf.key();
    let block = offer.by_ecdh(own, &Draft::new("K0AB00N"), &[0x5a; 16]);
    (story, block.unwrap())
}

fn read(key: &str) -> BlockPlace {
    match BlockPlace::of_inbox_key(key) {
        Some(BlockRole::Block(place)) => place,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn the_key_of_a_block_names_request_and_offer() {
    let (story, _) = ecdh();
    let id = story.offer.id();
    let expected = BlockPlace::of_offer(&story.offer);
    let key = format!("acme/production/cardholder/blocks/zmk-2026.{id}.tr31");
    assert_eq!(expected.key(), key);
    assert_eq!(read(&key), expected);
}

#[test]
fn what_is_meant_as_a_block_and_is_none_is_told() {
    for (key, part) in [
        ("acme/production/pin/blocks/zmk.tr31", "`zmk.tr31`"),
        (
            "acme/production/pin/blocks/zmk.0123456789abcdef.txt",
            "`zmk.0123456789abcdef.txt`",
        ),
        (
            "acme/production/pin/blocks/zmk.0123456789ABCDEF.tr31",
            "the 16 digits",
        ),
        (
            "acme/production/pin/blocks/a b.0123456789abcdef.tr31",
            "the request's name",
        ),
        (
            "acme/production/pin/blocks/x/zmk.0123456789abcdef.tr31",
            "`x/zmk",
        ),
        ("acme/production/pin/blocks/", "``"),
        ("acme/prod/pin/blocks/zmk.0123456789abcdef.tr31", "`prod`"),
    ] {
        let Some(BlockRole::Misplaced(reason)) = BlockPlace::of_inbox_key(key) else {
            panic!("{key}");
        };
        assert!(reason.contains(part), "{reason}");
    }
    for key in [
        "acme/production/pin/leaf.pem",
        "acme/production/pin/requests/zmk.json",
        "acme/production/pin/blocks",
    ] {
        assert_eq!(BlockPlace::of_inbox_key(key), None, "{key}");
    }
}

#[test]
fn a_block_is_for_one_offer() {
    let (mut story, block) = ecdh();
    let now = Utc::now();
    let right = BlockPlace::of_offer(&story.offer);
    let stale = OfferId::try_from("00000000000000aa".to_owned()).unwrap();
    let unknown = OfferId::try_from("00000000000000bb".to_owned()).unwrap();
    story.earlier = vec![stale.clone()];
    let named = |offer: &OfferId| BlockPlace {
        offer: offer.clone(),
        ..right.clone()
    };
    let refused = |place: &BlockPlace, now| {
        let refused = story.check_at(place, block.as_bytes(), now);
        refused.unwrap_err()
    };
    assert!(story.check_at(&right, block.as_bytes(), now).is_ok());
    let current = story.offer.id();
    let expected = Refused::OfferStale {
        made_for: stale.clone(),
        current: current.clone(),
    };
    assert_eq!(refused(&named(&stale), now), expected);
    let expected = Refused::OfferUnknown { current };
    assert_eq!(refused(&named(&unknown), now), expected);
    let at = story.offer.expires_at;
    let late = at.plus_seconds(1);
    assert_eq!(refused(&right, late), Refused::OfferExpired { at });

    let of_another = read(&right.key().replace("zmk-2026", "zmk-2027"));
    assert_eq!(refused(&of_another, now), Refused::OtherRequest);
    let by_another = read(&right.key().replace("acme/", "other/"));
    assert_eq!(refused(&by_another, now), Refused::OtherRequest);
    let of_another_form = BlockPlace {
        form: BlockForm::Tr34,
        ..right.clone()
    };
    assert_eq!(refused(&of_another_form, now).error(), "OtherForm");
    // Whatever is wrong besides, that is told first.
    let pem = story.partners.leaf.key().pem();
    let told = story.check_at(&named(&stale), pem.as_bytes(), now);
    assert_eq!(told.unwrap_err().error(), "PrivateKeyReceived");
}

/// Each of them is bound by the name: two that differ in anything have different ones.
#[test]
fn another_offer_has_another_name() {
    let (story, _) = ecdh();
    let offer = &story.offer;
    let other = |change: &dyn Fn(&mut Offer)| {
        let mut other = offer.clone();
        change(&mut other);
        other.id()
    };
    assert_eq!(other(&|_| {}), offer.id());
    let changes: [&dyn Fn(&mut Offer); 5] = [
        &|offer| offer.number = 2,
        &|offer| offer.expires_at = offer.expires_at.plus_seconds(1),
        &|offer| offer.request_sha256 = ceremony::digest::Sha256::of(b"another"),
        &|offer| {
            offer.request = place("acme/production/cardholder/orders/zmk-2026.json");
        },
        &|offer| {
            if let Terms::Ecdh {
                shared_information, ..
            } = &mut offer.terms
            {
                shared_information.replace_range(..2, "FF");
            }
        },
    ];
    let ids: Vec<OfferId> = changes.iter().map(|change| other(*change)).collect();
    for (at, id) in ids.iter().enumerate() {
        assert_ne!(*id, offer.id());
        assert!(!ids[..at].contains(id));
    }
    let document = serde_json::to_value(offer).unwrap();
    let again: Offer = serde_json::from_value(document).unwrap();
    assert_eq!(again, *offer, "as it travels from step to step");
}

#[test]
fn a_published_key_is_what_stands_beside_it() {
    let (story, _) = ecdh();
    let zeros = "0".repeat(64);
    for (field, value) in [
        ("keyAlgorithm", "ECC_NIST_P521"),
        ("certificateSha256", zeros.as_str()),
    ] {
        let mut document = serde_json::to_value(&story.offer).unwrap();
        document["terms"]["ours"][field] = value.into();
        let error = serde_json::from_value::<Offer>(document).unwrap_err();
        assert!(error.to_string().contains("the certificate has"), "{error}");
    }
}

#[test]
fn an_offer_ends_before_what_it_rests_on() {
    let (story, _) = ecdh();
    let (ours, now) = (story.offer.terms.ours(), Utc::now());
    let hour = 60 * 60;
    let hours = |hours: i64| now.plus_seconds(hours * hour);
    assert_eq!(Offer::expiry(now, 48, ours, None), hours(48));
    assert_eq!(Offer::expiry(now, 48, ours, Some(hours(24))), hours(23));
    let year = Offer::expiry(now, 24 * 3650, ours, None);
    let ends = ours.certificate.not_after();
    assert_eq!(year, ends.plus_seconds(-hour));
    assert!(!story.offer.has_had_its_time(story.offer.expires_at));
}
