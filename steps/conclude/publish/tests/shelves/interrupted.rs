//! Publications that do not get to their end.

use emulated::aws::{Fault, Gate};
use step::StepError;

use crate::published::{OUTBOX, Published};

/// Wherever it lies. It stays, what comes after it is not written, and nobody is told that the
/// package is out.
#[tokio::test(start_paused = true)]
async fn a_foreign_object_ends_the_publication_and_stays() {
    for (number, (bucket, key)) in Published::nothing_yet().places().iter().enumerate() {
        let one = Published::nothing_yet();
        one.aws.put(bucket, key, "foreign");
        assert_eq!(one.publish().await.unwrap_err().name(), "AlreadyPublished");
        let everything = one.everything();
        assert_eq!(everything[&(*bucket, key.clone())], b"foreign");
        assert_eq!(everything.len(), number + 1, "{key}");
        assert_eq!(one.journal.deeds().len(), number, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_byte_that_changed_in_storage_ends_the_publication() {
    for number in 1..=Published::nothing_yet().places().len() {
        let one = Published::nothing_yet();
        one.aws
            .fault("PutObject", number..=number, Fault::ChangedInStorage);
        assert_eq!(one.publish().await.unwrap_err().name(), "AlreadyPublished");
        assert_eq!(one.everything().len(), number);
        assert_eq!(one.journal.deeds().len(), number - 1);
    }
}

/// At any of its requests. Nothing comes after the failure, and another attempt completes what
/// the first had begun: the same bytes, each written once.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_fails_anywhere_is_completed_by_the_next() {
    let whole = Published::nothing_yet();
    let output = whole.publish().await.unwrap();
    let places = whole.places().len();
    for operation in ["PutObject", "GetObject"] {
        for (fault, name) in [
            (Fault::AnswerLost, "ServiceUnavailable"),
            (Fault::Denied, "AccessDenied"),
            (Fault::Throttled, "ServiceThrottled"),
        ] {
            for number in 1..=places {
                let one = Published {
                    input: whole.input.clone(),
                    ..Published::nothing_yet()
                };
                one.aws.fault(operation, number..=usize::MAX, fault.clone());
                assert_eq!(one.publish().await.unwrap_err().name(), name);
                assert_eq!(one.journal.deeds().len(), number - 1, "{operation} {name}");
                assert!(one.everything().len() <= number);
                one.aws.mend();
                assert_eq!(one.publish().await.as_ref(), Ok(&output));
                assert_eq!(one.everything(), whole.everything());
            }
        }
    }
}

/// The machine has given the attempt up by then, and may count the ceremony as one without a package.
#[tokio::test(start_paused = true)]
async fn without_a_record_in_time_nothing_goes_out() {
    let places = Published::nothing_yet().places();
    let of_the_record = places
        .iter()
        .position(|(_, key)| key.ends_with("record.json"));
    // Each is written and read back.
    let requests = 2 * (of_the_record.unwrap() + 1);
    for passed in 0..requests {
        let (one, gate) = (Published::nothing_yet(), Gate::default());
        gate.let_pass(passed);
        let error = one.publish_behind(&gate).await.unwrap_err();
        assert_eq!(error.name(), "ServiceUnavailable", "{passed}");
        assert!(error.to_string().contains("40 seconds"), "{error}");
        gate.let_pass(100);
        assert_eq!(one.aws.keys(OUTBOX), [""; 0], "{passed}");
    }
}
