//! The reference partner of the demo: its certificates, and the profile that an operator writes.

use std::path::Path;

use anyhow::{Context, Result};
use partner::Pki;
use serde_json::json;

pub const PARTNER: &str = "acme";
/// Where the demo drops the certificates.
pub const FOLDER: &str = "acme/production/cardholder";
/// The partner's identity for that folder.
pub const UID: &str = "identity:idms.group.7814046";

/// The three files that the partner drops, by their names.
pub fn drop(pki: &Pki) -> Vec<(String, String)> {
    let mut files = vec![
        ("root.pem".into(), pki.root.pem()),
        ("leaf.pem".into(), pki.leaf.pem()),
    ];
    for (index, intermediate) in pki.intermediates.iter().enumerate() {
        let name = if index == 0 {
            "intermediate.pem".into()
        } else {
            format!("ca{index}.pem")
        };
        files.push((name, intermediate.pem()));
    }
    files
}

/// The profile, with the root pinned and every default left to the product.
pub fn profile(pki: &Pki) -> String {
    let profile = json!({
        "partner": PARTNER,
        "trustAnchors": [pki.root.sha256()],
        "identity": {
            "production": { "cardholder": UID, "pin": "identity:idms.group.6509948" },
            "non-production": {
                "cardholder": "identity:idms.group.9091073",
                "pin": "identity:idms.group.9091071",
            },
        },
        "kek": { "algorithm": "AES_128", "keyArn": null },
        "exchange": {
            "method": "rsa-oaep",
            "hash": "SHA_256",
            "keyBlockHeader": {
                "cardholder": "3130303030545041454159",
                "pin": "3130303030545041454959",
            },
        },
        "signature": { "algorithm": "RSASSA_PKCS1_V1_5_SHA_256" },
        "caKeyArns": {},
    });
    format!("{profile:#}\n")
}

/// Writes what the partner and the operator have, for whoever goes through a ceremony by hand.
/// Only what is to be dropped ends in `.pem`.
pub fn write(pki: &Pki, directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("creating {}", directory.display()))?;
    let mut files = drop(pki);
    files.push(("leaf.key".into(), pki.leaf.key().pem()));
    files.push(("profile.json".into(), profile(pki)));
    for (name, text) in files {
        let path = directory.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
