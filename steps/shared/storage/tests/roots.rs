//! Which path a drop makes with the roots that are known already.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::certificate::Certificate;
use ceremony::path::{CertificatePath, NoPath};
use ceremony::profile::Profile;
use emulated::aws::{Aws, Fault};
use emulated::{certificate, folder, path, profile, quick_chain};
use partner::Pki;
use serde_json::json;
use step::{ServiceError, StepError};
use storage::{newest_path, supplied_roots};

const EVIDENCE: &str = "evidence";

/// A partner that does not send its root.
struct Partner {
    pki: Pki,
    aws: Aws,
}

impl Partner {
    fn new() -> Self {
        Self {
            pki: quick_chain(),
            aws: Aws::default(),
        }
    }

    fn profile(&self) -> Profile {
        Profile::parse(&profile(&self.pki).to_string(), &folder()).unwrap()
    }

    fn root_key(&self) -> String {
        format!("trusted-roots/{}.pem", self.pki.root.sha256())
    }

    async fn supplied(&self, profile: &Profile) -> Result<Vec<Certificate>, ServiceError> {
        let s3 = aws_sdk_s3::Client::new(&self.aws.config());
        supplied_roots(&s3, EVIDENCE, profile).await
    }

    async fn path(
        &self,
        dropped: &[Certificate],
        profile: Option<&Profile>,
    ) -> Result<Result<CertificatePath, NoPath>, ServiceError> {
        let s3 = aws_sdk_s3::Client::new(&self.aws.config());
        let dropped: Vec<&Certificate> = dropped.iter().collect();
        newest_path(&s3, EVIDENCE, &dropped, profile, None).await
    }

    /// Leaf and intermediate.
    fn without_root(&self) -> Vec<Certificate> {
        [&self.pki.leaf, &self.pki.intermediates[0]]
            .map(certificate)
            .to_vec()
    }

    fn whole(&self) -> Vec<Certificate> {
        self.pki.chain().into_iter().map(certificate).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_drop_with_its_pinned_root_asks_nobody() {
    let partner = Partner::new();
    let profile = partner.profile();
    let found = partner.path(&partner.whole(), Some(&profile)).await;
    assert_eq!(found, Ok(Ok(path(&partner.pki))));
    assert!(partner.aws.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_root_that_was_proven_before_need_not_be_sent() {
    let partner = Partner::new();
    let pem = partner.pki.root.pem();
    partner.aws.put(EVIDENCE, &partner.root_key(), pem);
    let profile = partner.profile();
    let found = partner.path(&partner.without_root(), Some(&profile)).await;
    assert_eq!(found, Ok(Ok(path(&partner.pki))));
}

#[tokio::test(start_paused = true)]
async fn a_root_of_the_profile_need_not_be_anywhere() {
    let partner = Partner::new();
    let mut document = profile(&partner.pki);
    document["rootCertificates"] = json!([partner.pki.root.pem()]);
    let profile = Profile::parse(&document.to_string(), &folder()).unwrap();
    let found = partner.path(&partner.without_root(), Some(&profile)).await;
    assert_eq!(found, Ok(Ok(path(&partner.pki))));
    assert!(partner.aws.calls().is_empty());
}

/// Where it lies is no reason to trust it.
#[tokio::test(start_paused = true)]
async fn only_the_pinned_root_is_taken_from_the_evidence() {
    let (partner, another) = (Partner::new(), quick_chain());
    let (key, pem) = (partner.root_key(), partner.pki.root.pem());
    let both = format!("{}{pem}", another.root.pem());
    for there in [
        another.root.pem(),
        partner.pki.intermediates[0].pem(),
        both,
        pem[..pem.len() / 2].to_owned(),
        String::new(),
        "x".repeat(70_000),
    ] {
        partner.aws.put(EVIDENCE, &key, there.as_str());
        assert_eq!(partner.supplied(&partner.profile()).await, Ok(vec![]));
    }
    partner.aws.put(EVIDENCE, &key, [0xff; 10]);
    assert_eq!(partner.supplied(&partner.profile()).await, Ok(vec![]));
    partner.aws.put(EVIDENCE, &key, pem);
    let supplied = partner.supplied(&partner.profile()).await;
    assert_eq!(supplied, Ok(vec![certificate(&partner.pki.root)]));
}

#[tokio::test(start_paused = true)]
async fn a_root_that_nobody_has_leaves_the_path_incomplete() {
    for forbidden in [false, true] {
        let partner = Partner::new();
        if forbidden {
            // Then S3 tells an absence as a denial.
            partner.aws.forbid_listing();
        }
        let profile = partner.profile();
        let found = partner.path(&partner.without_root(), Some(&profile)).await;
        let Ok(Err(NoPath::IssuerMissing { issuer, .. })) = found else {
            panic!("an issuer is missing, but: {found:?}");
        };
        let intermediate = certificate(&partner.pki.intermediates[0]);
        assert_eq!(issuer, intermediate.issuer());
    }
}

/// Else a ceremony would be called incomplete because S3 was busy.
#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_answer_is_not_a_missing_root() {
    for (fault, expected) in [
        (Fault::Throttled, "ServiceThrottled"),
        (Fault::AnswerLost, "ServiceUnavailable"),
        (Fault::ChangedOnTheWay, "ServiceUnavailable"),
    ] {
        let partner = Partner::new();
        let pem = partner.pki.root.pem();
        partner.aws.put(EVIDENCE, &partner.root_key(), pem);
        partner.aws.fault_for_good("GetObject", fault);
        let profile = partner.profile();
        let found = partner.path(&partner.without_root(), Some(&profile)).await;
        assert_eq!(found.unwrap_err().name(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_profile_nothing_is_supplied() {
    let partner = Partner::new();
    let pem = partner.pki.root.pem();
    partner.aws.put(EVIDENCE, &partner.root_key(), pem);
    let found = partner.path(&partner.without_root(), None).await;
    assert!(matches!(found, Ok(Err(NoPath::IssuerMissing { .. }))));
    let whole = partner.path(&partner.whole(), None).await;
    assert_eq!(whole, Ok(Ok(path(&partner.pki))));
    assert!(partner.aws.calls().is_empty());
}

/// A drop that ends in some root of its own does not keep the pinned one from being looked for.
#[tokio::test(start_paused = true)]
async fn a_pinned_root_is_preferred_to_the_one_that_was_sent() {
    let partner = Partner::new();
    // The same name and key, but another certificate.
    let renewed = quick_chain().root;
    let pem = partner.pki.root.pem();
    partner.aws.put(EVIDENCE, &partner.root_key(), pem);
    let mut dropped = partner.without_root();
    dropped.push(certificate(&renewed));
    let profile = partner.profile();
    let found = partner.path(&dropped, Some(&profile)).await;
    assert_eq!(found, Ok(Ok(path(&partner.pki))));
}

#[tokio::test(start_paused = true)]
async fn without_a_leaf_nobody_is_asked() {
    let partner = Partner::new();
    let profile = partner.profile();
    let cas = [&partner.pki.intermediates[0]].map(certificate);
    let found = partner.path(&cas, Some(&profile)).await;
    assert!(matches!(found, Ok(Err(NoPath::NoLeaf { .. }))), "{found:?}");
    assert!(partner.aws.calls().is_empty());
}
