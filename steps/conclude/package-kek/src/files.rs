//! What travels, in files: by method.

use ceremony::certificate::Certificate;
use ceremony::enrolment::Chain;
use ceremony::exchange::{OurCertificate, Wrapped};
use ceremony::execution::{BINARY, File, PEM, TEXT};
use ceremony::profile::Exchange;

use crate::{Error, Input};

/// The wrapped KEK, and what it takes to open it.
pub(crate) fn of(input: &Input) -> Result<Vec<File>, Error> {
    match &input.wrapped {
        Wrapped::RsaOaep { cryptogram, .. } => rsa_oaep(input, cryptogram),
        Wrapped::Tr34 {
            key_block, ours, ..
        } => tr34(key_block, ours),
        Wrapped::Ecdh {
            key_block,
            shared_information,
            ours,
            ..
        } => ecdh(key_block, shared_information, ours),
    }
}

fn rsa_oaep(input: &Input, cryptogram: &str) -> Result<Vec<File>, Error> {
    let (Exchange::RsaOaep { signed_prefix, .. }, Some(signature)) =
        (&input.policy.exchange, &input.signature)
    else {
        return Err(Error::SignatureMissing);
    };
    let cryptogram = decode("cryptogram", cryptogram)?;
    let signature = decode("signature", &signature.signature)?;
    let prefix = signed_prefix.bytes().to_vec();
    let files = [
        in_both_forms("signed-prefix", "bin", prefix),
        in_both_forms("wrapped-kek", "bin", cryptogram),
        in_both_forms("signature", "bin", signature),
    ];
    Ok(files.into_iter().flatten().collect())
}

fn tr34(key_block: &str, ours: &OurCertificate) -> Result<Vec<File>, Error> {
    let block = in_both_forms("key-block", "der", decode("key block", key_block)?);
    Ok(block
        .into_iter()
        .chain(certificates("kdh", ours)?)
        .collect())
}

fn ecdh(
    key_block: &str,
    shared_information: &str,
    ours: &OurCertificate,
) -> Result<Vec<File>, Error> {
    let shared_information = format!("{shared_information}\n");
    let mut files = vec![
        // The block and nothing else: of these bytes the record has the digest.
        File::new("key-block.txt", TEXT, key_block),
        File::new("shared-information.hex", TEXT, shared_information),
    ];
    files.extend(certificates("agreement", ours)?);
    Ok(files)
}

/// Our certificate, and from its issuer upwards.
fn certificates(stem: &str, ours: &OurCertificate) -> Result<[File; 2], Error> {
    let certificate = ours.certificate.to_pem();
    let chain: String = ours.chain.iter().map(Certificate::to_pem).collect();
    let (bytes, most) = (certificate.len() + chain.len(), Chain::MAX_PEM_BYTES);
    if bytes > most {
        return Err(Error::CertificatesTooLong { bytes, most });
    }
    Ok([
        File::new(&format!("{stem}-certificate.pem"), PEM, certificate),
        File::new(&format!("{stem}-chain.pem"), PEM, chain),
    ])
}

fn decode(what: &'static str, hex: &str) -> Result<Vec<u8>, Error> {
    hex::decode(hex).map_err(|_| Error::NotHex(what))
}

/// As hex for people, as bytes for programs.
fn in_both_forms(stem: &str, extension: &str, bytes: Vec<u8>) -> [File; 2] {
    let text = format!("{}\n", hex::encode_upper(&bytes));
    [
        File::new(&format!("{stem}.hex"), TEXT, text),
        File::new(&format!("{stem}.{extension}"), BINARY, bytes),
    ]
}
