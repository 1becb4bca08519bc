//! Fleets of terminals, and the keys that their initial keys come from.

use std::time::Duration;

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    Key, KeyAlgorithm, KeyAttributes, KeyClass, KeyModesOfUse, KeyUsage,
};
use ceremony::algorithms::KekAlgorithm;
use ceremony::digest::Sha256;
use ceremony::exchange::Tr34Signer;
use ceremony::fleet::run::Kek;
use ceremony::fleet::{
    Bdk, BdkAlgorithm, Derivation, Inventory, Receiver, Run, SerialNumber, Under,
};
use partner::{KeyKind, Pki};
use runs::{Runs, Turns};
use serde_json::json;

use crate::aws::Aws;
use crate::{Emulated, UID, clearance, path, policy};

/// Turns at Payment Cryptography, which all share whose table it is.
pub fn turns(aws: &Aws, every: Duration) -> Turns {
    let table = aws_sdk_dynamodb::Client::new(&aws.config());
    Turns::new(
        Runs::new(table, "runs".to_owned()),
        "payment-cryptography",
        every,
    )
}

/// A base derivation key that an operator has made.
pub async fn creates_bdk(client: &Client, algorithm: BdkAlgorithm) -> Bdk {
    let modes = KeyModesOfUse::builder().derive_key(true).build();
    let usage = KeyUsage::Tr31B0BaseDerivationKey;
    let key = creates_key(client, usage, modes, algorithm.as_str()).await;
    Bdk {
        key_arn: key.key_arn,
        algorithm,
        kcv: key.key_check_value,
    }
}

/// A KEK that is established with a partner.
pub async fn establishes_kek(client: &Client, algorithm: KekAlgorithm) -> Kek {
    let modes = KeyModesOfUse::builder()
        .encrypt(true)
        .decrypt(true)
        .wrap(true)
        .unwrap(true);
    let usage = KeyUsage::Tr31K0KeyEncryptionKey;
    let key = creates_key(client, usage, modes.build(), algorithm.as_str()).await;
    Kek {
        key_arn: key.key_arn,
        algorithm,
        kcv: key.key_check_value,
    }
}

/// What the initial keys of a fleet come from.
pub async fn derivation(client: &Client, bdk: BdkAlgorithm, kek: KekAlgorithm) -> Derivation {
    Derivation {
        bdk: creates_bdk(client, bdk).await,
        under: Under::Kek(establishes_kek(client, kek).await),
        serial_number_in_block: false,
    }
}

/// A fleet whose initial keys leave by TR-34, and whose key they leave under.
pub struct ByTr34 {
    pub pki: Pki,
    pub receiver: Receiver,
    pub derivation: Derivation,
}

/// With the partner's CAs imported, and a key of the service that signs.
pub async fn by_tr34(emulated: &Emulated, bdk: BdkAlgorithm, leaf: KeyKind) -> ByTr34 {
    let pki = Pki::builder(UID)
        .named(&format!("fleet {leaf:?}"))
        .root_key(KeyKind::Rsa4096)
        .intermediate_keys(&[KeyKind::Rsa4096])
        .leaf_key(leaf)
        .build();
    let root = emulated.imports_root(&pki.root).await;
    let ca = emulated.imports_under(&pki.intermediates[0], &root).await;
    let receiver = receiver(&pki, bdk, ca);
    let derivation = Derivation {
        bdk: creates_bdk(&emulated.client, bdk).await,
        under: Under::Leaf(receiver.leaf().expect("the service signs")),
        serial_number_in_block: false,
    };
    ByTr34 {
        pki,
        receiver,
        derivation,
    }
}

/// What the steps before have found of a partner's certificates.
pub fn receiver(pki: &Pki, bdk: BdkAlgorithm, issuing_ca_key_arn: String) -> Receiver {
    let path = path(pki);
    let signer = Tr34Signer::Service;
    let policy = policy(pki, |profile| {
        profile["kekExport"] = json!({
            "kek": { "algorithm": bdk.as_travelling() },
            "exchange": { "method": "tr34", "signer": signer },
        });
    });
    Receiver {
        revocation: clearance(&path),
        path,
        policy,
        signer: None,
        issuing_ca_key_arn,
    }
}

async fn creates_key(
    client: &Client,
    usage: KeyUsage,
    modes: KeyModesOfUse,
    algorithm: &str,
) -> Key {
    let attributes = KeyAttributes::builder()
        .key_algorithm(KeyAlgorithm::from(algorithm))
        .key_class(KeyClass::SymmetricKey)
        .key_modes_of_use(modes)
        .key_usage(usage)
        .build()
        .expect("attributes");
    let request = client.create_key().key_attributes(attributes);
    let answer = request.exportable(true).send().await;
    answer.expect("a key").key.expect("a key")
}

/// The serial numbers of so many terminals that go with a BDK.
pub fn serial_numbers(bdk: BdkAlgorithm, count: u32) -> Vec<SerialNumber> {
    let text = |number: u32| match bdk {
        BdkAlgorithm::TDES_2KEY => {
            format!(
                "{:020X}",
                (0xFFFF_9876_u128 << 48) + (u128::from(number) << 21)
            )
        }
        BdkAlgorithm::AES_128 | BdkAlgorithm::AES_192 | BdkAlgorithm::AES_256 => {
            format!("12345678{number:08X}00000000")
        }
    };
    let numbers = (1..=count).map(|number| SerialNumber::parse(&text(number)));
    numbers
        .map(|number| number.expect("a serial number"))
        .collect()
}

/// A run over serial numbers that a request lists itself.
pub fn run_over(derivation: &Derivation, list: Vec<SerialNumber>) -> Run {
    Run {
        request_sha256: Sha256::of(b"request"),
        derivation: derivation.clone(),
        inventory: Inventory::Listed(list),
        key_set: None,
        max_terminals: 1_000_000,
    }
}

/// A run over an inventory in a file, which lies in the inbox.
pub fn run_over_file(derivation: &Derivation, key: &str, bytes: &[u8]) -> Run {
    let mut run = run_over(derivation, Vec::new());
    run.inventory = Inventory::File {
        key: key.to_owned(),
        sha256: Sha256::of(bytes),
    };
    run
}
