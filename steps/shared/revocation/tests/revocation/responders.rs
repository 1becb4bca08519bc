//! Who may sign an OCSP response (RFC 6960 §4.2.2.2).

use ceremony::digest::Sha256;
use ceremony::revocation::{Order, Status};
use ceremony::utc::Utc;
use der::Encode;
use partner::certificate::{Certified, KeyUsage, Profile};
use revocation::{FetchError, Found, Inquiry, Request};
use x509_cert::crl::RevokedCert;
use x509_cert::ext::pkix::ExtendedKeyUsage;
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::ResponderId;

use crate::forge::*;

const DELEGATE_CRL: &str = "http://crl.example/delegates.crl";

/// What a response of `signer` comes to, with its certificate enclosed.
async fn answers(ca: &Certified, signer: &Certified) -> Found {
    ask(Order::OcspOnly, &leaf(ca), ca, |request| {
        Ok(response(request.body.unwrap(), signer, &[signer], |_| {}))
    })
    .await
}

fn delegate(ca: &Certified, profile: Profile) -> Certified {
    profile.issued_by(ca, &key("delegate"))
}

#[tokio::test(flavor = "current_thread")]
async fn a_delegate_answers_under_its_name_or_its_key() {
    let ca = ca();
    let delegate = delegate(&ca, no_check(delegate_profile()));
    let found = answers(&ca, &delegate).await;
    assert_not_revoked(&found);
    let Status::NotRevoked { proof } = &found.status else {
        panic!("{:?}", found.status);
    };
    assert_eq!(proof.signer, certificate(&delegate).subject());
    let found = ask(Order::OcspOnly, &leaf(&ca), &ca, |request| {
        // Its chain may come along, in any order.
        Ok(response(
            request.body.unwrap(),
            &delegate,
            &[&ca, &delegate],
            |data| {
                data.responder_id = by_key(&delegate);
            },
        ))
    })
    .await;
    assert_not_revoked(&found);
}

