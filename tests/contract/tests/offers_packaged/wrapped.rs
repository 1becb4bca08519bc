//! What the README's commands make is what the offer is for.

use ceremony::algorithms::SignatureAlgorithm as A;
use ceremony::digest::Sha256;
use ceremony::key_import::block::CheckedBlock;
use partner::tr31::{self, Draft};

use crate::made::Made;
use crate::terminal::Terminal;

const DERIVATIONS: [[&str; 3]; 6] = [
    ["NIST_SP800", "SHA_512", "AES_256"],
    ["NIST_SP800", "SHA_256", "AES_128"],
    ["ANSI_X963", "SHA_384", "AES_192"],
    ["ANSI_X963", "SHA_256", "AES_256"],
    ["ANSI_X963", "SHA_512", "TDES_3KEY"],
    ["NIST_SP800", "SHA_256", "TDES_2KEY"],
];

#[tokio::test]
async fn a_throw_away_key_by_rsa_oaep_comes_back_under_our_private_key() {
    for (kek, hash, bytes) in [
        ("AES_128", "SHA_256", 16),
        ("TDES_3KEY", "SHA_512", 24),
        ("TDES_2KEY", "SHA_256", 16),
    ] {
        let made = Made::rsa_oaep_with(kek, hash);
        let files = made.package(A::ECDSA_SHA_256).await;
        let own = [("ours.key", made.ours.leaf.key().pem())];
        let terminal = Terminal::with(&files, &own);
        let printed = terminal.follow().unwrap();
        let name = made.block_name();
        let openssl = hash.replace('_', "").to_lowercase();
        let opens = format!(
            "openssl pkeyutl -decrypt -inkey ../ours.key -in ../{name} -out ../opened.bin \
             -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{openssl} -pkeyopt rsa_mgf1_md:{openssl}"
        );
        terminal.types(&opens).unwrap();
        let key = terminal.beside("kek.bin");
        assert_eq!(key.len(), bytes, "{kek}");
        assert!(terminal.beside("opened.bin") == key, "{kek} by {hash}");
        // The way to the check value is the one of `key-import.md`, too.
        let kcv = printed.last().unwrap();
        assert!(kcv.len() == 6 && hex::decode(kcv).is_ok(), "{kcv}");

        let block = terminal.beside(&name);
        assert!(matches!(made.check(&block), Ok(CheckedBlock::Oaep { .. })));
        terminal.clean_up();
        assert_eq!(
            terminal.left(),
            ["opened.bin", "ours.key", "package", name.as_str()].map(str::to_owned)
        );
    }
}

/// The derived key is the one under which the partner's code seals, and under which ours would open.
#[tokio::test]
async fn both_sides_agree_on_the_key_that_the_readme_derives() {
    for derivation in DERIVATIONS {
        let kek = if derivation[2].starts_with("AES") {
            "AES_128"
        } else {
            "TDES_2KEY"
        };
        let made = Made::ecdh(kek, derivation);
        let files = made.package(A::ECDSA_SHA_256).await;
        let own = [("leaf.key", made.partners.leaf.key().pem())];
        let terminal = Terminal::with(&files, &own);
        terminal.follow().unwrap();
        let derived = terminal.beside("kbpk.hex");
        let derived = hex::decode(String::from_utf8(derived).unwrap()).unwrap();
        let draft = Draft::new("K0AB00N");
        let document = String::from_utf8(files["offer.json"].clone()).unwrap();
        let offer = partner::wrap::Offer::read(&document).unwrap();
        let theirs = offer.by_ecdh(made.partners.leaf.key(), &draft, &[7; 16]);
        // From the other end: our private key, and the partner's certificate.
        let swapped = made.for_the_partners_key();
        let ours = swapped.by_ecdh(made.ours.leaf.key(), &draft, &[7; 16]);
        for block in [theirs.unwrap(), ours.unwrap()] {
            let opened = tr31::open(&block, derivation[2], &derived);
            assert_eq!(opened.unwrap().expose(), [7; 16], "{derivation:?}");
        }
    }
}

/// With and without optional blocks, and whatever the KEK.
#[tokio::test]
async fn a_block_that_the_readme_makes_is_one_that_is_taken() {
    for (derivation, kek, blocks) in [
        (DERIVATIONS[0], "AES_128", None),
        (DERIVATIONS[0], "TDES_3KEY", Some(("LB", "zmk2026"))),
        (
            DERIVATIONS[1],
            "TDES_2KEY",
            Some(("KS", "00604B120F9292800000")),
        ),
        (DERIVATIONS[2], "AES_128", Some(("LB", "12charactersxxxx"))),
        (DERIVATIONS[4], "TDES_3KEY", Some(("LB", "z"))),
        (DERIVATIONS[5], "TDES_2KEY", None),
    ] {
        let made = Made::ecdh_with(kek, derivation, blocks);
        let files = made.package(A::ECDSA_SHA_256).await;
        let own = [("leaf.key", made.partners.leaf.key().pem())];
        let terminal = Terminal::with(&files, &own);
        terminal.follow().unwrap();
        let name = made.block_name();
        let block = terminal.beside(&name);
        let checked = made.check(&block).unwrap();
        assert!(matches!(checked, CheckedBlock::Tr31 { .. }), "{kek}");
        let derived = String::from_utf8(terminal.beside("kbpk.hex")).unwrap();
        let derived = hex::decode(derived).unwrap();
        let text = String::from_utf8(block).unwrap();
        let opened = tr31::open(&text, derivation[2], &derived).unwrap();
        assert!(opened.expose() == terminal.beside("kek.bin"), "{kek}");
        terminal.clean_up();
        let left = ["leaf.key", "mac.hex", "ours.pem", "package", &name];
        assert_eq!(terminal.left(), left.map(str::to_owned));
    }
}

/// No command makes a TR-34 block: what the README says of our certificate is what one has to name.
#[tokio::test]
async fn the_receiver_of_a_tr34_block_is_the_certificate_of_the_readme() {
    for nonce in [None, Some("0102030405060708")] {
        let made = Made::tr34("AES_128", nonce);
        let files = made.package(A::ECDSA_SHA_256).await;
        let printed = Terminal::with(&files, &[]).follow().unwrap();
        let serial = printed.last().unwrap();
        let certificate = &made.offer.terms.ours().certificate;
        let digits = hex::encode_upper(certificate.raw_serial());
        let digits = digits.trim_start_matches('0');
        assert!(serial.contains(digits), "{serial}");

        let readme = String::from_utf8(files["README.md"].clone()).unwrap();
        let header = "D0112K0AB00N0000";
        assert!(readme.contains(header));
        let document = String::from_utf8(files["offer.json"].clone()).unwrap();
        let offer = partner::wrap::Offer::read(&document).unwrap();
        let draft = offer.tr34(&made.partners.leaf).unwrap();
        let block = draft.wrap(header, &[7; 16]).unwrap();
        let checked = made.check(&block).unwrap();
        assert!(matches!(checked, CheckedBlock::Tr34 { .. }));
        let partners = emulated::certificate(&made.partners.leaf).sha256();
        assert!(readme.contains(&partners.to_string()));
        assert_ne!(partners, Sha256::of(b""));
    }
}
