//! A KEK in a TR-34 block; and no block for what the method cannot do, or that is another one than was
//! asked for.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod faults;
mod liars;
mod refusals;
mod stage;

use ceremony::algorithms::KekAlgorithm::{AES_128, TDES_2KEY, TDES_3KEY};
use ceremony::evidence::{Deed, Recordable};
use ceremony::exchange::{Passes, Tr34Signer, Wrapped};
use ceremony::tr34::{Cipher, Freshness, KeyBlock};
use partner::KeyKind::{Rsa2048, Rsa3072, Rsa4096};
use step::Journal;

use crate::stage::{Exchange, NONCE, Stage};

#[tokio::test]
async fn every_kek_that_the_method_carries_leaves_under_every_leaf_that_may_carry_it() {
    for (kek, leaves) in [
        (TDES_2KEY, &[Rsa2048, Rsa3072, Rsa4096][..]),
        (TDES_3KEY, &[Rsa2048, Rsa3072, Rsa4096][..]),
        (AES_128, &[Rsa3072, Rsa4096][..]),
    ] {
        for leaf in leaves {
            for passes in [Passes::One, Passes::Two] {
                let exchange = Exchange {
                    kek,
                    leaf: *leaf,
                    passes,
                    ..Exchange::default()
                };
                leaves_by(exchange).await;
            }
        }
    }
}

#[tokio::test]
async fn the_same_by_a_key_of_ours() {
    for (kek, signing_key) in [
        (TDES_2KEY, Rsa2048),
        (TDES_3KEY, Rsa3072),
        (AES_128, Rsa3072),
        (AES_128, Rsa4096),
    ] {
        for passes in [Passes::One, Passes::Two] {
            let exchange = Exchange {
                kek,
                passes,
                signer: Tr34Signer::Own,
                signing_key,
                ..Exchange::default()
            };
            leaves_by(exchange).await;
        }
    }
}

async fn leaves_by(exchange: Exchange) {
    let stage = Stage::new(exchange).await;
    let journal = Journal::default();
    let before = stage.calls().len();
    let output = stage.wraps(&journal).await.unwrap();
    let is_own = exchange.signer == Tr34Signer::Own;
    let expected: &[&str] = match is_own {
        true => &["ExportKey"],
        false => &["GetParametersForExport", "ExportKey"],
    };
    assert_eq!(stage.calls()[before..], *expected);
    assert_eq!(
        journal.deeds(),
        [Deed::ExportedKey {
            key_arn: stage.input.kek.key_arn.clone(),
            certificate_sha256: stage.input.path.leaf.sha256(),
        }]
    );
    let evidence = serde_json::to_value(output.recordable()).unwrap();
    let Wrapped::Tr34 {
        key_block,
        header,
        nonce,
        signer,
        ours,
    } = output.0
    else {
        panic!("another method");
    };
    assert!(!evidence.to_string().contains(&key_block));
    assert_eq!(evidence["header"], header);
    assert_eq!(signer, exchange.signer);
    assert_eq!(ours.key_arn.is_some(), is_own);
    assert_eq!(
        ours.chain.last().map(|root| root.is_self_signed()),
        Some(true)
    );
    let sent = (exchange.passes == Passes::Two).then(stage::nonce);
    assert_eq!(nonce, sent);

    let block = KeyBlock::read(&hex::decode(&key_block).unwrap()).unwrap();
    let (letter, cipher) = match exchange.kek {
        AES_128 => ('A', Cipher::Aes128),
        _ => ('T', Cipher::Tdes),
    };
    assert_eq!(header.get(5..), Some(&*format!("K0{letter}B00E0000")));
    assert_eq!(block.cipher(), cipher);
    match block.freshness() {
        Freshness::Nonce(found) => assert_eq!(found.hex(), NONCE),
        Freshness::SigningTime(_) => assert_eq!(exchange.passes, Passes::One),
    }
}

/// The key that signs is the service's, and lasts for a month: no ceremony makes one of its own.
#[tokio::test]
async fn twice_is_another_block_by_the_same_key() {
    let stage = Stage::new(Exchange::default()).await;
    let [first, second] = [stage.block().await, stage.block().await];
    assert_ne!(first.0, second.0);
    assert_eq!(first.1, second.1);
}
