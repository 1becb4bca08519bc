//! The partner that sends, from onboarding to the block that is taken.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use partner::terminal::follow_the_readme_for;
use partner::wrap::{Offer, new_key};
use partner::{OpenedOffer, Package, Pki, PkiBuilder, Request, check_value};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Stage, save};
use crate::acme;
use crate::actors::partner::{Files, files};
use crate::actors::{Ear, Event, Folder, Operator, Partner, Watcher};
use crate::stories::START_TIMEOUT;

/// The name of the request.
pub(super) const REQUEST: &str = "zmk";

/// From a drop to what is announced of it. Rejections that follow one within a minute are told together.
const PATIENCE: Duration = Duration::from_secs(100);

/// What differs from one way to the next.
pub(super) struct Plan {
    /// Of the scenario, and of the partner.
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    pub(super) algorithm: &'static str,
    pub(super) chain: PkiBuilder,
    /// Members of `kekImport`, besides what may be asked for.
    pub(super) terms: Value,
    /// Other members of the profile.
    pub(super) profile: Value,
    /// Whether the check value is announced.
    pub(super) announces: bool,
}

pub(super) struct Sender<'a> {
    pub(super) stage: &'a Stage<'a>,
    pub(super) folder: Folder,
    pub(super) pki: Pki,
    pub(super) algorithm: &'static str,
    /// In the clear, as no partner ever has it.
    pub(super) kek: Vec<u8>,
    pub(super) kcv: String,
    pub(super) execution: String,
    /// Its id: the name of the execution.
    pub(super) ceremony: String,
    /// Fingerprint of the key that signs what we publish, by our request for its certificate.
    signer_sha256: String,
    ear: Ear,
}

/// An offer that the partner has verified.
pub(super) struct Offered {
    pub(super) opened: OpenedOffer,
    pub(super) id: String,
    pub(super) files: Files,
}

impl Offered {
    pub(super) fn offer(&self) -> &Offer {
        &self.opened.offer
    }
}

impl<'a> Sender<'a> {
    /// Is onboarded, and asks to send its KEK.
    pub(super) async fn asks(stage: &'a Stage<'a>, plan: Plan) -> Result<Self> {
        let (connection, progress) = (stage.connection, stage.progress);
        let folder = Folder::new(plan.name, "production", "cardholder");
        let ear = Ear::listen(connection, plan.name).await?;
        let operator = Operator::new(connection);
        let csr = Request::from_pem(&operator.fetches_request("csr.pem").await?)?;

        let step = progress.step("Onboarding the partner");
        let pki = connection.revocation.enrol(plan.name, plan.chain)?;
        let mut profile = acme::profile(&folder, &pki);
        let members = plan.profile.as_object().into_iter().flatten();
        for (member, value) in members {
            profile[member] = value.clone();
        }
        profile["kekImport"] = plan.terms;
        let rules = json!({ "methods": [plan.method], "algorithms": [plan.algorithm] });
        profile["kekImport"]["requests"] = rules;
        operator.put_profile(&folder, &profile).await?;
        step.done(&format!(
            "which may send {} by {}",
            plan.algorithm, plan.method
        ));

        let step = progress.step("It asks for an offer");
        let kek = new_key(plan.algorithm).context("a known algorithm")?;
        let kcv = check_value(plan.algorithm, &kek)?;
        let mut expected = json!({ "method": plan.method, "algorithm": plan.algorithm });
        if plan.announces {
            expected["kcv"] = kcv.as_str().into();
        }
        let beside = match plan.method {
            "rsa-oaep" => Vec::new(),
            _ => files(&pki),
        };
        let beside = beside.into_iter().map(|(file, it)| (file, it.pem()));
        let beside: Vec<_> = beside.collect();
        let request = json!({ "version": 1, "kekImport": expected });
        let partner = Partner::new(connection, &folder);
        partner.requests(REQUEST, &request, &beside).await?;
        let watcher = Watcher::new(connection, "kek-import")?;
        let prefix = folder.ceremony_prefix();
        let start = watcher.start_of(&prefix, &[], START_TIMEOUT);
        let execution = start.await.context("the request was not accepted")?;
        let ceremony = watcher.describe(&execution).await?.name;
        step.done(&format!(
            "{folder}/requests/{REQUEST}.json, and {} certificates beside it",
            beside.len()
        ));
        Ok(Self {
            stage,
            folder,
            pki,
            algorithm: plan.algorithm,
            kek,
            kcv,
            execution,
            ceremony,
            signer_sha256: csr.public_key_sha256(),
            ear,
        })
    }

    /// Fetches an offer and verifies it; returns when its block is waited for.
    pub(super) async fn is_offered(&self, number: u32) -> Result<Offered> {
        let progress = self.stage.progress;
        let step = progress.step(&format!("The partner verifies offer {number}"));
        let is_it = |event: &Event| event.detail["number"] == number;
        let told = self.hears("Offer Published", is_it).await?;
        let files = self.partner().fetches_at(&told["package"]).await?;
        let name = format!("{}-offer-{number}", self.folder.partner);
        save(&self.stage.directory.join(name), &files)?;
        let opened = Package::from_files(files.clone()).open_offer();
        let opened = opened.context("the partner says no")?;
        let manifest = files.get("manifest.json").context("a manifest")?;
        let id = opened.offer.id();
        for (what, found, expected) in [
            ("signer", &opened.signer_sha256, &self.signer_sha256),
            ("offer", &text(&told["offer"]), &id),
            ("block's name", &text(&told["blockKey"]), &opened.block_key),
            (
                "manifest",
                &text(&told["manifestSha256"]),
                &sha256(manifest),
            ),
        ] {
            ensure!(found == expected, "the {what} is {found}, not {expected}");
        }
        ensure!(opened.number == number, "it is offer {}", opened.number);
        self.waits_for("block", &id).await?;
        step.done(&format!(
            "{id}: {} files, each with the digest on the signed list",
            opened.files
        ));
        Ok(Offered { opened, id, files })
    }

