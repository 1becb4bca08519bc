//! A KEK on its way: the receiver's offer is what the sender's ceremony exports under, and the package that
//! it makes is what the receiver's ceremony waits for.

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use partner::{OpenedOffer, Package, Pki};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::company::Company;
use super::text;
use crate::acme;
use crate::actors::Folder;
use crate::actors::partner::Files;
use crate::stack::connection::ACCOUNT;
use crate::stories::START_TIMEOUT;

const ALGORITHM: &str = "AES_128";
/// Of the request.
const REQUEST: &str = "kek";

/// What differs from one way to the next.
pub(super) struct Method<'a> {
    pub(super) name: &'static str,
    /// `kekExport.exchange` of the sender's profile.
    pub(super) exchange: Value,
    /// Members of `kekImport` of the receiver's.
    pub(super) terms: Value,
    /// What travels, by its name in the sender's package.
    pub(super) file: &'static str,
    /// The sender's certificates that lie beside its request.
    pub(super) certificates: &'a [(&'static str, String)],
}

pub(super) struct Passage<'a> {
    sender: &'a Company<'a>,
    receiver: &'a Company<'a>,
    method: &'a Method<'a>,
    /// The CA of the sender's.
    ca: &'a Pki,
    /// Each company is the other's partner, under the same name.
    pub(super) folder: Folder,
}

/// Of both companies, by ARN.
pub(super) struct Brought {
    pub(super) sent: String,
    pub(super) received: String,
    pub(super) kcv: String,
}

impl<'a> Passage<'a> {
    pub(super) fn new(
        sender: &'a Company<'a>,
        receiver: &'a Company<'a>,
        method: &'a Method<'a>,
        ca: &'a Pki,
    ) -> Self {
        let partner = format!("circle-{}", method.name);
        Self {
            sender,
            receiver,
            method,
            ca,
            folder: Folder::new(&partner, "production", "cardholder"),
        }
    }

    pub(super) async fn brings_the_kek(&self) -> Result<Brought> {
        let (ceremony, execution) = self.sender_asks().await?;
        let (offered, offer) = self.receiver_offers(&ceremony).await?;
        let (package, kcv) = self.sender_exports(&offer).await?;

        let Self {
            receiver, folder, ..
        } = self;
        let progress = receiver.stage.progress;
        let step = progress.step("The sender's block is dropped");
        let partner = receiver.partner(folder);
        let block = package.get(self.method.file).context(self.method.file)?;
        partner
            .drops_at(&offered.block_key, block.as_slice())
            .await?;
        let come = receiver.hears("Kek Received", folder).await?;
        ensure!(come["kcv"] == kcv.trim(), "{kcv} was sent: {come}");
        step.done(&format!("{} as {}", self.method.file, offered.block_key));

        let step = progress.step("The sender confirms the KCV");
        let key = come["confirmationKey"].as_str().context("where")?;
        let id = offered.offer.id();
        let operator = receiver.operator();
        operator
            .sees_waiting(&ceremony, "confirmation", &id)
            .await?;
        partner.drops_at(key, kcv.as_str()).await?;
        let imported = receiver.hears("Kek Imported", folder).await?;
        let watcher = receiver.watcher("kek-import")?;
        let ended = watcher.end_of(&execution, START_TIMEOUT).await?;
        ended.must_have_succeeded()?;
        step.done(&format!("kcv.txt as {key}"));

        let brought = Brought {
            sent: text(&package, "manifest.json", "/kek/keyArn")?,
            received: imported["kekKeyArn"].as_str().context("a key")?.to_owned(),
            kcv: kcv.trim().to_owned(),
        };
        ensure!(imported["kcv"] == brought.kcv, "another value: {imported}");
        self.is_in_both_regions(&brought).await?;
        Ok(brought)
    }

    /// Returns the id and the ARN of the receiver's ceremony.
    async fn sender_asks(&self) -> Result<(String, String)> {
        let Self {
            receiver,
            method,
            folder,
            ..
        } = self;
        let progress = receiver.stage.progress;
        let step = progress.step(&format!("The sender asks for an offer, {}", method.name));
        let signature = json!({ "algorithm": receiver.signature });
        let mut profile = acme::profile(folder, self.ca);
        profile["kekExport"] = Value::Null;
        profile["kekImport"] = method.terms.clone();
        profile["kekImport"]["requests"] = json!({
            "methods": [method.name], "algorithms": [ALGORITHM], "exportabilities": ["E"],
        });
        profile["kekImport"]["kcv"] = "confirmed".into();
        profile["kekImport"]["signature"] = signature.clone();
        profile["workingKeyImport"] = json!({
            "usages": ["P0"], "algorithms": [ALGORITHM], "signature": signature,
        });
        profile["workingKeyExport"] = json!({
            "orders": {
                "usages": ["M6"], "algorithms": [ALGORITHM], "newKeys": true, "keks": ["received"],
            },
            "signature": signature,
        });
        receiver.operator().put_profile(folder, &profile).await?;
        // What an export makes may be sent on, and its block says so.
        let expected =
            json!({ "method": method.name, "algorithm": ALGORITHM, "exportability": "E" });
        let request = json!({ "version": 1, "kekImport": expected });
        let partner = receiver.partner(folder);
        partner
            .requests(REQUEST, &request, method.certificates)
            .await?;
        let begun = receiver.begins("kek-import", folder).await?;
        let count = method.certificates.len();
        step.done(&format!(
            "{folder}/requests/{REQUEST}.json, with {count} certificates"
        ));
        Ok(begun)
    }

