//! Payment Cryptography without a socket, on the clock of the test's runtime: where that is paused, its
//! quota is one of simulated time, and hours of it pass in seconds.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use apc_emulator::{AccountId, Front, Quotas, Region};
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::config::{
    Credentials, Region as SdkRegion, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;

/// An emulator whose every answer takes so long.
#[derive(Clone)]
pub struct Fronted {
    front: Arc<Front>,
    latency: Duration,
}

impl Fronted {
    pub fn new(latency: Duration) -> Self {
        let front = Front::new(AccountId::default(), Region::default());
        Self {
            front: Arc::new(front),
            latency,
        }
    }

    pub fn set_quotas(&self, quotas: Option<Quotas>) {
        self.front.set_quotas(quotas);
    }

    /// With the steps' own settings.
    pub fn client(&self) -> Client {
        let credentials = Credentials::new("test", "test", None, None, "tests");
        let connector = SharedHttpConnector::new(self.clone());
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .region(SdkRegion::new("eu-west-1"))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build();
        payment_keys::client(&config)
    }
}

impl fmt::Debug for Fronted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fronted").finish_non_exhaustive()
    }
}

impl HttpConnector for Fronted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let fronted = self.clone();
        HttpConnectorFuture::new(async move {
            let header = |name: &str| request.headers().get(name);
            let body = request.body().bytes().unwrap_or_default();
            let answer =
                fronted
                    .front
                    .answer(header("x-amz-target"), header("authorization"), body);
            tokio::time::sleep(fronted.latency).await;
            let (status, body) = answer;
            let status = status.try_into().expect("a status");
            let mut response = HttpResponse::new(status, SdkBody::from(body.to_string()));
            if let Some(code) = body["__type"].as_str() {
                let headers = response.headers_mut();
                headers.insert("x-amzn-errortype", code.to_owned());
            }
            Ok(response)
        })
    }
}
