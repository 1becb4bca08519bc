//! What is true when a KEK has come.

use anyhow::{Context, Result, ensure};
use aws_sdk_paymentcryptography::error::ProvideErrorMetadata;
use partner::Package;
use serde_json::Value;

use super::sender::{Offered, REQUEST, Sender, sha256, text};
use crate::actors::{Event, Watcher};
use crate::stories::START_TIMEOUT;

impl Sender<'_> {
    /// The ceremony has succeeded, and the partner's KEK is the one that is established as received.
    /// Returns what was announced.
    pub(super) async fn is_established(&self, offered: &Offered, block: &[u8]) -> Result<Value> {
        let step = self.stage.progress.step("The KEK is established");
        let ours = |event: &Event| event.detail["ceremonyId"] == self.ceremony;
        let told = self.hears("Kek Imported", ours).await?;
        ensure!(told["kcv"] == self.kcv, "another check value: {told}");
        ensure!(told["offer"] == offered.id, "by another offer: {told}");
        let watcher = self.watcher()?;
        let execution = watcher.end_of(&self.execution, START_TIMEOUT).await?;
        execution.must_have_succeeded()?;

        let key_arn = self.received().await?;
        let key_arn = key_arn.context("no KEK is established as received")?;
        ensure!(told["kekKeyArn"] == key_arn, "another key: {told}");
        let management = self.stage.connection.management()?;
        let holds = management.holds(&key_arn, &self.kek).await?;
        ensure!(holds, "{key_arn} is not the key of the partner");
        step.done(&format!("{}: {key_arn}", self.alias()));

        self.has_one_kek(&key_arn).await?;
        let receipt = self.receipt_says(block).await?;
        let manifest = sha256(receipt.file("manifest.json")?);
        ensure!(told["manifestSha256"] == manifest, "another receipt");
        self.is_recorded(&told, block).await?;
        Ok(told)
    }

    /// The key of the alias that consumers use; none where nothing is established.
    pub(super) async fn received(&self) -> Result<Option<String>> {
        self.key_of(&self.alias()).await
    }

    /// The key of an alias, if it has one.
    pub(super) async fn key_of(&self, alias: &str) -> Result<Option<String>> {
        let client = self.stage.connection.payment_cryptography_client()?;
        let request = client.get_alias().alias_name(alias);
        match request.send().await {
            Ok(answer) => Ok(answer.alias.and_then(|alias| alias.key_arn)),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {alias}")),
        }
    }

    pub(super) fn alias(&self) -> String {
        format!("alias/key-ceremony/kek/{}/received", self.folder)
    }

    /// Of the keys of the partner that can be used, one is symmetric.
    async fn has_one_kek(&self, key_arn: &str) -> Result<()> {
        let management = self.stage.connection.management()?;
        let mut keys = management.keys_of(&self.folder.partner).await?;
        keys.retain(|key| key["tags"]["key-ceremony:purpose"] == "kek");
        keys.retain(|key| key["state"] == "CREATE_COMPLETE");
        let [key] = &keys[..] else {
            anyhow::bail!("one KEK was to be imported: {keys:?}");
        };
        ensure!(key["keyArn"] == key_arn, "another KEK: {key}");
        ensure!(key["origin"] == "EXTERNAL", "it was not imported: {key}");
        ensure!(key["keyCheckValue"] == self.kcv, "another value: {key}");
        Ok(())
    }

    /// The receipt has the check value and the file, under our signature.
    pub(super) async fn receipt_says(&self, block: &[u8]) -> Result<Package> {
        let step = self.stage.progress.step("The partner verifies the receipt");
        let all = self.partner().fetches(&self.ceremony).await?;
        let part = |(name, bytes): (String, Vec<u8>)| {
            let file = name.strip_prefix("receipt/")?.to_owned();
            Some((file, bytes))
        };
        let package = Package::from_files(all.into_iter().filter_map(part));
        let receipt = package.open_receipt().context("the partner says no")?;
        ensure!(receipt.kcv == self.kcv, "the KCV is {}", receipt.kcv);
        ensure!(
            self.is_by_us(&receipt.signer_sha256),
            "somebody else has signed it"
        );
        ensure!(
            receipt.block_sha256 == sha256(block),
            "it is for another file: {}",
            receipt.block_sha256
        );
        step.done(&format!("KCV {}, as its own", receipt.kcv));
        Ok(package)
    }

    /// The record is the one that was announced, can be recomputed, and has no key in it.
    async fn is_recorded(&self, told: &Value, block: &[u8]) -> Result<()> {
        let step = self.stage.progress.step("The evidence");
        let kept = self.watcher()?.evidence(&self.ceremony).await?;
        let bytes = kept.get("record.json").context("no record is kept")?;
        ensure!(told["recordSha256"] == sha256(bytes), "another record");
        let record: Value = serde_json::from_slice(bytes).context("the record")?;
        let steps = record["steps"].as_array().context("a list of steps")?;
        let mut names = Vec::new();
        for step in steps {
            let digest = sha256(step["result"].to_string().as_bytes());
            ensure!(step["resultSha256"] == digest, "another digest: {step}");
            names.push(text(&step["step"]));
        }
        for name in [
            "fetch-import",
            "make-offer",
            "check-block",
            "import-kek",
            "switch-kek",
        ] {
            ensure!(names.iter().any(|it| it == name), "{name}: {names:?}");
        }
        let written = String::from_utf8_lossy(bytes).to_uppercase();
        let dropped = String::from_utf8_lossy(block).trim().to_uppercase();
        let digits = hex::encode_upper(block);
        let digits = digits.get(..64).context("a block is longer")?.to_owned();
        for secret in [hex::encode_upper(&self.kek), dropped, digits] {
            ensure!(!written.contains(&secret), "key material in the record");
        }
        let files: Vec<&str> = kept.keys().map(String::as_str).collect();
        step.done(&format!("{} steps; {}", names.len(), files.join(", ")));
        Ok(())
    }

    fn watcher(&self) -> Result<Watcher<'_>> {
        Watcher::new(self.stage.connection, "kek-import")
    }

    /// For people.
    pub(super) fn report(&self, told: &Value) {
        self.stage.progress.line(&format!(
            "
  Ceremony     {}
  Asked for    {}/requests/{REQUEST}.json
  KEK          {}, KCV {}
  Alias        {}",
            self.ceremony,
            self.folder,
            text(&told["kekKeyArn"]),
            self.kcv,
            self.alias(),
        ));
    }
}
