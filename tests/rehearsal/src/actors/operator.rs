//! The operator: says what is expected of a partner before the partner drops anything, and sees to the
//! certificates of our own keys.

use anyhow::{Context, Result};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_ssm::types::ParameterType;
use serde_json::{Value, json};

use crate::actors::{Folder, waits};
use crate::stack::connection::Connection;

/// Whoever may write profiles.
#[derive(Clone, Copy, Debug)]
pub struct Operator<'a> {
    connection: &'a Connection,
}

impl<'a> Operator<'a> {
    pub fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    /// Writes the profile of one folder; a present one is replaced.
    pub async fn put_profile(&self, folder: &Folder, profile: &Value) -> Result<()> {
        self.put(&folder.profile_parameter(), profile).await
    }

    /// Writes which CAs may certify a signing key of ours; what is there is replaced.
    pub async fn put_enrolment_rules(&self, key: &str, rules: &Value) -> Result<()> {
        let name = format!("/key-ceremony/enrolment/{key}");
        self.put(&name, rules).await
    }

    async fn put(&self, name: &str, value: &Value) -> Result<()> {
        self.connection
            .ssm()?
            .put_parameter()
            .name(name)
            .value(value.to_string())
            .r#type(ParameterType::String)
            .overwrite(true)
            .send()
            .await
            .with_context(|| format!("writing {name}"))?;
        Ok(())
    }

    /// What is installed for a signing key of ours; null where nothing is.
    pub async fn installed(&self, key: &str) -> Result<Value> {
        let name = format!("/key-ceremony/certificates/{key}");
        let answer = self.connection.ssm()?.get_parameter().name(&name).send();
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|it| it.is_parameter_not_found()) =>
            {
                return Ok(Value::Null);
            }
            Err(error) => return Err(error).with_context(|| format!("reading {name}")),
        };
        let value = answer.parameter.and_then(|parameter| parameter.value);
        serde_json::from_str(&value.unwrap_or_default()).with_context(|| format!("reading {name}"))
    }

    /// The request for a certificate of a signing key, as a CA gets it, by its key in the outbox.
    pub async fn fetches_request(&self, csr: &str) -> Result<String> {
        let outbox = self.connection.output("OUTBOX_BUCKET")?;
        let found = self.connection.download(outbox, csr).await?;
        let pem = found.into_values().next();
        let pem = pem.with_context(|| format!("the outbox has no {csr}"))?;
        String::from_utf8(pem).with_context(|| format!("reading {csr}"))
    }

    /// Asks for a certificate of a signing key, which is made if there is none; returns the request.
    pub async fn orders_request(&self, key: &str, subject: &str) -> Result<String> {
        let order =
            json!({ "key": key, "subject": subject, "newKey": false, "keyAlgorithm": null });
        let connection = self.connection;
        let function = connection.output("REQUEST_CERTIFICATE_FUNCTION_NAME")?;
        let asked = waits::invoke(connection, function, &order).await;
        let answer = asked.context("asking for a certificate")?;
        let csr = answer["csr"].as_str().or(answer["result"]["csr"].as_str());
        let csr = csr.with_context(|| format!("no request of the key {key}: {answer}"))?;
        Ok(csr.to_owned())
    }

    /// Waits until a ceremony waits for an answer about that subject: what is dropped before comes too
    /// early, and is brought once more by Lambda, in a minute. The local AWS brings nothing twice.
    pub async fn sees_waiting(&self, ceremony: &str, awaited: &str, subject: &str) -> Result<()> {
        waits::see_waiting(self.connection, ceremony, awaited, subject).await
    }

    /// Brings the event of a file in the inbox once more, as Lambda does minutes after it came too early.
    pub async fn brings_again(&self, key: &str, version_id: &str) -> Result<Value> {
        waits::bring_again(self.connection, key, version_id).await
    }

    /// Lets the deadline pass of what a ceremony waits for about that subject, and has the clock's
    /// function see to it.
    pub async fn lets_time_pass(&self, ceremony: &str, awaited: &str, subject: &str) -> Result<()> {
        waits::let_time_pass(self.connection, ceremony, awaited, subject).await
    }

    /// Drops a file that a CA sent for a signing key of ours.
    pub async fn drops(&self, key: &str, file: &str, pem: String) -> Result<()> {
        let key = format!("enrolment/{key}/{file}");
        self.connection
            .s3()?
            .put_object()
            .bucket(self.connection.output("INBOX_BUCKET")?)
            .key(&key)
            .body(ByteStream::from(pem.into_bytes()))
            .send()
            .await
            .with_context(|| format!("dropping {key}"))?;
        Ok(())
    }
}
