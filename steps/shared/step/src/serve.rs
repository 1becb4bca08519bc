//! How a step starts: the one `main` they all share.

use std::future::Future;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{StepError, to_diagnostic};
use ceremony::evidence::{Proven, Software};
use ceremony::utc::Utc;

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

/// Serves a step of the state machine: `handle` makes the result, its proof is added here.
pub async fn serve<I, O, E, F>(
    software: Software,
    handle: impl Fn(I) -> F,
) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned,
    O: Serialize,
    E: StepError,
    F: Future<Output = Result<O, E>>,
{
    serve_unproven(software, async |input: I| {
        let started_at = Utc::now();
        // Boxed: a step's future is large, and its type deep.
        let result = Box::pin(handle(input))
            .await
            .map_err(|error| to_diagnostic(&error))?;
        Proven::new(&software, started_at, result).map_err(|error| Diagnostic {
            error_type: "UnwritableResult".to_owned(),
            error_message: error.to_string(),
        })
    })
    .await
}

/// Serves a Lambda that no state calls: it answers to EventBridge or to CloudFormation.
pub async fn serve_unproven<I, O>(
    software: Software,
    handle: impl AsyncFn(I) -> Result<O, Diagnostic>,
) -> Result<(), lambda_runtime::Error>
where
    I: DeserializeOwned,
    O: Serialize,
{
    lambda_runtime::tracing::init_default_subscriber();
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
            Err(error) => tracing::error!(
                step = software.name,
                request,
                error = error.error_type,
                "{}",
                error.error_message
            ),
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
