//! Can an alias be reserved without a key?
//!
//! No ceremony makes a key twice because whoever creates its alias first, without a key, is the one
//! that makes it. The API reference says that an alias may be without one; AWS's own samples always
//! name one. So an alias is made and removed, below a prefix that is there for nothing else.
//!
//! Its name holds the second at which it was made, so that a run which was killed in between is
//! tidied up after by a later one.

use aws_sdk_paymentcryptography::types::Alias;
use step::ServiceError;

use super::super::aws::Payment;
use super::super::{Finding, Run};

/// Where the operator role may make and remove aliases.
const PREFIX: &str = "alias/key-ceremony/preflight/";

/// After that long, no run is still at work with it.
const LEFT_BEHIND: i64 = 60 * 60;

/// What became of the trial.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Trial {
    /// The second who asked for the same name was sent away.
    Reserved,
    /// The second got it as well.
    Shared,
    /// It came with a key.
    WithKey(String),
    Failed(ServiceError),
    Stopped,
}

pub(in super::super) async fn check(run: &Run) -> Finding {
    let payment = &run.aws.payment;
    let now = run.now.unix_seconds();
    let name = format!("{PREFIX}{now}-{:016x}", fastrand::u64(..));
    let trial = tokio::select! {
        trial = try_out(payment, &name) => trial,
        () = run.stop.wanted() => Trial::Stopped,
    };
    // Whatever became of it: an answer that was lost, or not waited for, may have made it.
    let removal = remove(payment, &name).await;
    let tidied = if run.stop.is_wanted() {
        Ok(())
    } else {
        tidy_up(payment, now).await
    };
    judge(&name, trial, removal.and(tidied))
}

async fn try_out(payment: &Payment, name: &str) -> Trial {
    let created = match create(payment, name).await {
        Ok(created) => created,
        Err(error) => return Trial::Failed(error),
    };
    if let Some(key) = created.and_then(|alias| alias.key_arn) {
        return Trial::WithKey(key);
    }
    match create(payment, name).await {
        Ok(_) => Trial::Shared,
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ConflictException" => {
            Trial::Reserved
        }
        Err(error) => Trial::Failed(error),
    }
}

async fn create(payment: &Payment, name: &str) -> Result<Option<Alias>, ServiceError> {
    let answer = payment.call_once("payment-cryptography:CreateAlias", async |client| {
        client.create_alias().alias_name(name).send().await
    });
    Ok(answer.await?.alias)
}