    /// Drops a file that is refused by its name or content; the ceremony goes on waiting.
    pub(super) async fn is_refused(
        &self,
        offered: &Offered,
        what: &str,
        block: &[u8],
        error: &str,
    ) -> Result<()> {
        let key = &offered.opened.block_key;
        self.is_refused_at(offered, ("block", key), what, block, error)
            .await
    }

    pub(super) async fn is_refused_at(
        &self,
        offered: &Offered,
        (awaited, key): (&str, &str),
        what: &str,
        bytes: &[u8],
        error: &str,
    ) -> Result<()> {
        let step = self.stage.progress.step(what);
        self.partner().drops_at(key, bytes).await?;
        let digest = sha256(bytes);
        let is_it = |event: &Event| event.detail["sha256"] == digest;
        let told = self.hears("Answer Rejected", is_it).await?;
        ensure!(told["error"] == error, "it was refused otherwise: {told}");
        ensure!(told["offer"] == offered.id, "by another offer: {told}");
        ensure!(told["file"] == key, "under another name: {told}");
        self.waits_for(awaited, &offered.id).await?;
        step.done(&format!("{error}: {}", text(&told["what"])));
        Ok(())
    }

    /// Drops a file that no ceremony takes. One that might be taken in a moment is brought again.
    pub(super) async fn is_not_taken(
        &self,
        what: &str,
        key: &str,
        bytes: &[u8],
        because: &str,
        is_brought_again: bool,
    ) -> Result<()> {
        let step = self.stage.progress.step(what);
        let version = self.partner().drops_at(key, bytes).await?;
        if is_brought_again {
            self.operator().brings_again(key, &version).await?;
        }
        let is_it = |event: &Event| event.names(key) && event.detail.to_string().contains(because);
        let told = self.hears("Block Not Taken", is_it).await?;
        step.done(&text(&told["reason"]));
        Ok(())
    }

    /// Drops the block that is taken.
    pub(super) async fn sends(&self, offered: &Offered, block: &[u8]) -> Result<()> {
        let key = &offered.opened.block_key;
        self.partner().drops_at(key, block).await.map(drop)
    }

    /// The block that the README's own commands make of the KEK, where they make a throw-away key.
    pub(super) fn wraps_by_the_readme(&self, offered: &Offered) -> Result<Vec<u8>> {
        let makes = format!("openssl rand -out ../kek.bin {}", self.kek.len());
        let has = "cat ../own.bin >../kek.bin";
        let own = [
            ("leaf.key", self.pki.leaf.key().pem().into_bytes()),
            ("own.bin", self.kek.clone()),
        ];
        let own: Vec<_> = own
            .iter()
            .map(|(name, bytes)| (*name, bytes.as_slice()))
            .collect();
        let block = offered.opened.block_key.rsplit('/').next();
        let block = block.context("the block has a name")?;
        let followed = follow_the_readme_for(&offered.files, &own, (&makes, has), block);
        let (printed, made) = followed.map_err(anyhow::Error::msg)?;
        let says = |expected: &String| printed.iter().any(|line| line.starts_with(expected));
        ensure!(says(&self.signer_sha256), "another signer: {printed:?}");
        ensure!(says(&offered.id), "another offer: {printed:?}");
        ensure!(says(&self.kcv), "another check value: {printed:?}");
        Ok(made)
    }

    /// The detail of an event of that type about this ceremony, or about a file of the partner's.
    pub(super) async fn hears(
        &self,
        detail_type: &str,
        is_it: impl Fn(&Event) -> bool,
    ) -> Result<Value> {
        let partner = self.folder.partner.as_str();
        let ours = |event: &Event| event.detail["partner"] == partner;
        let heard = async {
            let about_us = |event: &Event| ours(event) && is_it(event);
            self.ear.hears(detail_type, PATIENCE, about_us).await
        };
        tokio::select! {
            event = heard => {
                let event = event.with_context(|| format!("all that was told: {:?}", self.told()))?;
                Ok(event.detail)
            }
            failed = self.ear.hears("Ceremony Failed", PATIENCE * 2, ours) => {
                bail!("the ceremony failed: {:#}", failed?.detail)
            }
        }
    }

    /// Until an answer about an offer is waited for.
    pub(super) async fn waits_for(&self, awaited: &str, offer: &str) -> Result<()> {
        let operator = self.operator();
        operator.sees_waiting(&self.ceremony, awaited, offer).await
    }

    pub(super) fn partner(&self) -> Partner<'_> {
        Partner::new(self.stage.connection, &self.folder)
    }

    pub(super) fn operator(&self) -> Operator<'_> {
        Operator::new(self.stage.connection)
    }

    pub(super) fn is_by_us(&self, signer_sha256: &str) -> bool {
        self.signer_sha256 == signer_sha256
    }

    fn told(&self) -> Vec<Event> {
        self.ear.about(&self.folder.partner)
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
