//! Requests that take RSA keys. Making those takes longer than ten thousand requests, so one service
//! serves many inputs: the operations here leave nothing behind that matters to a later request.

use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::root::RSA_ROOT;
use super::service::{Service, text};

/// Does something with the service that all inputs share.
pub(super) fn with_service<T>(work: impl FnOnce(&Service) -> T) -> T {
    static SERVICE: Mutex<Option<(usize, Service)>> = Mutex::new(None);
    let mut shared = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    // What was imported is never looked at again, and still takes its place.
    if shared.as_ref().is_some_and(|(inputs, _)| *inputs == 20_000) {
        *shared = None;
    }
    let (inputs, service) = shared.get_or_insert_with(|| (0, start()));
    *inputs += 1;
    work(service)
}

/// | alias | key |
/// | --- | --- |
/// | `tdes` | a key that RSA-2048 may protect |
/// | `partner` | the partner's authority, whose certificate serves for everything else too |
/// | `own` | the service's own authority |
/// | `signer`, `receiver` | pairs of one's own for TR-34 |
fn start() -> Service {
    let mut service = Service::empty();
    service.create_kek("TDES_2KEY", "alias/tdes");
    let partner = RSA_ROOT.certificate();
    let root = json!({ "KeyMaterial": RSA_ROOT.as_root(&partner) });
    service.make("ImportKey", &root, "alias/partner");
    service.word("$PARTNER", partner);

    let parameters = |direction: &str, material: &str, algorithm: &str| {
        let mut request = json!({ "KeyMaterialType": material });
        request[algorithm] = json!("RSA_2048");
        service.succeed(&format!("GetParametersFor{direction}"), &request)
    };
    let wrap = parameters("Import", "KEY_CRYPTOGRAM", "WrappingKeyAlgorithm");
    let receive = parameters("Import", "TR34_KEY_BLOCK", "WrappingKeyAlgorithm");
    let send = parameters("Export", "TR34_KEY_BLOCK", "SigningKeyAlgorithm");
    let own = json!({ "KeyMaterial": { "RootCertificatePublicKey": {
        "KeyAttributes": {
            "KeyUsage": "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
            "KeyClass": "PUBLIC_KEY",
            "KeyAlgorithm": "RSA_4096",
            "KeyModesOfUse": { "Verify": true },
        },
        "PublicKeyCertificate": wrap["WrappingKeyCertificateChain"],
    } } });
    service.make("ImportKey", &own, "alias/own");
    let pair = |alias, usage: &str, modes| {
        let attributes = json!({
            "KeyUsage": usage,
            "KeyClass": "ASYMMETRIC_KEY_PAIR",
            "KeyAlgorithm": "RSA_2048",
            "KeyModesOfUse": modes,
        });
        service.create(&attributes, alias);
        let request = json!({ "KeyIdentifier": alias });
        text(&service.succeed("GetPublicKeyCertificate", &request)["KeyCertificate"])
    };
    let signer = pair(
        "alias/signer",
        "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
        json!({ "Sign": true }),
    );
    let receiver = pair(
        "alias/receiver",
        "TR31_K2_TR34_ASYMMETRIC_KEY",
        json!({ "Decrypt": true, "Unwrap": true }),
    );

    let cryptogram = json!({ "KeyCryptogram": {
        "CertificateAuthorityPublicKeyIdentifier": "alias/own",
        "WrappingKeyCertificate": wrap["WrappingKeyCertificate"],
    } });
    let cryptogram = service.export("alias/tdes", &cryptogram);
    // Each message is for the other kind of receiver.
    let message = json!({ "Tr34KeyBlock": {
        "CertificateAuthorityPublicKeyIdentifier": "alias/own",
        "WrappingKeyCertificate": receive["WrappingKeyCertificate"],
        "SigningKeyIdentifier": "alias/signer",
        "SigningKeyCertificate": signer,
        "KeyBlockFormat": "X9_TR34_2012",
        "RandomNonce": "0123456789abcdef",
    } });
    let message_to_token = service.export("alias/tdes", &message);
    let message = json!({ "Tr34KeyBlock": {
        "CertificateAuthorityPublicKeyIdentifier": "alias/own",
        "WrappingKeyCertificate": receiver,
        "ExportToken": send["ExportToken"],
        "KeyBlockFormat": "X9_TR34_2012",
    } });
    let message_to_pair = service.export("alias/tdes", &message);

    for (word, text) in [
        ("$CRYPTOGRAM", cryptogram),
        ("$WRAP-TOKEN", text(&wrap["ImportToken"])),
        ("$RECEIVE-TOKEN", text(&receive["ImportToken"])),
        ("$SEND-TOKEN", text(&send["ExportToken"])),
        ("$SEND-CERTIFICATE", text(&send["SigningKeyCertificate"])),
        ("$SIGNER", signer),
        ("$RECEIVER", receiver),
        ("$TO-TOKEN", message_to_token),
        ("$TO-PAIR", message_to_pair),
    ] {
        service.word(word, text);
    }
    service
}

