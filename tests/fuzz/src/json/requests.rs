//! Requests that reach deep into every operation, but for what takes RSA keys.

use super::service::Service;

/// A service in which the request finds what it is about.
pub(super) fn prepared(operation: &str, body: &[u8]) -> Service {
    let service = Service::about(body);
    let first = match operation {
        "DeleteResourcePolicy" | "GetResourcePolicy" => "PutResourcePolicy",
        "DisableDefaultKeyReplicationRegions" => "EnableDefaultKeyReplicationRegions",
        "DisassociateMpaTeam" | "GetMpaTeamAssociation" => "AssociateMpaTeam",
        "RemoveKeyReplicationRegions" => "AddKeyReplicationRegions",
        _ => return service,
    };
    let request = REQUESTS.iter().find(|(name, _)| *name == first);
    let (name, body) = request.unwrap();
    let (status, answer) = service.answer(name, &service.fill_in(body.as_bytes()));
    assert_eq!(status, 200, "{name}: {answer}");
    service
}

/// Operation and body. The words with a dollar sign are filled in by the service.
pub(super) const REQUESTS: &[(&str, &str)] = &[
    (
        "AddKeyReplicationRegions",
        r#"{"KeyIdentifier":"alias/kek","ReplicationRegions":["us-west-2"]}"#,
    ),
    (
        "AssociateMpaTeam",
        r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE","MpaTeamArn":"arn:aws:mpa:us-east-1:000000000000:approval-team/team","RequesterComment":"x"}"#,
    ),
    (
        "CreateAlias",
        r#"{"AliasName":"alias/new","KeyArn":"$KEY-ARN"}"#,
    ),
    (
        "CreateKey",
        r#"{"KeyAttributes":{"KeyUsage":"TR31_P0_PIN_ENCRYPTION_KEY","KeyClass":"SYMMETRIC_KEY","KeyAlgorithm":"TDES_3KEY","KeyModesOfUse":{"NoRestrictions":true}},"Exportable":true,"Enabled":false,"KeyCheckValueAlgorithm":"CMAC","Tags":[{"Key":"a","Value":"b"}],"ReplicationRegions":[]}"#,
    ),
    ("DeleteAlias", r#"{"AliasName":"alias/bare"}"#),
    (
        "DeleteKey",
        r#"{"KeyIdentifier":"alias/tdes","DeleteKeyInDays":3}"#,
    ),
    ("DeleteResourcePolicy", r#"{"ResourceArn":"$KEY-ARN"}"#),
    (
        "DisableDefaultKeyReplicationRegions",
        r#"{"ReplicationRegions":["us-west-2"]}"#,
    ),
    (
        "DisassociateMpaTeam",
        r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"}"#,
    ),
    (
        "EnableDefaultKeyReplicationRegions",
        r#"{"ReplicationRegions":["us-west-2"]}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/bdk","KeyMaterial":{"Tr31KeyBlock":{"WrappingKeyIdentifier":"alias/kek","KeyBlockHeaders":{"KeyModesOfUse":{"DeriveKey":true},"KeyExportability":"SENSITIVE","KeyVersion":"01","OptionalBlocks":{"KS":"0123"}}}},"ExportAttributes":{"ExportDukptInitialKey":{"KeySerialNumber":"123456789012345600000001"}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"$KEY-ARN","KeyMaterial":{"DiffieHellmanTr31KeyBlock":{"PrivateKeyIdentifier":"alias/pair","CertificateAuthorityPublicKeyIdentifier":"alias/ca","PublicKeyCertificate":"$CERTIFICATE","DeriveKeyAlgorithm":"AES_256","KeyDerivationFunction":"NIST_SP800","KeyDerivationHashAlgorithm":"SHA_512","DerivationData":{"SharedInformation":"0123"}}}}"#,
    ),
    (
        "ExportKey",
        r#"{"ExportKeyIdentifier":"alias/tdes","KeyMaterial":{"As2805KeyCryptogram":{"WrappingKeyIdentifier":"alias/tdes","As2805KeyVariant":"TERMINAL_MAJOR_KEY_VARIANT_00"}}}"#,
    ),
    ("GetAlias", r#"{"AliasName":"alias/kek"}"#),
    (
        "GetCertificateSigningRequest",
        r#"{"KeyIdentifier":"alias/pair","SigningAlgorithm":"SHA384","CertificateSubject":{"CommonName":"a","Country":"BR","EmailAddress":"a@example.com"}}"#,
    ),
    ("GetDefaultKeyReplicationRegions", "{}"),
    ("GetKey", r#"{"KeyIdentifier":"alias/kek"}"#),
    (
        "GetMpaTeamAssociation",
        r#"{"Action":"IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"}"#,
    ),
    (
        "GetPublicKeyCertificate",
        r#"{"KeyIdentifier":"alias/pair"}"#,
    ),
    ("GetResourcePolicy", r#"{"ResourceArn":"$KEY-ARN"}"#),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"Tr31KeyBlock":{"WrappingKeyIdentifier":"alias/kek","WrappedKeyBlock":"$KEY-BLOCK"}},"Enabled":true,"Tags":[],"RequesterComment":"x"}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"TrustedCertificatePublicKey":{"KeyAttributes":{"KeyUsage":"TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE","KeyClass":"PUBLIC_KEY","KeyAlgorithm":"ECC_NIST_P256","KeyModesOfUse":{"Verify":true}},"PublicKeyCertificate":"$CERTIFICATE","CertificateAuthorityPublicKeyIdentifier":"alias/ca"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"As2805KeyCryptogram":{"As2805KeyVariant":"PIN_ENCRYPTION_KEY_VARIANT_28","KeyModesOfUse":{"NoRestrictions":true},"KeyAlgorithm":"TDES_2KEY","Exportable":false,"WrappingKeyIdentifier":"alias/tdes","WrappedKeyCryptogram":"00112233445566778899AABBCCDDEEFF"}}}"#,
    ),
    (
        "ImportKey",
        r#"{"KeyMaterial":{"DiffieHellmanTr31KeyBlock":{"PrivateKeyIdentifier":"alias/pair","CertificateAuthorityPublicKeyIdentifier":"alias/ca","PublicKeyCertificate":"$CERTIFICATE","DeriveKeyAlgorithm":"AES_128","KeyDerivationFunction":"ANSI_X963","KeyDerivationHashAlgorithm":"SHA_256","DerivationData":{"SharedInformation":"0123"},"WrappedKeyBlock":"$AGREED-BLOCK"}}}"#,
    ),
    ("ListAliases", r#"{"KeyArn":"$KEY-ARN","MaxResults":1}"#),
    (
        "ListKeys",
        r#"{"KeyState":"CREATE_COMPLETE","MaxResults":100,"NextToken":"$NEXT-TOKEN"}"#,
    ),
    (
        "ListTagsForResource",
        r#"{"ResourceArn":"$KEY-ARN","MaxResults":1}"#,
    ),
    (
        "PutResourcePolicy",
        r#"{"ResourceArn":"$KEY-ARN","Policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"},\"Action\":\"payment-cryptography:ExportKey\",\"Resource\":\"*\"}]}"}"#,
    ),
    (
        "RemoveKeyReplicationRegions",
        r#"{"KeyIdentifier":"alias/kek","ReplicationRegions":["us-west-2"]}"#,
    ),
    ("RestoreKey", r#"{"KeyIdentifier":"$DELETED-ARN"}"#),
    ("StartKeyUsage", r#"{"KeyIdentifier":"alias/kek"}"#),
    ("StopKeyUsage", r#"{"KeyIdentifier":"alias/tdes"}"#),
    (
        "TagResource",
        r#"{"ResourceArn":"$KEY-ARN","Tags":[{"Key":"a","Value":"b"}]}"#,
    ),
    (
        "UntagResource",
        r#"{"ResourceArn":"$KEY-ARN","TagKeys":["a"]}"#,
    ),
    (
        "UpdateAlias",
        r#"{"AliasName":"alias/bare","KeyArn":"$KEY-ARN"}"#,
    ),
];