#[tokio::test(flavor = "current_thread")]
async fn the_issuer_answers_by_its_key_too() {
    let ca = ca();
    let found = ask(Order::OcspOnly, &leaf(&ca), &ca, |request| {
        Ok(response(request.body.unwrap(), &ca, &[], |data| {
            data.responder_id = by_key(&ca);
        }))
    })
    .await;
    assert_not_revoked(&found);
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_is_not_authorised_by_the_issuer_is_refused() {
    let ca = ca();
    let other = Profile::root("ACME CA").self_signed(&key("another ca"));
    let intermediate = Profile::intermediate("ACME Other").issued_by(&ca, &key("intermediate"));
    let server = ExtendedKeyUsage(vec![der::asn1::ObjectIdentifier::new_unwrap(
        "1.3.6.1.5.5.7.3.1",
    )]);
    let any = ExtendedKeyUsage(vec![der::asn1::ObjectIdentifier::new_unwrap("2.5.29.37.0")]);
    let with_usage = |usage: ExtendedKeyUsage| {
        no_check(leaf_profile().key_usage(&[KeyUsage::DigitalSignature])).extension(
            &[2, 5, 29, 37],
            false,
            usage.to_der().unwrap(),
        )
    };
    let good = || no_check(delegate_profile());
    for (signer, words) in [
        (delegate(&other, good()), "was not issued by"),
        (delegate(&intermediate, good()), "was not issued by"),
        (good().self_signed(&key("delegate")), "was not issued by"),
        (delegate(&ca, good().expired()), "CertExpired"),
        (delegate(&ca, good().not_yet_valid()), "CertNotValidYet"),
        (delegate(&ca, no_check(leaf_profile())), "does not verify"),
        (delegate(&ca, with_usage(server)), "does not verify"),
        (delegate(&ca, with_usage(any)), "does not verify"),
        (delegate(&ca, good().an_authority()), "CaUsedAsEndEntity"),
        (
            delegate(&ca, good().key_usage(&[KeyUsage::KeyEncipherment])),
            "KeyUsage",
        ),
        (
            delegate(&ca, good().extension(&[1, 2, 3, 4], true, vec![5, 0])),
            "UnsupportedCriticalExtension",
        ),
    ] {
        let found = answers(&ca, &signer).await;
        assert_unusable(&found, words);
        assert_unusable(&found, "may not answer");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_name_the_certificate_and_the_signature_belong_together() {
    let ca = ca();
    let leaf = leaf(&ca);
    let delegate = delegate(&ca, no_check(delegate_profile()));
    let stranger = Profile::root("Stranger").self_signed(&key("stranger"));
    type Case<'a> = (&'a Certified, Vec<&'a Certified>, ResponderId, &'a str);
    let cases: Vec<Case<'_>> = vec![
        // Signed by someone else in the issuer's or the delegate's name.
        (&stranger, vec![], by_key(&ca), "signature does not verify"),
        (
            &stranger,
            vec![&delegate],
            by_key(&delegate),
            "signature does not verify",
        ),
        (
            &stranger,
            vec![&stranger],
            by_key(&stranger),
            "was not issued by",
        ),
        // The right signature under another's name.
        (
            &delegate,
            vec![&delegate],
            by_key(&ca),
            "signature does not verify",
        ),
        (
            &delegate,
            vec![&delegate],
            by_key(&stranger),
            "signed neither by",
        ),
        // The certificate is missing.
        (&delegate, vec![], by_key(&delegate), "signed neither by"),
    ];
    for (signer, enclosed, id, words) in cases {
        let found = ask(Order::OcspOnly, &leaf, &ca, |request| {
            Ok(response(request.body.unwrap(), signer, &enclosed, |data| {
                data.responder_id = id.clone();
            }))
        })
        .await;
        assert_unusable(&found, words);
    }
}

/// A leaf that a careless issuer gave OCSPSigning must not vouch for itself, nor under a second
/// certificate for its key.
#[tokio::test(flavor = "current_thread")]
async fn no_certificate_answers_for_itself() {
    let ca = ca();
    let profile = with_services(no_check(delegate_profile()), &[OCSP], &[]);
    let leaf = profile.issued_by(&ca, &key("delegate"));
    let again = profile.issued_by(&ca, &key("delegate"));
    for signer in [&leaf, &again] {
        let found = ask(Order::OcspOnly, &leaf, &ca, |request| {
            Ok(response(request.body.unwrap(), signer, &[signer], |_| {}))
        })
        .await;
        assert_unusable(&found, "no certificate answers for itself");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_delegate_without_nocheck_is_checked_by_crl() {
    let ca = ca();
    let leaf = leaf(&ca);
    let delegate = delegate(&ca, with_services(delegate_profile(), &[], &[DELEGATE_CRL]));
    let serial = decoded(&delegate).tbs_certificate.serial_number;
    let listing = |serial: SerialNumber| {
        crl(&ca, |list| {
            list.revoked_certificates = Some(vec![RevokedCert {
                serial_number: serial,
                revocation_date: crl_time(-60),
                crl_entry_extensions: None,
            }]);
        })
    };
    let with_list = async |list: Result<Vec<u8>, FetchError>| {
        ask(Order::OcspOnly, &leaf, &ca, |request| match request.body {
            Some(body) => Ok(response(body, &delegate, &[&delegate], |_| {})),
            None => {
                assert_eq!(request.url, DELEGATE_CRL);
                list.clone()
            }
        })
        .await
    };
    let other = SerialNumber::new(&[7]).unwrap();
    let list = listing(other);
    let found = with_list(Ok(list.clone())).await;
    assert_not_revoked(&found);
    // The CRL is part of what the finding rests on.
    let Status::NotRevoked { proof } = &found.status else {
        panic!("asserted just now");
    };
    assert_eq!(proof.responder_crl_sha256, Some(Sha256::of(&list)));
    assert_eq!(found.responder_crl.map(|crl| crl.bytes), Some(list));
    assert_unusable(
        &with_list(Ok(listing(serial))).await,
        "has itself been revoked",
    );
    let down = Err(FetchError::Unavailable("refused".to_owned()));
    assert_unavailable(&with_list(down).await, "cannot be checked");
    assert_unusable(
        &with_list(Ok(b"no CRL".to_vec())).await,
        "cannot be checked",
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_delegate_that_cannot_be_checked_is_refused() {
    let ca = ca();
    // Asking the responder about itself would prove nothing.
    for profile in [
        delegate_profile(),
        with_services(delegate_profile(), &[OCSP], &[]),
    ] {
        let found = answers(&ca, &delegate(&ca, profile)).await;
        assert_unusable(&found, "neither id-pkix-ocsp-nocheck nor a CRL");
    }
    let ldap = with_services(delegate_profile(), &[], &["ldap://crl.example/"]);
    assert_unusable(
        &answers(&ca, &delegate(&ca, ldap)).await,
        "http or https only",
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_delegate_may_sign_by_either_bit_of_key_usage_or_without_the_extension() {
    let ca = ca();
    for usage in [
        &[KeyUsage::DigitalSignature][..],
        &[KeyUsage::ContentCommitment],
        &[],
    ] {
        let signer = delegate(&ca, no_check(delegate_profile().key_usage(usage)));
        assert_not_revoked(&answers(&ca, &signer).await);
    }
}

/// One list serves a delegate and, where OCSP says nothing, the certificate itself.
#[tokio::test(flavor = "current_thread")]
async fn the_list_of_a_delegate_is_fetched_once_for_all_of_its_issuer() {
    let ca = ca();
    let delegate = delegate(&ca, with_services(delegate_profile(), &[], &[CRL]));
    let services = Services::new(|request: Request<'_>| match request.body {
        Some(body) => Ok(response(body, &delegate, &[&delegate], |_| {})),
        None => Ok(crl(&ca, |_| {})),
    });
    let mut inquiry = Inquiry::new(&services, rules(Order::OcspThenCrl));
    for subject in [leaf(&ca), leaf(&ca)] {
        let found = inquiry
            .ask(&certificate(&subject), &certificate(&ca), Utc::now())
            .await;
        assert_not_revoked(&found);
    }
    assert_eq!(*services.asked.borrow(), [OCSP, CRL, OCSP]);
}