/// Operation and body, as in `requests`.
pub(super) const REQUESTS: &[(&str, &str)] = &[
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/tdes","KeyMaterial":{"KeyCryptogram":{"CertificateAuthorityPublicKeyIdentifier":"alias/partner","WrappingKeyCertificate":"$PARTNER","WrappingSpec":"RSA_OAEP_SHA_512"}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/tdes","KeyMaterial":{"Tr34KeyBlock":{"CertificateAuthorityPublicKeyIdentifier":"alias/partner","WrappingKeyCertificate":"$PARTNER","ExportToken":"$SEND-TOKEN","KeyBlockFormat":"X9_TR34_2012","RandomNonce":"0123456789abcdef","KeyBlockHeaders":{"KeyModesOfUse":{"Decrypt":true,"Unwrap":true},"KeyExportability":"SENSITIVE","KeyVersion":"01","OptionalBlocks":{"KS":"0123"}}}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/tdes","KeyMaterial":{"Tr34KeyBlock":{"CertificateAuthorityPublicKeyIdentifier":"alias/partner","WrappingKeyCertificate":"$PARTNER","SigningKeyIdentifier":"alias/signer","SigningKeyCertificate":"$SIGNER","KeyBlockFormat":"X9_TR34_2012"}}}"#,
    ),
    (
        "GetCertificateSigningRequest",
        r#"{"KeyIdentifier":"alias/signer","SigningAlgorithm":"SHA512","CertificateSubject":{"CommonName":"a","OrganizationUnit":"b","Organization":"c","City":"d","Country":"BR","StateOrProvince":"e","EmailAddress":"a@example.com"}}"#,
    ),
    (
        "GetParametersForExport",
        r#"{"KeyMaterialType":"TR34_KEY_BLOCK","SigningKeyAlgorithm":"RSA_2048","ReuseLastGeneratedToken":true}"#,
    ),
    (
        "GetParametersForImport",
        r#"{"KeyMaterialType":"KEY_CRYPTOGRAM","WrappingKeyAlgorithm":"RSA_2048","ReuseLastGeneratedToken":true}"#,
    ),
    (
        "GetPublicKeyCertificate",
        r#"{"KeyIdentifier":"alias/receiver"}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"KeyCryptogram":{"KeyAttributes":{"KeyUsage":"TR31_K0_KEY_ENCRYPTION_KEY","KeyClass":"SYMMETRIC_KEY","KeyAlgorithm":"TDES_2KEY","KeyModesOfUse":{"Encrypt":true,"Decrypt":true,"Wrap":true,"Unwrap":true}},"Exportable":true,"WrappedKeyCryptogram":"$CRYPTOGRAM","ImportToken":"$WRAP-TOKEN","WrappingSpec":"RSA_OAEP_SHA_256"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"Tr34KeyBlock":{"CertificateAuthorityPublicKeyIdentifier":"alias/own","SigningKeyCertificate":"$SIGNER","WrappedKeyBlock":"$TO-TOKEN","KeyBlockFormat":"X9_TR34_2012","ImportToken":"$RECEIVE-TOKEN","RandomNonce":"0123456789abcdef"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"Tr34KeyBlock":{"CertificateAuthorityPublicKeyIdentifier":"alias/own","SigningKeyCertificate":"$SEND-CERTIFICATE","WrappedKeyBlock":"$TO-PAIR","KeyBlockFormat":"X9_TR34_2012","WrappingKeyIdentifier":"alias/receiver","WrappingKeyCertificate":"$RECEIVER"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"TrustedCertificatePublicKey":{"KeyAttributes":{"KeyUsage":"TR31_D1_ASYMMETRIC_KEY_FOR_DATA_ENCRYPTION","KeyClass":"PUBLIC_KEY","KeyAlgorithm":"RSA_2048","KeyModesOfUse":{"Encrypt":true,"Wrap":true}},"PublicKeyCertificate":"$PARTNER","CertificateAuthorityPublicKeyIdentifier":"alias/partner"}}}"#,
    ),
];
