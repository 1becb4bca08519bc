//! Something between a step and the service that asks for another export than the step does.

use std::fmt;
use std::sync::Arc;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::config::interceptors::BeforeSerializationInterceptorContextMut;
use aws_sdk_paymentcryptography::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_paymentcryptography::operation::export_key::ExportKeyInput;

/// A client whose exports are changed on their way.
pub fn between(
    client: &Client,
    change: impl Fn(&mut ExportKeyInput) + Send + Sync + 'static,
) -> Client {
    let config = client.config().to_builder();
    Client::from_conf(config.interceptor(Between(Arc::new(change))).build())
}

#[derive(Clone)]
struct Between(Arc<dyn Fn(&mut ExportKeyInput) + Send + Sync>);

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Between")
    }
}

impl Intercept for Between {
    fn name(&self) -> &'static str {
        "between"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if let Some(input) = context.input_mut().downcast_mut::<ExportKeyInput>() {
            (self.0)(input);
        }
        Ok(())
    }
}
