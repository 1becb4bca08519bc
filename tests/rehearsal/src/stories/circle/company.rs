//! A company with a stack of its own.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use partner::{Package, Request};
use serde_json::Value;

use super::{SCENARIO, Stage, save};
use crate::actors::partner::Files;
use crate::actors::{Ear, Event, Folder, Operator, Partner, Watcher};
use crate::stack::management::Management;
use crate::stories::{START_TIMEOUT, follow};

/// From a drop to what is announced of it.
const PATIENCE: Duration = Duration::from_secs(100);

pub(super) struct Company<'a> {
    pub(super) stage: Stage<'a>,
    /// How its key signs packages.
    pub(super) signature: &'static str,
    /// Fingerprint of that key, by the request for its certificate.
    signer_sha256: String,
    ear: Ear,
}

impl<'a> Company<'a> {
    pub(super) async fn at(stage: &Stage<'a>, signature: &'static str) -> Result<Self> {
        let ear = Ear::listen(stage.connection, SCENARIO.name).await?;
        let csr = Operator::new(stage.connection)
            .fetches_request("csr.pem")
            .await?;
        let csr = Request::from_pem(&csr).context("csr.pem")?;
        Ok(Self {
            stage: *stage,
            signature,
            signer_sha256: csr.public_key_sha256(),
            ear,
        })
    }

    pub(super) fn region(&self) -> &str {
        &self.stage.connection.region
    }

    pub(super) fn management(&self) -> Result<Management> {
        self.stage.connection.management()
    }

    pub(super) fn operator(&self) -> Operator<'_> {
        Operator::new(self.stage.connection)
    }

    /// Whoever drops at this company's, and fetches there.
    pub(super) fn partner<'b>(&'b self, folder: &'b Folder) -> Partner<'b> {
        Partner::new(self.stage.connection, folder)
    }

    pub(super) fn watcher<'b>(&'b self, ceremony: &str) -> Result<Watcher<'b>> {
        Watcher::new(self.stage.connection, ceremony)
    }

    /// Follows the next ceremony of the kind to its end; returns its id.
    pub(super) async fn performs(&self, ceremony: &str, folder: &Folder) -> Result<String> {
        let watcher = self.watcher(ceremony)?;
        let (execution, _) = follow(&watcher, folder, self.stage.progress).await?;
        execution.must_have_succeeded()?;
        self.stage.progress.line("");
        Ok(execution.name)
    }

    /// Until a ceremony of the kind has begun; returns its id and ARN.
    pub(super) async fn begins(&self, ceremony: &str, folder: &Folder) -> Result<(String, String)> {
        let watcher = self.watcher(ceremony)?;
        let prefix = folder.ceremony_prefix();
        let start = watcher.start_of(&prefix, &[], START_TIMEOUT);
        let arn = start.await.context("the request was not accepted")?;
        Ok((watcher.describe(&arn).await?.name, arn))
    }

    /// The detail of an event of that type about the folder.
    pub(super) async fn hears(&self, detail_type: &str, folder: &Folder) -> Result<Value> {
        let ours = |event: &Event| event.detail["partner"] == folder.partner.as_str();
        tokio::select! {
            heard = self.ear.hears(detail_type, PATIENCE, ours) => {
                let about_us = self.ear.about(&folder.partner);
                Ok(heard.with_context(|| format!("all that was told: {about_us:?}"))?.detail)
            }
            failed = self.ear.hears("Ceremony Failed", PATIENCE * 2, ours) => {
                bail!("the ceremony failed: {:#}", failed?.detail)
            }
        }
    }

    /// A package of this company's: every digest is right, and its own key has signed.
    pub(super) fn has_signed(&self, files: &Files, name: &str) -> Result<()> {
        save(&self.stage.directory.join(name), files)?;
        let signer = Package::from_files(files.clone()).verify_own_sums();
        let signer = signer.context("the receiver says no")?;
        ensure!(signer == self.signer_sha256, "{signer} has signed");
        Ok(())
    }
}
