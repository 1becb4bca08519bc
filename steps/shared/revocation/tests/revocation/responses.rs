//! OCSP responses of the issuer itself: what is in them.

use ceremony::digest::Sha256;
use ceremony::revocation::{Order, Source, Status};
use der::asn1::OctetString;
use partner::certificate::Profile;
use revocation::{Found, MAX_AGE_WITHOUT_NEXT_UPDATE_SECONDS, MAX_CLOCK_SKEW_SECONDS};
use x509_cert::ext::pkix::CrlReason;
use x509_cert::serial_number::SerialNumber;
use x509_ocsp::{CertStatus, ResponseData, RevokedInfo};

use crate::forge::*;

/// What the issuer's own response comes to, changed in one respect.
pub(crate) async fn said(change: impl Fn(&mut ResponseData)) -> Found {
    let ca = ca();
    ask(Order::OcspOnly, &leaf(&ca), &ca, |request| {
        Ok(response(request.body.unwrap(), &ca, &[], &change))
    })
    .await
}

#[tokio::test(flavor = "current_thread")]
async fn good_is_not_revoked_and_the_proof_says_by_whom_and_when() {
    let ca = ca();
    let sent = std::cell::RefCell::new(Vec::new());
    let found = ask(Order::OcspOnly, &leaf(&ca), &ca, |request| {
        let answer = response(request.body.unwrap(), &ca, &[], |_| {});
        sent.replace(answer.clone());
        Ok(answer)
    })
    .await;
    let Status::NotRevoked { proof } = &found.status else {
        panic!("{:?}", found.status);
    };
    let response = found.response.as_ref().unwrap();
    assert_eq!(response.bytes, *sent.borrow());
    assert_eq!(response.source, Source::Ocsp);
    assert_eq!(proof.source, Source::Ocsp);
    assert_eq!(proof.url, OCSP);
    assert_eq!(proof.signer, certificate(&ca).subject());
    assert_eq!(proof.response_sha256, Sha256::of(&response.bytes));
    assert_eq!(proof.response_bytes, response.bytes.len());
    assert!(proof.this_update < proof.produced_at.unwrap());
    assert!(proof.produced_at < proof.next_update);
}

#[tokio::test(flavor = "current_thread")]
async fn revoked_is_told_with_time_and_reason() {
    for (reason, words) in [
        (None, None),
        (Some(CrlReason::Unspecified), Some("unspecified")),
        (Some(CrlReason::KeyCompromise), Some("keyCompromise")),
        (Some(CrlReason::CaCompromise), Some("cACompromise")),
        (
            Some(CrlReason::AffiliationChanged),
            Some("affiliationChanged"),
        ),
        (Some(CrlReason::Superseded), Some("superseded")),
        (
            Some(CrlReason::CessationOfOperation),
            Some("cessationOfOperation"),
        ),
        (Some(CrlReason::CertificateHold), Some("certificateHold")),
        (Some(CrlReason::RemoveFromCRL), Some("removeFromCRL")),
        (
            Some(CrlReason::PrivilegeWithdrawn),
            Some("privilegeWithdrawn"),
        ),
        (Some(CrlReason::AaCompromise), Some("aACompromise")),
    ] {
        let time = ocsp_time(-86_400);
        let found = said(|data| {
            data.responses[0].cert_status = CertStatus::Revoked(RevokedInfo {
                revocation_time: time,
                revocation_reason: reason,
            });
        })
        .await;
        let Status::Revoked {
            revoked_at, reason, ..
        } = &found.status
        else {
            panic!("{:?}", found.status);
        };
        assert_eq!(reason.as_deref(), words);
        let seconds = time.0.to_date_time().unix_duration().as_secs();
        assert_eq!(revoked_at.unix_seconds(), seconds as i64);
        assert!(found.response.is_some());
    }
}

