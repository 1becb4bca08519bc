//! The reference partner: its certificates, its folder, and the profile that an operator writes.

use std::path::Path;

use anyhow::{Context, Result};
use partner::Pki;
use serde_json::{Value, json};

use crate::actors::{Folder, partner::files};
use crate::stack::connection::Connection;

pub const PARTNER: &str = "acme";
/// The partner's identity for production keys that protect cardholder data.
pub const UID: &str = "identity:idms.group.7814046";

/// Where its certificates are dropped.
pub fn folder() -> Folder {
    Folder::new(PARTNER, "production", "cardholder")
}

/// Its certificates: issued anew for every caller, with keys that a process makes once. They name
/// the revocation services of this stack, which answer for the newest.
pub fn pki(connection: &Connection) -> Result<Pki> {
    connection.revocation.enrol(PARTNER, Pki::builder(UID))
}

/// Makes the keys, which takes its time, for [`pki`] to come.
pub fn make_keys() {
    drop(Pki::demo(UID));
}

/// The reference profile for a folder, with the root of a chain pinned. Leaf and intermediates must
/// be proven not to be revoked, as the certificates of [`pki`] can be.
pub fn profile(folder: &Folder, pki: &Pki) -> Value {
    json!({
        "partner": folder.partner,
        "environment": folder.environment,
        "dataType": folder.data_type,
        "trustAnchors": [pki.root.sha256()],
        "identity": identity(folder),
        "revocation": { "policy": "required" },
        "caKeyArns": {},
        "kekExport": {
            "kek": { "algorithm": "AES_128", "keyArn": null },
            "exchange": {
                "method": "rsa-oaep",
                "hash": "SHA_256",
                "signedPrefix": signed_prefix(folder),
            },
            "signature": { "algorithm": "RSASSA_PKCS1_V1_5_SHA_256" },
        },
        "kekImport": {
            "requests": { "methods": ["rsa-oaep"], "algorithms": ["AES_128"] },
            "kcv": "confirmed",
        },
    })
}

/// Writes what the partner and the operator have, for whoever goes through a ceremony by hand.
/// Only what is to be dropped ends in `.pem`.
pub fn write(pki: &Pki, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("creating {}", directory.display()))?;
    let mut written: Vec<(&str, String)> = files(pki)
        .into_iter()
        .map(|(name, certificate)| (name, certificate.pem()))
        .collect();
    written.push(("leaf.key", pki.leaf.key().pem()));
    written.push(("profile.json", format!("{:#}\n", profile(&folder(), pki))));
    for (name, text) in written {
        let path = directory.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

fn identity(folder: &Folder) -> &'static str {
    match (folder.environment.as_str(), folder.data_type.as_str()) {
        ("production", "pin") => "identity:idms.group.6509948",
        ("non-production", "cardholder") => "identity:idms.group.9091073",
        ("non-production", "pin") => "identity:idms.group.9091071",
        _ => UID,
    }
}

/// `10000TPAEIY` or `10000TPAEAY`, in hex: what the signature covers before the cryptogram.
fn signed_prefix(folder: &Folder) -> &'static str {
    if folder.data_type == "pin" {
        "3130303030545041454959"
    } else {
        "3130303030545041454159"
    }
}
