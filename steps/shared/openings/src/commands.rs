//! Commands that do not know the method.

use ceremony::algorithms::{Hash, KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::publication::SIGNING_KEY;

/// A file's bytes as hex, for `openssl`, which takes keys from its arguments only: read by a
/// substitution, so that a key is in no terminal and no history. The README says what remains.
pub fn hex_of(file: &str) -> String {
    format!(r#""$(od -An -v -tx1 {file} | tr -d ' \n')""#)
}

/// The check value of the clear key in that file.
pub fn kcv_command(algorithm: KekAlgorithm, file: &str) -> String {
    let key = hex_of(file);
    match algorithm {
        KekAlgorithm::AES_128 | KekAlgorithm::AES_192 | KekAlgorithm::AES_256 => format!(
            "head -c 16 /dev/zero | openssl mac -cipher {} \\\n        \
             -macopt hexkey:{key} -in - CMAC | head -c 6; echo",
            cmac_cipher(algorithm)
        ),
        KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => {
            let cipher = match algorithm {
                KekAlgorithm::TDES_2KEY => "-des-ede",
                _ => "-des-ede3",
            };
            format!(
                "head -c 8 /dev/zero | openssl enc {cipher} -nopad \\\n        \
                 -K {key} | od -An -tx1 | tr -d ' \\n' | tr a-f A-F | head -c 6; echo"
            )
        }
    }
}

/// The name by which `openssl` knows the cipher of a CMAC under such a key.
pub fn cmac_cipher(algorithm: KekAlgorithm) -> &'static str {
    match algorithm {
        KekAlgorithm::AES_128 => "AES-128-CBC",
        KekAlgorithm::AES_192 => "AES-192-CBC",
        KekAlgorithm::AES_256 => "AES-256-CBC",
        KekAlgorithm::TDES_2KEY => "DES-EDE-CBC",
        KekAlgorithm::TDES_3KEY => "DES-EDE3-CBC",
    }
}

/// Verifies what it reads: from a pipe, or from a file that is named after it.
pub fn verify_command(algorithm: SignatureAlgorithm, signature: &str) -> String {
    let padding = if algorithm.is_pss() {
        " \\\n        -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest"
    } else {
        ""
    };
    let hash = match algorithm.hash() {
        Hash::Sha256 => "sha256",
        Hash::Sha384 => "sha384",
        Hash::Sha512 => "sha512",
    };
    format!(
        "openssl dgst -{hash} \\\n        -verify {SIGNING_KEY} -signature \
         {signature}{padding}"
    )
}

/// RSAES-OAEP with one hash for both, empty label.
pub fn oaep_command(hash: &str, from: &str, to: &str) -> String {
    format!(
        "openssl pkeyutl -decrypt -inkey ../leaf.key -in {from} -out {to} \\\n        \
         -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} -pkeyopt rsa_mgf1_md:{hash}"
    )
}

/// The other way: encrypts a file under the key of a certificate.
pub fn oaep_encrypt_command(hash: OaepHash, certificate: &str, from: &str, to: &str) -> String {
    let hash = oaep_hash(hash);
    format!(
        "openssl pkeyutl -encrypt -certin -inkey {certificate} -in {from} \\\n        -out {to} \\\n        \
         -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{hash} -pkeyopt rsa_mgf1_md:{hash}"
    )
}

/// The name by which `openssl` knows the hash.
pub fn oaep_hash(hash: OaepHash) -> &'static str {
    match hash {
        OaepHash::SHA_256 => "sha256",
        OaepHash::SHA_512 => "sha512",
    }
}

/// The SHA-256 of a certificate in PEM, as it is told everywhere: over its DER.
pub fn fingerprint_command(certificate: &str) -> String {
    format!("openssl x509 -in {certificate} -outform DER | openssl dgst -sha256 -r | cut -c -64")
}