/// An alias that is not there needs no removal.
async fn remove(payment: &Payment, name: &str) -> Result<(), ServiceError> {
    let answer = payment.call("payment-cryptography:DeleteAlias", async |client| {
        client.delete_alias().alias_name(name).send().await
    });
    match answer.await {
        Ok(_) => Ok(()),
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ResourceNotFoundException" => {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Removes what earlier runs left behind.
async fn tidy_up(payment: &Payment, now: i64) -> Result<(), ServiceError> {
    for alias in payment.aliases().await?.iter().map(Alias::alias_name) {
        if is_left_behind(alias, now) {
            remove(payment, alias).await?;
        }
    }
    Ok(())
}

fn is_left_behind(alias: &str, now: i64) -> bool {
    let name = alias.strip_prefix(PREFIX);
    let made = name.and_then(|name| name.split_once('-')?.0.parse::<i64>().ok());
    made.is_some_and(|made| now - made > LEFT_BEHIND)
}

fn judge(name: &str, trial: Trial, removal: Result<(), ServiceError>) -> Finding {
    const TELL: &str = "Start no ceremony: two could make two keys for one certificate. Tell the authors, with the document that `--json --redact` prints.";
    let seen = match (trial, removal) {
        (Trial::Failed(error @ ServiceError::AccessDenied { .. }), _) => {
            return Finding::unanswered(&error);
        }
        // Neither had an answer: nothing was seen, and nothing is certain to be left.
        (Trial::Failed(error @ ServiceError::ServiceUnavailable { .. }), Err(_)) => {
            return Finding::not_known(
                format!("Whether `{name}` was made is not known: {error}."),
                format!("Run it again; after an hour it removes what is left below `{PREFIX}`."),
            );
        }
        (_, Err(error)) => {
            return Finding::failed(
                format!("`{name}`, or one that an earlier run made, was not removed: {error}."),
                format!(
                    "Delete the aliases below `{PREFIX}` with `aws payment-cryptography delete-alias`."
                ),
            );
        }
        (Trial::Reserved, Ok(())) => {
            return Finding::ok(
                "An alias without a key was made, refused to the second who asked for it, and removed.",
            );
        }
        (Trial::Failed(error @ ServiceError::ServiceRefused { .. }), Ok(())) => {
            format!("An alias without a key cannot be reserved: {error}.")
        }
        (Trial::Failed(error), Ok(())) => return Finding::unanswered(&error),
        (Trial::Shared, Ok(())) => {
            "An alias without a key is given to the second who asks for it as well.".to_owned()
        }
        (Trial::WithKey(key), Ok(())) => format!("An alias that names no key came with {key}."),
        (Trial::Stopped, Ok(())) => {
            return Finding::not_known("It was stopped.", "Run it again.");
        }
    };
    Finding::failed(seen, TELL)
}

#[cfg(test)]
mod tests {
    use aws_sdk_paymentcryptography::config::http::HttpResponse;
    use emulated::Emulated;
    use tokio::sync::watch;

    use super::super::super::{Status, Stop};
    use super::*;

    fn refused(code: &str) -> ServiceError {
        ServiceError::ServiceRefused {
            operation: "payment-cryptography:CreateAlias",
            code: code.to_owned(),
            detail: "KeyArn is required".to_owned(),
        }
    }

    fn denied() -> ServiceError {
        ServiceError::AccessDenied {
            operation: "payment-cryptography:CreateAlias",
            detail: String::new(),
        }
    }

    #[test]
    fn only_an_exclusive_reservation_that_is_gone_again_is_ok() {
        let judge = |trial, removal| judge("alias/x", trial, removal).status;
        assert_eq!(judge(Trial::Reserved, Ok(())), Status::Ok);
        assert_eq!(judge(Trial::Reserved, Err(denied())), Status::Failed);
        assert_eq!(judge(Trial::Shared, Ok(())), Status::Failed);
        assert_eq!(
            judge(Trial::WithKey("arn".to_owned()), Ok(())),
            Status::Failed
        );
        assert_eq!(
            judge(Trial::Failed(refused("ValidationException")), Ok(())),
            Status::Failed
        );
        assert_eq!(
            judge(Trial::Failed(denied()), Err(denied())),
            Status::NotKnown
        );
        assert_eq!(judge(Trial::Stopped, Ok(())), Status::NotKnown);
        let lost = || ServiceError::ServiceUnavailable {
            operation: "payment-cryptography:CreateAlias",
            detail: String::new(),
        };
        assert_eq!(judge(Trial::Failed(lost()), Err(lost())), Status::NotKnown);
    }

    #[test]
    fn only_what_a_run_left_behind_more_than_an_hour_ago_is_removed() {
        let now = 1_800_000_000;
        for (alias, expected) in [
            ("alias/key-ceremony/preflight/1799990000-00ff", true),
            ("alias/key-ceremony/preflight/1799999000-00ff", false),
            ("alias/key-ceremony/preflight/by-hand", false),
            ("alias/key-ceremony/ca/1799990000-00ff", false),
        ] {
            assert_eq!(is_left_behind(alias, now), expected, "{alias}");
        }
    }

    async fn names(emulated: &Emulated) -> Vec<String> {
        let page = emulated.client.list_aliases().send().await.unwrap();
        let names = page
            .aliases()
            .iter()
            .map(|alias| alias.alias_name().to_owned());
        names.collect()
    }

    #[tokio::test]
    async fn the_trial_is_exclusive_and_leaves_nothing() {
        let emulated = Emulated::start().await;
        let payment = Payment::of(emulated.client.clone());
        assert_eq!(
            try_out(&payment, "alias/key-ceremony/preflight/1-a").await,
            Trial::Reserved
        );
        assert_eq!(names(&emulated).await, ["alias/key-ceremony/preflight/1-a"]);
        assert_eq!(
            remove(&payment, "alias/key-ceremony/preflight/1-a").await,
            Ok(())
        );
        assert_eq!(names(&emulated).await, [""; 0]);
        // And once more, as whoever does not know whether it was made.
        assert_eq!(
            remove(&payment, "alias/key-ceremony/preflight/1-a").await,
            Ok(())
        );
    }

    #[tokio::test]
    async fn leftovers_are_removed_and_other_aliases_are_not() {
        let emulated = Emulated::start().await;
        let payment = Payment::of(emulated.client.clone());
        for name in ["preflight/1-a", "preflight/9999999999-b", "ca/1-a"] {
            let name = format!("alias/key-ceremony/{name}");
            create(&payment, &name).await.unwrap();
        }
        assert_eq!(tidy_up(&payment, 1_800_000_000).await, Ok(()));
        assert_eq!(
            names(&emulated).await,
            [
                "alias/key-ceremony/ca/1-a",
                "alias/key-ceremony/preflight/9999999999-b"
            ]
        );
    }

    #[tokio::test]
    async fn a_stop_is_seen_whenever_it_comes() {
        let (sender, receiver) = watch::channel(false);
        let stop = Stop::new(receiver);
        assert!(!stop.is_wanted());
        sender.send_replace(true);
        stop.wanted().await;
        assert!(stop.is_wanted());
        drop(sender);
        stop.wanted().await;
    }

    /// The type by which every client of the SDK tells a refusal is one and the same.
    #[test]
    fn a_lost_answer_is_not_a_refusal() {
        let lost = aws_sdk_paymentcryptography::error::SdkError::<
            aws_sdk_paymentcryptography::operation::create_alias::CreateAliasError,
            HttpResponse,
        >::timeout_error("late");
        let error = super::super::super::aws::refused("payment-cryptography:CreateAlias")(lost);
        assert!(!error.changed_nothing());
        let finding = judge("alias/x", Trial::Failed(error), Ok(()));
        assert_eq!(finding.status, Status::NotKnown);
    }
}
