//! How a step starts: the one `main` they all share.

use ceremony::evidence::{Recordable, Recorded, Software};
use ceremony::utc::Utc;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{StepError, to_diagnostic};
use crate::journal::Journal;
use crate::metrics;

/// Name and version of the crate it stands in.
#[macro_export]
macro_rules! software {
    () => {
        $crate::Software {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        }
    };
}

/// Serves a step of a state machine: `handle` makes the result, its evidence is added here; if it
/// fails, what it had noted in the journal goes with its error.
pub async fn serve<I, O, E>(
    software: Software,
    handle: impl AsyncFn(I, &Journal) -> Result<O, E>,
) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned,
    O: Recordable + Serialize,
    E: StepError,
{
    serve_unrecorded(software, async |input: I| {
        record(&software, input, &handle).await
    })
    .await
}

async fn record<I, O, E>(
    software: &Software,
    input: I,
    handle: &impl AsyncFn(I, &Journal) -> Result<O, E>,
) -> Result<Recorded<O>, Diagnostic>
where
    O: Recordable,
    E: StepError,
{
    let (started_at, journal) = (Utc::now(), Journal::default());
    // Boxed: a step's future is large, and its type deep.
    let result = Box::pin(handle(input, &journal))
        .await
        .map_err(|error| to_diagnostic(&error, journal.deeds()))?;
    Recorded::new(software, started_at, result).map_err(|error| Diagnostic {
        error_type: "UnwritableResult".to_owned(),
        error_message: error.to_string(),
    })
}

/// Serves a Lambda that no state calls: it answers to EventBridge or to CloudFormation.
pub async fn serve_unrecorded<I, O>(
    software: Software,
    handle: impl AsyncFn(I) -> Result<O, Diagnostic>,
) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned,
    O: Serialize,
{
    lambda_runtime::tracing::init_default_subscriber();
    metrics::counted_in(software.name);
    let (handle, software) = (&handle, &software);
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<I>| {
        let request = event.context.request_id;
        // Names and times only: input and result are execution data, and stay out of the logs.
        tracing::info!(
            step = software.name,
            version = software.version,
            request,
            "started"
        );
        let outcome = handle(event.payload).await;
        match &outcome {
            Ok(_) => tracing::info!(step = software.name, request, "finished"),
            Err(error) => {
                tracing::error!(
                    step = software.name,
                    request,
                    error = error.error_type,
                    "{}",
                    error.error_message
                );
                metrics::count_error(&error.error_type, &error.error_message);
            }
        }
        outcome
    }))
    .await
}

/// An environment variable that the deployment must set. Read once, at cold start.
///
/// # Panics
///
/// With the variable's name, where it is missing: a Lambda without it can do nothing right.
pub fn required_variable(name: &str) -> String {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!("environment variable {name} is missing: the deployment must set it"),
    }
}

#[cfg(test)]
mod tests {
    use ceremony::evidence::Deed;

    use super::*;
    use crate::error::Explanation;

    #[derive(Debug, thiserror::Error)]
    #[error("the answer was lost")]
    struct Lost;

    impl StepError for Lost {
        fn name(&self) -> &'static str {
            "Lost"
        }
        fn remedy(&self) -> &'static str {
            "Look."
        }
        fn names() -> Vec<&'static str> {
            vec!["Lost"]
        }
    }

    #[derive(Debug, Serialize)]
    struct Secret;

    impl Recordable for Secret {
        fn recordable(&self) -> impl Serialize {
            "kept"
        }
    }

    const SOFTWARE: Software = Software {
        name: "test",
        version: "1",
    };

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(future)
    }

    #[test]
    fn a_result_comes_with_its_evidence() {
        let handle = async |_: (), _: &Journal| Ok::<_, Lost>(Secret);
        let recorded = block_on(record(&SOFTWARE, (), &handle)).expect("a result");
        assert_eq!(recorded.evidence.result, "kept");
        assert_eq!(recorded.evidence.step, "test");
    }

    #[test]
    fn an_error_comes_with_what_had_been_done() {
        let deed = Deed::Signed {
            key_arn: "arn".to_owned(),
        };
        let noted = deed.clone();
        let handle = async move |_: (), journal: &Journal| {
            journal.note(noted.clone());
            Err::<Secret, _>(Lost)
        };
        let Err(diagnostic) = block_on(record(&SOFTWARE, (), &handle)) else {
            panic!("an error was expected");
        };
        assert_eq!(diagnostic.error_type, "Lost");
        let explanation = Explanation::parse(&diagnostic.error_message).expect("JSON");
        assert_eq!(explanation.done, [deed]);
    }

    #[test]
    #[should_panic(expected = "NO_SUCH_VARIABLE is missing")]
    fn a_variable_that_is_missing_is_named() {
        required_variable("NO_SUCH_VARIABLE");
    }

    #[test]
    fn a_variable_that_is_there_is_read() {
        assert!(!required_variable("CARGO_PKG_NAME").is_empty());
    }
}
