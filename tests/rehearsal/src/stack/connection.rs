//! How to reach a running stack: what a client, a shell or a later process needs to know.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use serde::{Deserialize, Serialize};

use crate::stack::emulator::Addresses;
use crate::stack::http::{self, Trust};
use crate::stack::management::Management;
use crate::stack::revocation::RevocationServices;

/// The account that everything lives in: no real account has this number.
pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";
/// Where a second company is at home.
pub const ELSEWHERE: &str = "eu-west-1";
/// The operator's credentials: the local account's root user, and nobody anywhere else.
pub const CREDENTIALS: (&str, &str) = ("rehearsal", "rehearsal");

/// The addresses, the trust and the outputs of one running stack.
///
/// It holds no connections: clients made from it belong to the runtime they are first used on, so
/// every test makes its own.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Connection {
    pub region: String,
    /// Everything but Payment Cryptography.
    pub aws: String,
    pub payment_cryptography: Addresses,
    /// The partners' OCSP responder and CRLs.
    pub revocation: RevocationServices,
    /// The authority that both servers' certificate comes from.
    pub ca: PathBuf,
    /// The same, with the system's authorities: for programs that talk to others as well.
    pub ca_bundle: PathBuf,
    /// The stack's outputs by their names in the environment, such as `INBOX_BUCKET`.
    pub outputs: BTreeMap<String, String>,
}

impl Connection {
    /// A client of Payment Cryptography, which is not where the rest of AWS is.
    pub fn payment_cryptography_client(&self) -> Result<aws_sdk_paymentcryptography::Client> {
        let config = aws_sdk_paymentcryptography::config::Builder::from(&self.sdk_config()?)
            .endpoint_url(&self.payment_cryptography.service)
            .build();
        Ok(aws_sdk_paymentcryptography::Client::from_conf(config))
    }

    /// A configuration for SDK clients with the operator's credentials. It looks at nothing in
    /// this process's environment.
    pub fn sdk_config(&self) -> Result<SdkConfig> {
        let trust = TrustStore::empty().with_pem_certificate(self.ca_pem()?);
        let context = TlsContext::builder()
            .with_trust_store(trust)
            .build()
            .context("TLS")?;
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(
                tls::rustls_provider::CryptoMode::AwsLc,
            ))
            .tls_context(context)
            .build_https();
        let credentials = aws_sdk_s3::config::Credentials::new(
            CREDENTIALS.0,
            CREDENTIALS.1,
            None,
            None,
            "rehearsal",
        );
        Ok(SdkConfig::builder()
            .app_name(AppName::new("key-ceremony-rehearsal").context("naming the client")?)
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(
                credentials,
            ))
            .endpoint_url(&self.aws)
            .http_client(http)
            .region(Region::new(self.region.clone()))
            .build())
    }

    pub fn s3(&self) -> Result<aws_sdk_s3::Client> {
        Ok(aws_sdk_s3::Client::new(&self.sdk_config()?))
    }

    pub fn sfn(&self) -> Result<aws_sdk_sfn::Client> {
        Ok(aws_sdk_sfn::Client::new(&self.sdk_config()?))
    }

    pub fn ssm(&self) -> Result<aws_sdk_ssm::Client> {
        Ok(aws_sdk_ssm::Client::new(&self.sdk_config()?))
    }

    /// The Payment Cryptography emulator's management port.
    pub fn management(&self) -> Result<Management> {
        let trust = Trust::pem(&self.ca_pem()?)?;
        Ok(Management::new(
            self.payment_cryptography.management.clone(),
            self.region.clone(),
            trust,
        ))
    }

    /// One of the stack's outputs, by its name in the environment.
    pub fn output(&self, name: &str) -> Result<&str> {
        let output = self.outputs.get(name);
        output
            .map(String::as_str)
            .with_context(|| format!("the stack has no output {name}"))
    }

    /// Every file of a bucket under a prefix, by its key without the prefix.
    pub async fn download(&self, bucket: &str, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>> {
        let s3 = self.s3()?;
        let mut files = BTreeMap::new();
        let mut pages = s3
            .list_objects_v2()
            .bucket(bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.with_context(|| format!("listing {bucket}/{prefix}"))?;
            for key in page.contents().iter().filter_map(|object| object.key()) {
                let context = || format!("reading {bucket}/{key}");
                let object = s3.get_object().bucket(bucket).key(key).send().await;
                let body = object.with_context(context)?.body.collect().await;
                let name = key.strip_prefix(prefix).unwrap_or(key).to_owned();
                files.insert(name, body.with_context(context)?.to_vec());
            }
        }
        Ok(files)
    }

    /// Whether both servers answer.
    pub async fn check(&self) -> Result<()> {
        let trust = Trust::pem(&self.ca_pem()?)?;
        http::call(
            "GET",
            &format!("{}/_ministack/health", self.aws),
            None,
            &trust,
        )
        .await?;
        self.management()?.requests().await?;
        Ok(())
    }

    /// The environment with which any program finds the stack, outputs included.
    pub fn environment(&self) -> Vec<(String, String)> {
        let bundle = self.ca_bundle.display().to_string();
        let revocation = self.revocation.directory.display().to_string();
        let fixed = [
            (
                "APC_MANAGEMENT_URL",
                self.payment_cryptography.management.as_str(),
            ),
            ("AWS_ACCESS_KEY_ID", CREDENTIALS.0),
            ("AWS_CA_BUNDLE", &bundle),
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ENDPOINT_URL", &self.aws),
            (
                "AWS_ENDPOINT_URL_PAYMENT_CRYPTOGRAPHY",
                &self.payment_cryptography.service,
            ),
            ("AWS_PAGER", ""),
            ("AWS_REGION", &self.region),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIALS.1),
            ("NODE_EXTRA_CA_CERTS", &bundle),
            // Never by way of a proxy, whatever is set on this machine.
            ("NO_PROXY", "127.0.0.1,localhost"),
            ("REVOCATION_DIRECTORY", &revocation),
            ("REVOCATION_SERVICES_URL", &self.revocation.url),
            ("SSL_CERT_FILE", &bundle),
        ];
        fixed
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .chain(self.outputs.clone())
            .collect()
    }

    /// The environment as lines `export NAME=value` for a shell to read. A session token that
    /// happens to be set belongs to other credentials, and is emptied.
    pub fn shell(&self) -> String {
        let mut lines = String::from("export AWS_SESSION_TOKEN=\n");
        for (name, value) in self.environment() {
            lines.push_str(&format!("export {name}={}\n", quote(&value)));
        }
        lines
    }

    fn ca_pem(&self) -> Result<String> {
        std::fs::read_to_string(&self.ca).with_context(|| format!("reading {}", self.ca.display()))
    }
}

/// Quotes a value for a shell unless it is plain.
fn quote(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/:.,_-@=".contains(c);
    if value.chars().all(plain) {
        value.into()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_any_value() {
        assert_eq!(quote("https://127.0.0.1:4566"), "https://127.0.0.1:4566");
        assert_eq!(quote("/a b/it's"), r"'/a b/it'\''s'");
        assert_eq!(quote(""), "");
    }
}