    async fn receiver_offers(&self, ceremony: &str) -> Result<(OpenedOffer, Files)> {
        let Self {
            receiver, folder, ..
        } = self;
        let step = receiver.stage.progress.step("The receiver makes it");
        let told = receiver.hears("Offer Published", folder).await?;
        let files = receiver
            .partner(folder)
            .fetches_at(&told["package"])
            .await?;
        receiver.has_signed(&files, &format!("{}-offer", folder.partner))?;
        let opened = Package::from_files(files.clone()).open_offer();
        let opened = opened.context("the sender says no")?;
        let id = opened.offer.id();
        let operator = receiver.operator();
        operator.sees_waiting(ceremony, "block", &id).await?;
        step.done(&id);
        Ok((opened, files))
    }

    /// Takes the offer's certificate as its partner's leaf; returns the package and the check value.
    async fn sender_exports(&self, offer: &Files) -> Result<(Files, String)> {
        let Self {
            sender,
            method,
            folder,
            ..
        } = self;
        let step = sender.stage.progress.step("The sender takes the offer");
        let chain = utf8(offer, "chain.pem")?;
        let root = fingerprints(&chain)?.pop().context("an empty chain")?;
        let signature = json!({ "algorithm": sender.signature });
        let mut profile = acme::profile(folder, self.ca);
        profile["trustAnchors"] = json!([root]);
        // The service's own CA has certified it: there is its account, and nobody to ask for revocation.
        profile["identity"] = format!("CN={ACCOUNT}").into();
        profile["revocation"] = json!({ "policy": "when-available" });
        profile["kekImport"] = Value::Null;
        profile["kekExport"]["exchange"] = method.exchange.clone();
        profile["kekExport"]["signature"] = signature.clone();
        profile["workingKeyExport"] = json!({
            "orders": { "usages": ["P0"], "algorithms": [ALGORITHM], "newKeys": true },
            "signature": signature,
        });
        profile["workingKeyImport"] = json!({
            "usages": ["M6"], "algorithms": [ALGORITHM], "kek": "current", "signature": signature,
        });
        sender.operator().put_profile(folder, &profile).await?;
        let partner = sender.partner(folder);
        let nonce = text(offer, "offer.json", "/terms/nonce").ok();
        let told = nonce.as_ref().map_or("", |_| " and its nonce");
        if let Some(nonce) = nonce {
            partner.drops("offer.nonce", nonce).await?;
        }
        partner.drops("chain.pem", chain).await?;
        let leaf = utf8(offer, "certificate.pem")?;
        partner.drops("certificate.pem", leaf).await?;
        step.done(&format!("its certificates{told}, under {folder}/"));

        let id = sender.performs("kek-export", folder).await?;
        let step = sender
            .stage
            .progress
            .step("The receiver verifies the package");
        let files = partner.fetches(&id).await?;
        sender.has_signed(&files, &folder.partner)?;
        let found = text(&files, "manifest.json", "/wrapping/leafSha256")?;
        let expected = text(offer, "offer.json", "/terms/ours/certificateSha256")?;
        ensure!(found == expected, "it is for another certificate: {found}");
        let kcv = utf8(&files, "kcv.txt")?;
        step.done(&format!("KCV {}", kcv.trim()));
        Ok((files, kcv))
    }

    /// Each company has the key, in its own region, and neither has the other's.
    async fn is_in_both_regions(&self, brought: &Brought) -> Result<()> {
        let Brought {
            sent,
            received,
            kcv,
        } = brought;
        let both = [(self.sender, sent), (self.receiver, received)];
        for (company, arn) in both {
            let region = company.region();
            ensure!(arn.contains(region), "{arn} is not in {region}");
            let keys = company.management()?.keys_of(&self.folder.partner).await?;
            let mut keys = keys.iter().filter(|key| key["keyArn"] == arn.as_str());
            let key = keys.next().with_context(|| format!("{arn} in {region}"))?;
            ensure!(key["keyCheckValue"] == *kcv, "another value: {key}");
        }
        let clear = self.sender.management()?.clear_key(sent).await?;
        let holds = self.receiver.management()?.holds(received, &clear).await?;
        ensure!(holds, "{received} is not the key that was sent");
        Ok(())
    }
}

fn utf8(files: &Files, file: &str) -> Result<String> {
    let bytes = files.get(file).with_context(|| file.to_owned())?;
    String::from_utf8(bytes.clone()).with_context(|| file.to_owned())
}

/// Of the certificates in PEM, in their order.
fn fingerprints(pem: &str) -> Result<Vec<String>> {
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let fingerprint = |block: &str| {
        let text: String = block
            .lines()
            .take_while(|it| !it.starts_with('-'))
            .collect();
        let der = STANDARD.decode(text).context("a certificate in PEM")?;
        Ok(hex::encode(Sha256::digest(der)))
    };
    blocks.map(fingerprint).collect()
}