/// What was revoked stays so, however old the answer; only a hold may end, or be unknown by now.
#[tokio::test(flavor = "current_thread")]
async fn an_old_answer_still_revokes() {
    let old = async |status: CertStatus| {
        said(move |data| {
            data.produced_at = ocsp_time(-7_200);
            data.responses[0].this_update = ocsp_time(-7_200);
            data.responses[0].next_update = Some(ocsp_time(-3_600));
            data.responses[0].cert_status = status;
        })
        .await
    };
    let revoked = |reason| {
        CertStatus::Revoked(RevokedInfo {
            revocation_time: ocsp_time(-86_400),
            revocation_reason: reason,
        })
    };
    for reason in [None, Some(CrlReason::KeyCompromise)] {
        let found = old(revoked(reason)).await;
        assert!(
            matches!(found.status, Status::Revoked { .. }),
            "{:?}",
            found.status
        );
    }
    for status in [
        revoked(Some(CrlReason::CertificateHold)),
        CertStatus::good(),
        CertStatus::unknown(),
    ] {
        assert_unavailable(&old(status).await, "out of date");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn unknown_is_an_answer() {
    let found = said(|data| data.responses[0].cert_status = CertStatus::unknown()).await;
    assert!(
        matches!(found.status, Status::Unknown { .. }),
        "{:?}",
        found.status
    );
    assert!(found.response.is_some());
}

#[tokio::test(flavor = "current_thread")]
async fn clocks_may_differ_a_little() {
    let skew = MAX_CLOCK_SKEW_SECONDS;
    let at = |produced: i64, this: i64, next: Option<i64>| {
        said(move |data| {
            data.produced_at = ocsp_time(produced);
            data.responses[0].this_update = ocsp_time(this);
            data.responses[0].next_update = next.map(ocsp_time);
        })
    };
    let age = MAX_AGE_WITHOUT_NEXT_UPDATE_SECONDS;
    for (produced, this, next) in [
        (skew - 30, skew - 30, Some(skew)),
        (-86_400, -86_400, Some(-skew + 30)),
        (0, 0, None),
        (0, -age + 30, None),
    ] {
        assert_not_revoked(&at(produced, this, next).await);
    }
    for (produced, this, next, words) in [
        (0, skew + 30, Some(86_400), "thisUpdate"),
        (skew + 30, 0, Some(86_400), "producedAt"),
        (-86_400, -86_400, Some(-skew - 30), "out of date"),
        (0, -age - 30, None, "out of date"),
        (0, skew + 30, None, "in the future"),
    ] {
        assert_unavailable(&at(produced, this, next).await, words);
    }
    let backwards = at(0, -10, Some(-20)).await;
    assert_unusable(&backwards, "nextUpdate is before its thisUpdate");
}

#[tokio::test(flavor = "current_thread")]
async fn an_answer_about_something_else_proves_nothing() {
    let other = Profile::root("ACME CA").self_signed(&key("another ca"));
    type Change = Box<dyn Fn(&mut ResponseData)>;
    let changes: Vec<Change> = vec![
        Box::new(|data| {
            data.responses[0].cert_id.serial_number = SerialNumber::new(&[7]).unwrap();
        }),
        Box::new(|data| {
            data.responses[0].cert_id.issuer_name_hash = OctetString::new([7; 20]).unwrap();
        }),
        Box::new(|data| {
            data.responses[0].cert_id.issuer_key_hash = OctetString::new([7; 20]).unwrap();
        }),
        Box::new(move |data| {
            // Same name, another key.
            let key = decoded(&other).tbs_certificate.subject_public_key_info;
            let key = key.subject_public_key.raw_bytes().to_vec();
            let hash =
                aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &key);
            let hash = OctetString::new(hash.as_ref()).unwrap();
            data.responses[0].cert_id.issuer_key_hash = hash;
        }),
        Box::new(|data| {
            // Another hash that happens to have the same bytes.
            data.responses[0].cert_id.hash_algorithm.oid = OCSP_SIGNING;
        }),
        Box::new(|data| data.responses.clear()),
    ];
    for change in changes {
        assert_unusable(&said(change).await, "another certificate or another issuer");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn of_several_answers_one_is_about_the_certificate() {
    let another = |data: &mut ResponseData| {
        let mut single = data.responses[0].clone();
        single.cert_id.serial_number = SerialNumber::new(&[7]).unwrap();
        single.cert_status = CertStatus::unknown();
        data.responses.insert(0, single);
    };
    assert_not_revoked(&said(another).await);
    let twice = said(|data| {
        let mut single = data.responses[0].clone();
        single.cert_status = CertStatus::unknown();
        data.responses.push(single);
    })
    .await;
    assert_unusable(&twice, "twice");
}

#[tokio::test(flavor = "current_thread")]
async fn critical_extensions_that_are_not_understood_are_refused() {
    let unknown = |critical| extension("1.2.3.4", critical, &[5, 0]);
    let found = said(|data| data.response_extensions = Some(vec![unknown(true)])).await;
    assert_unusable(&found, "critical extension 1.2.3.4");
    let found = said(|data| data.responses[0].single_extensions = Some(vec![unknown(true)])).await;
    assert_unusable(&found, "critical extension 1.2.3.4");
    let found = said(|data| {
        data.response_extensions = Some(vec![unknown(false)]);
        data.responses[0].single_extensions = Some(vec![unknown(false)]);
    })
    .await;
    assert_not_revoked(&found);
    let found = said(|data| {
        let many = (1..200).map(|n| extension(&format!("1.2.3.{n}"), false, &[]));
        data.responses[0].single_extensions = Some(many.collect());
    })
    .await;
    assert_unusable(&found, "more than 32 extensions");
}

#[tokio::test(flavor = "current_thread")]
async fn whatever_is_cut_changed_or_added_proves_nothing() {
    let ca = ca();
    let leaf = leaf(&ca);
    let pristine = |body: &[u8]| response(body, &ca, &[], |_| {});
    let changed = async |change: &dyn Fn(&mut Vec<u8>)| {
        ask(Order::OcspOnly, &leaf, &ca, |request| {
            let mut bytes = pristine(request.body.unwrap());
            change(&mut bytes);
            Ok(bytes)
        })
        .await
    };
    let length = changed(&|_| {}).await.response.unwrap().bytes.len();
    for position in 0..length - 2 {
        let found = changed(&|bytes| bytes[position] ^= 0x01).await;
        let proven = matches!(
            found.status,
            Status::NotRevoked { .. } | Status::Revoked { .. } | Status::Unknown { .. }
        );
        assert!(!proven, "byte {position}: {:?}", found.status);
    }
    for kept in [0, 1, 2, 10, length / 2, length - 20] {
        let found = changed(&|bytes| bytes.truncate(kept)).await;
        assert_unusable(&found, "not an OCSP response");
    }
    assert_unusable(
        &changed(&|bytes| bytes.push(0)).await,
        "not an OCSP response",
    );
    assert_unusable(
        &changed(&|bytes| bytes.resize(70_000, 0)).await,
        "more than 65536",
    );
}
