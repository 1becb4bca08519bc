//! Target `json`: requests to the emulator of Payment Cryptography.

mod requests;
mod root;
mod rsa;
mod service;

use std::sync::LazyLock;

use serde_json::{Value, json};

use requests::REQUESTS;
use root::{P256_ROOT, RSA_ROOT, Root};
use service::Service;

/// The first byte chooses what the others are, modulo the number of all choices.
///
/// | choice | the rest |
/// | --- | --- |
/// | a request of `requests::REQUESTS` | its body; words with a dollar sign are filled in |
/// | a request of `rsa::REQUESTS` | the same |
/// | a root on P-256 | the number of a part of its certificate, and the part |
/// | a root with RSA | the same |
///
/// Holds if the answer is an object, with a status that does not blame the service, and names an
/// exception and a reason if it is not the output; the same for what is done with a root that was
/// accepted. No input depends on another: the service is a new one, or keeps nothing that matters.
pub fn json(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    match Choice::of(*choice) {
        Choice::Request(operation, _) => {
            answer(&requests::prepared(operation, data), operation, data);
        }
        Choice::RsaRequest(operation, _) => {
            rsa::with_service(|service| answer(service, operation, data));
        }
        Choice::Root(root) => {
            check_root(root, data);
        }
    }
}

/// Every request, and every part of every root.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for number in 0..CHOICES as u8 {
        let mut seed = |rest: &[u8]| seeds.push([&[number], rest].concat());
        match Choice::of(number) {
            Choice::Request(_, body) | Choice::RsaRequest(_, body) => seed(body.as_bytes()),
            Choice::Root(root) => root_seeds(root).iter().for_each(|rest| seed(rest)),
        }
    }
    seeds
}

enum Choice {
    Request(&'static str, &'static str),
    RsaRequest(&'static str, &'static str),
    Root(&'static LazyLock<Root>),
}

const CHOICES: usize = REQUESTS.len() + rsa::REQUESTS.len() + 2;

impl Choice {
    fn of(number: u8) -> Self {
        let number = usize::from(number) % CHOICES;
        let requests = REQUESTS
            .iter()
            .map(|(name, body)| Self::Request(name, body));
        let rsa = rsa::REQUESTS.iter();
        let rsa = rsa.map(|(name, body)| Self::RsaRequest(name, body));
        let roots = [&P256_ROOT, &RSA_ROOT].map(Self::Root);
        requests.chain(rsa).chain(roots).nth(number).unwrap()
    }
}

/// The output, if that is what the service answers.
fn answer(service: &Service, operation: &str, body: &[u8]) -> Option<Value> {
    let (status, answer) = service.answer(operation, &service.fill_in(body));
    let object = answer.as_object().unwrap();
    match status {
        200 => {
            assert!(!object.contains_key("__type"), "{operation}");
            Some(answer)
        }
        400 => {
            for member in ["__type", "Message"] {
                let text = object[member].as_str().unwrap();
                assert!(!text.is_empty(), "{operation}: no {member}");
            }
            None
        }
        other => panic!("{operation}: status {other}: {answer}"),
    }
}

/// Imports the root with a part replaced, and uses it for all that it is good for; whether all of
/// it succeeds.
fn check_root(root: &Root, data: &[u8]) -> bool {
    let Some((number, part)) = data.split_first() else {
        return false;
    };
    let mut parts = root.parts();
    let number = usize::from(*number) % parts.len();
    parts[number] = part.to_vec();
    let certificate = root.signed(&parts);
    match root {
        Root::P256(_) => use_root(&Service::about(b"alias/pair"), root, &certificate),
        Root::Rsa(_) => rsa::with_service(|service| use_root(service, root, &certificate)),
    }
}

fn use_root(service: &Service, root: &Root, certificate: &str) -> bool {
    let request = |operation, body: Value| answer(service, operation, body.to_string().as_bytes());

    let import = json!({ "KeyMaterial": root.as_root(certificate) });
    let Some(imported) = request("ImportKey", import) else {
        return false;
    };
    let arn = &imported["Key"]["KeyArn"];
    let mut requests = vec![("GetPublicKeyCertificate", json!({ "KeyIdentifier": arn }))];
    for material in materials_under(root, arn, certificate) {
        let export = json!({ "ExportKeyIdentifier": "alias/tdes", "KeyMaterial": material });
        requests.push(("ExportKey", export));
    }
    // Every one of them, whatever becomes of the others.
    requests
        .into_iter()
        .fold(true, |succeeded, (operation, body)| {
            request(operation, body).is_some() && succeeded
        })
}

/// Exports under a root that also certifies itself as the partner.
fn materials_under(root: &Root, arn: &Value, certificate: &str) -> Vec<Value> {
    match root {
        Root::P256(_) => vec![json!({ "DiffieHellmanTr31KeyBlock": {
            "CertificateAuthorityPublicKeyIdentifier": arn,
            "PrivateKeyIdentifier": "alias/pair",
            "PublicKeyCertificate": certificate,
            "DeriveKeyAlgorithm": "AES_128",
            "KeyDerivationFunction": "NIST_SP800",
            "KeyDerivationHashAlgorithm": "SHA_256",
            "DerivationData": { "SharedInformation": "0123" },
        } })],
        Root::Rsa(_) => vec![
            json!({ "KeyCryptogram": {
                "CertificateAuthorityPublicKeyIdentifier": arn,
                "WrappingKeyCertificate": certificate,
            } }),
            json!({ "Tr34KeyBlock": {
                "CertificateAuthorityPublicKeyIdentifier": arn,
                "WrappingKeyCertificate": certificate,
                "ExportToken": "$SEND-TOKEN",
                "KeyBlockFormat": "X9_TR34_2012",
            } }),
        ],
    }
}

fn root_seeds(root: &Root) -> Vec<Vec<u8>> {
    // A general parser reads it, a strict one does not.
    let not_der = [&[KEY_PART], &root.key_that_is_not_der()[..]].concat();
    let parts = (0..).zip(root.parts());
    let parts = parts.map(|(number, part): (u8, _)| [&[number], &part[..]].concat());
    parts.chain([not_der]).collect()
}

/// The number of the part with the public key.
const KEY_PART: u8 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_succeeds_as_long_as_it_is_not_changed() {
        for number in 0..CHOICES as u8 {
            let (operation, output) = match Choice::of(number) {
                Choice::Request(operation, body) => {
                    let body = body.as_bytes();
                    let service = requests::prepared(operation, body);
                    (operation, answer(&service, operation, body))
                }
                Choice::RsaRequest(operation, body) => {
                    let serve = |service: &Service| answer(service, operation, body.as_bytes());
                    (operation, rsa::with_service(serve))
                }
                Choice::Root(_) => continue,
            };
            assert!(output.is_some(), "{number}: {operation}");
        }
    }

    #[test]
    fn a_root_is_accepted_and_serves_unless_it_is_not_der() {
        for root in [&*P256_ROOT, &*RSA_ROOT] {
            let seeds = root_seeds(root);
            let (not_der, parts) = seeds.split_last().unwrap();
            assert!(
                parts.iter().all(|part| check_root(root, part)),
                "{}",
                root.algorithm()
            );
            assert!(!check_root(root, not_der), "{}", root.algorithm());
        }
    }
}
