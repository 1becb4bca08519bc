//! The services that are asked.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_paymentcryptography::types::{Alias, Tag};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use payment_keys::{KeyFacts, Pace};
use step::ServiceError;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

/// One client for each service.
pub(crate) struct Aws {
    pub(crate) cloudformation: aws_sdk_cloudformation::Client,
    pub(crate) cloudtrail: aws_sdk_cloudtrail::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) lambda: aws_sdk_lambda::Client,
    pub(crate) payment: Payment,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sfn: aws_sdk_sfn::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) ssm: aws_sdk_ssm::Client,
    sts: aws_sdk_sts::Client,
}

/// Who is asking.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) arn: String,
}

impl Aws {
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self {
            cloudformation: aws_sdk_cloudformation::Client::new(config),
            cloudtrail: aws_sdk_cloudtrail::Client::new(config),
            kms: aws_sdk_kms::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            payment: Payment::of(payment_keys::client(config)),
            s3: aws_sdk_s3::Client::new(config),
            sfn: aws_sdk_sfn::Client::new(config),
            sns: aws_sdk_sns::Client::new(config),
            ssm: aws_sdk_ssm::Client::new(config),
            sts: aws_sdk_sts::Client::new(config),
        }
    }

    /// Whoever has credentials may ask this; no policy has to allow it.
    pub(crate) async fn caller(&self) -> Result<Caller, ServiceError> {
        let answer = self.sts.get_caller_identity().send().await;
        let answer = answer.map_err(refused("GetCallerIdentity"))?;
        Ok(Caller {
            account: answer.account.unwrap_or_default(),
            arn: answer.arn.unwrap_or_default(),
        })
    }
}

/// Sorts what the SDK says of a call that did not succeed, by the action that IAM knows it by.
pub(crate) fn refused<E>(action: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> ServiceError
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    move |error| match ServiceError::new(action, &error) {
        // What SNS says instead of "access denied" (its API reference, Common Errors).
        ServiceError::ServiceRefused {
            operation,
            code,
            detail,
        } if code.starts_with("AuthorizationError") => {
            ServiceError::AccessDenied { operation, detail }
        }
        sorted => sorted,
    }
}

/// Payment Cryptography, asked slowly: five calls a second are there for the whole account, and
/// ceremonies may be under way.
pub(crate) struct Payment {
    client: aws_sdk_paymentcryptography::Client,
    next: Mutex<Option<Instant>>,
    aliases: OnceCell<Result<Vec<Alias>, ServiceError>>,
}

/// Between two calls: two a second leave three to the ceremonies.
const PAUSE: Duration = Duration::from_millis(500);

impl Payment {
    pub(crate) fn of(client: aws_sdk_paymentcryptography::Client) -> Self {
        Self {
            client,
            next: Mutex::const_new(None),
            aliases: OnceCell::const_new(),
        }
    }

    /// Makes a call that may be carried out twice, until it is answered.
    pub(crate) async fn call<T, E>(
        &self,
        action: &'static str,
        send: impl AsyncFn(&aws_sdk_paymentcryptography::Client) -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, ServiceError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let pace = Pace::patient();
        pace.repeat(async || self.slowly(action, &send).await).await
    }

    /// Makes a call whose second answer would mean something else than the first.
    pub(crate) async fn call_once<T, E>(
        &self,
        action: &'static str,
        send: impl AsyncFn(&aws_sdk_paymentcryptography::Client) -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, ServiceError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let pace = Pace::patient();
        pace.repeat_if_throttled(async || self.slowly(action, &send).await)
            .await
    }

    /// Every alias of the account and region; the service is asked for them once in a run.
    pub(crate) async fn aliases(&self) -> Result<&[Alias], ServiceError> {
        let aliases = self.aliases.get_or_init(|| self.list_aliases()).await;
        aliases.as_deref().map_err(Clone::clone)
    }

    /// The key that some alias below a prefix names.
    pub(crate) async fn key_below(&self, prefix: &str) -> Result<Option<&str>, ServiceError> {
        let mut aliases = self.aliases().await?.iter();
        Ok(aliases.find_map(|alias| {
            let below = alias.alias_name().starts_with(prefix);
            alias.key_arn().filter(|_| below)
        }))
    }

    /// What a key is.
    pub(crate) async fn key(&self, key: &str) -> Result<KeyFacts, ServiceError> {
        const ACTION: &str = "payment-cryptography:GetKey";
        let answer = self.call(ACTION, async |client| {
            client.get_key().key_identifier(key).send().await
        });
        KeyFacts::of_answer(ACTION, answer.await?.key)
    }

    /// All tags of a key.
    pub(crate) async fn tags(&self, key: &str) -> Result<Vec<Tag>, ServiceError> {
        let (mut tags, mut token) = (Vec::new(), None::<String>);
        loop {
            let page = self.call("payment-cryptography:ListTagsForResource", async |client| {
                let request = client.list_tags_for_resource().resource_arn(key);
                request.set_next_token(token.clone()).send().await
            });
            let page = page.await?;
            tags.extend(page.tags);
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(tags);
            }
        }
    }

    async fn list_aliases(&self) -> Result<Vec<Alias>, ServiceError> {
        let (mut aliases, mut token) = (Vec::new(), None::<String>);
        loop {
            let page = self.call("payment-cryptography:ListAliases", async |client| {
                let request = client.list_aliases().max_results(100);
                request.set_next_token(token.clone()).send().await
            });
            let page = page.await?;
            aliases.extend(page.aliases);
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(aliases);
            }
        }
    }

    /// How many keys there are that count against the quota: those that are not deleted yet.
    pub(crate) async fn count_keys(&self) -> Result<usize, ServiceError> {
        use aws_sdk_paymentcryptography::types::KeyState;
        let (mut count, mut token) = (0, None::<String>);
        loop {
            let page = self.call("payment-cryptography:ListKeys", async |client| {
                let request = client.list_keys().max_results(100);
                request.set_next_token(token.clone()).send().await
            });
            let page = page.await?;
            let keys = page.keys.iter();
            count += keys
                .filter(|key| key.key_state != KeyState::DeleteComplete)
                .count();
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(count);
            }
        }
    }

    async fn slowly<T, E>(
        &self,
        action: &'static str,
        send: &impl AsyncFn(
            &aws_sdk_paymentcryptography::Client,
        ) -> Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, ServiceError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let turn = {
            let mut next = self.next.lock().await;
            let turn = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(turn + PAUSE);
            turn
        };
        tokio::time::sleep_until(turn).await;
        send(&self.client).await.map_err(refused(action))
    }
}
