//! What is read of the inbox and of Parameter Store, and by which name it is refused.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use ceremony::bundle::MAX_FILE_BYTES;
use emulated::aws::{Aws, Fault};
use emulated::{folder, profile, quick_chain};
use serde_json::json;
use step::{ServiceError, StepError};
use storage::{LoadedProfile, ObjectError, ProfileError, load_profile, read_newest, read_version};

const BUCKET: &str = "inbox";
const KEY: &str = "acme/production/cardholder/new leaf (2).pem";

async fn newest(aws: &Aws) -> Result<(String, Vec<u8>), ObjectError> {
    read_newest(&aws_sdk_s3::Client::new(&aws.config()), BUCKET, KEY).await
}

async fn version(aws: &Aws, version: &str) -> Result<Vec<u8>, ObjectError> {
    read_version(
        &aws_sdk_s3::Client::new(&aws.config()),
        BUCKET,
        KEY,
        version,
    )
    .await
}

fn missing<T>() -> Result<T, ObjectError> {
    Err(ObjectError::Missing {
        key: KEY.to_owned(),
    })
}

fn name(error: ObjectError) -> &'static str {
    match error {
        ObjectError::Missing { .. } => "Missing",
        ObjectError::Service(error) => error.name(),
        ObjectError::TooLarge { .. } => "TooLarge",
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_version_is_read_or_exactly_the_one_that_is_named() {
    let aws = Aws::default();
    let old = aws.put(BUCKET, KEY, "old");
    let new = aws.put(BUCKET, KEY, "new");
    assert_eq!(newest(&aws).await, Ok((new.clone(), b"new".to_vec())));
    assert_eq!(version(&aws, &old).await, Ok(b"old".to_vec()));
    assert_eq!(version(&aws, &new).await, Ok(b"new".to_vec()));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_was_deleted_is_missing_but_its_version_is_not() {
    let aws = Aws::default();
    let old = aws.put(BUCKET, KEY, "old");
    aws.delete(BUCKET, KEY);
    assert_eq!(newest(&aws).await, missing());
    assert_eq!(version(&aws, &old).await, Ok(b"old".to_vec()));
    aws.delete_version(BUCKET, KEY, &old);
    assert_eq!(version(&aws, &old).await, missing());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_there_is_missing() {
    assert_eq!(newest(&Aws::default()).await, missing());
    assert_eq!(version(&Aws::default(), "version-1").await, missing());
}

/// The newest version is never taken for another one.
#[tokio::test(start_paused = true)]
async fn what_is_no_version_id_or_a_deletion_is_refused() {
    let aws = Aws::default();
    aws.put(BUCKET, KEY, "new");
    aws.delete(BUCKET, KEY);
    for id in ["no version id", "null", "version-2"] {
        let error = version(&aws, id).await.unwrap_err();
        assert_eq!(name(error), "ServiceRefused", "{id}");
    }
}

/// The changed byte would be noticed if anybody read that far.
#[tokio::test(start_paused = true)]
async fn nothing_of_an_object_over_the_limit_is_read() {
    let aws = Aws::default();
    let limit = usize::try_from(MAX_FILE_BYTES).unwrap();
    let fits = aws.put(BUCKET, KEY, vec![b'x'; limit]);
    assert_eq!(newest(&aws).await.unwrap().1.len(), limit);
    assert_eq!(version(&aws, &fits).await.unwrap().len(), limit);
    aws.fault_for_good("GetObject", Fault::ChangedOnTheWay);
    for bytes in [limit + 1, 1 << 24] {
        let too_large = || ObjectError::TooLarge {
            key: KEY.to_owned(),
            bytes: u64::try_from(bytes).unwrap(),
        };
        let id = aws.put(BUCKET, KEY, vec![b'x'; bytes]);
        assert_eq!(newest(&aws).await, Err(too_large()));
        assert_eq!(version(&aws, &id).await, Err(too_large()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_is_final_and_a_throttle_is_waited_out() {
    let aws = Aws::default();
    let id = aws.put(BUCKET, KEY, "new");
    aws.fault("GetObject", 1..=2, Fault::Throttled);
    newest(&aws).await.unwrap();
    for (fault, expected) in [
        (Fault::Throttled, "ServiceThrottled"),
        (Fault::Denied, "AccessDenied"),
        (Fault::AnswerLost, "ServiceUnavailable"),
        (Fault::ChangedOnTheWay, "ServiceUnavailable"),
        (Fault::Refused(500, "InternalError"), "ServiceUnavailable"),
    ] {
        aws.mend();
        aws.fault_for_good("GetObject", fault);
        assert_eq!(name(newest(&aws).await.unwrap_err()), expected);
        assert_eq!(name(version(&aws, &id).await.unwrap_err()), expected);
    }
}

async fn load(aws: &Aws) -> Result<LoadedProfile, ProfileError> {
    load_profile(&aws_sdk_ssm::Client::new(&aws.config()), &folder()).await
}

const PARAMETER: &str = "/key-ceremony/partners/acme/production/cardholder";

/// It may be a SecureString.
#[tokio::test(start_paused = true)]
async fn the_newest_version_of_the_folders_profile_is_loaded() {
    let aws = Aws::default();
    let profile = profile(&quick_chain());
    aws.put_parameter(PARAMETER, "{}");
    aws.put_parameter(PARAMETER, &profile.to_string());
    let loaded = load(&aws).await.unwrap();
    assert_eq!(loaded.version, 2);
    assert_eq!(loaded.profile.folder(), folder());
    assert_eq!(loaded.profile.identity, profile["identity"]);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_is_not_there_makes_the_partner_unknown() {
    let aws = Aws::default();
    let unknown = ProfileError::PartnerUnknown(PARAMETER.to_owned());
    assert_eq!(load(&aws).await.unwrap_err(), unknown);
    // That of another folder is no profile of this one.
    let pin = PARAMETER.replace("cardholder", "pin");
    aws.put_parameter(&pin, &profile(&quick_chain()).to_string());
    assert_eq!(load(&aws).await.unwrap_err(), unknown);
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_cannot_be_read_is_malformed() {
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut profile = profile(&quick_chain());
        change(&mut profile);
        profile.to_string()
    };
    for value in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        changed(&|profile| profile["partner"] = json!("victim")),
        changed(&|profile| profile["environment"] = json!("non-production")),
        changed(&|profile| profile["trustAnchors"] = json!([])),
        changed(&|profile| profile["kekexport"] = json!({})),
    ] {
        let aws = Aws::default();
        aws.put_parameter(PARAMETER, &value);
        let Err(ProfileError::ProfileMalformed { name, .. }) = load(&aws).await else {
            panic!("refused as malformed: {value}");
        };
        assert_eq!(name, PARAMETER);
    }
}

/// Were a denial told as an absence, an operator would onboard the partner again.
#[tokio::test(start_paused = true)]
async fn a_profile_that_may_not_be_read_is_not_an_unknown_partner() {
    let aws = Aws::default();
    aws.put_parameter(PARAMETER, &profile(&quick_chain()).to_string());
    for (fault, expected) in [
        (Fault::Denied, "AccessDenied"),
        (Fault::Throttled, "ServiceThrottled"),
        (Fault::AnswerLost, "ServiceUnavailable"),
        (Fault::Refused(400, "InvalidKeyId"), "ServiceRefused"),
    ] {
        aws.mend();
        aws.fault_for_good("GetParameter", fault);
        let Err(ProfileError::Service(error)) = load(&aws).await else {
            panic!("an error of the service was expected: {expected}");
        };
        assert_eq!(ServiceError::name(&error), expected);
    }
}
