//! What is refused before the service is asked for anything.

use ceremony::algorithms::KekAlgorithm::{AES_128, AES_192, AES_256, TDES_3KEY};
use ceremony::certificate::Certificate;
use ceremony::exchange::{Passes, Tr34Signer};
use emulated::policy;
use partner::KeyKind::{EccP256, EccP521, Rsa2048, Rsa4096};
use partner::{KeyKind, PrivateKey, Profile};
use step::{Journal, StepError};

use crate::stage::{EVIDENCE, Exchange, Stage, installed, put};

/// Nothing is exported, and nothing is asked.
async fn refused(stage: &Stage, name: &str) -> String {
    let (before, journal) = (stage.calls().len(), Journal::default());
    let error = stage.wraps(&journal).await.unwrap_err();
    assert_eq!(error.name(), name, "{error}");
    assert_eq!(stage.calls().len(), before);
    assert_eq!(journal.deeds(), []);
    error.to_string()
}

#[tokio::test]
async fn a_kek_that_no_rsa_key_of_that_length_may_carry() {
    for (kek, leaf) in [
        (AES_128, Rsa2048),
        (AES_192, Rsa2048),
        (AES_192, Rsa4096),
        (AES_256, Rsa2048),
        (AES_256, Rsa4096),
    ] {
        let exchange = Exchange {
            kek,
            leaf,
            ..Exchange::default()
        };
        let words = refused(&Stage::new(exchange).await, "PathNotProven").await;
        assert!(words.contains(kek.as_str()), "{words}");
    }
}

#[tokio::test]
async fn a_leaf_of_the_wrong_kind() {
    for (kek, leaf) in [(TDES_3KEY, EccP256), (AES_128, EccP521)] {
        let exchange = Exchange {
            kek,
            leaf,
            ..Exchange::default()
        };
        refused(&Stage::new(exchange).await, "PathNotProven").await;
    }
}

#[tokio::test]
async fn a_profile_of_another_method() {
    let mut stage = Stage::new(Exchange::default()).await;
    stage.input.policy = policy(&stage.pki, |_| {});
    let words = refused(&stage, "OtherMethod").await;
    assert!(words.contains("rsa-oaep"), "{words}");
}

#[tokio::test]
async fn without_a_proof_that_nothing_is_revoked() {
    let mut stage = Stage::new(Exchange::default()).await;
    stage.input.revocation.findings.clear();
    refused(&stage, "RevocationNotProven").await;
}

#[tokio::test]
async fn two_passes_without_a_nonce() {
    let exchange = Exchange {
        passes: Passes::Two,
        ..Exchange::default()
    };
    let mut stage = Stage::new(exchange).await;
    stage.input.nonce = None;
    refused(&stage, "NonceMissing").await;
}

fn own() -> Exchange {
    Exchange {
        signer: Tr34Signer::Own,
        ..Exchange::default()
    }
}

#[tokio::test]
async fn a_key_of_ours_without_a_certificate() {
    let mut stage = Stage::new(own()).await;
    stage.input.signer = None;
    refused(&stage, "SigningCertificateMissing").await;
}

/// The service would say so too, when everything else has been done.
#[tokio::test]
async fn a_key_of_ours_that_is_too_short_for_the_kek() {
    let exchange = Exchange {
        signing_key: Rsa2048,
        ..own()
    };
    let words = refused(&Stage::new(exchange).await, "SigningKeyTooWeak").await;
    assert!(words.contains("RSA-3072"), "{words}");
}

#[tokio::test]
async fn certificates_of_ours_that_lead_to_no_root() {
    let mut stage = Stage::new(own()).await;
    let key = |name| PrivateKey::cached(KeyKind::Rsa4096, name);
    let signing = PrivateKey::cached(KeyKind::Rsa3072, "signing");
    let root = Profile::root("Our Root").self_signed(&key("our ca"));
    let impostor = Profile::root("Our Root").self_signed(&key("other ca"));
    let no_ca = Profile::leaf("Our Root", "x").self_signed(&key("our ca"));
    let leaf = Profile::leaf("Our TR-34 Key", "ours").issued_by(&root, &signing);
    let expired = Profile::leaf("Our TR-34 Key", "ours").expired();
    let expired = expired.issued_by(&root, &signing);
    for (chain, words) in [
        (vec![&leaf], "leads to no root"),
        (vec![&leaf, &impostor], "is not signed by the next one"),
        (vec![&leaf, &no_ca], "is no CA"),
        (vec![&expired, &root], "is not valid now"),
    ] {
        stage.input.signer = Some(put(&stage.aws, "arn".to_owned(), &chain));
        let told = refused(&stage, "SigningChainBroken").await;
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn certificates_of_ours_that_are_not_what_was_installed() {
    let mut stage = Stage::new(own()).await;
    let other = Certificate::from_der(stage.pki.leaf.der()).unwrap();
    let mut changed = installed(&stage.aws, "arn".to_owned(), other.public_key_info());
    changed.certificate_sha256 = other.sha256();
    stage.input.signer = Some(changed.clone());
    refused(&stage, "SigningCertificateUnreadable").await;
    let (key, version) = (&changed.chain_key, &changed.chain_version_id);
    stage.aws.delete_version(EVIDENCE, key, version);
    refused(&stage, "SigningCertificateUnreadable").await;
}
