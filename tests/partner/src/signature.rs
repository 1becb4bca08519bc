//! The signature over header and cryptogram, by the algorithm that the manifest names.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// Verifies `signature` over `message` with the key in a DER SubjectPublicKeyInfo. None when the
/// algorithm is unknown.
pub fn verify(
    algorithm: &str,
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Option<bool> {
    let algorithm: &'static dyn VerificationAlgorithm = match algorithm {
        "ECDSA_SHA_256" => &ECDSA_P256_SHA256_ASN1,
        "ECDSA_SHA_384" => &ECDSA_P384_SHA384_ASN1,
        "ECDSA_SHA_512" => &ECDSA_P521_SHA512_ASN1,
        "RSASSA_PKCS1_V1_5_SHA_256" => &RSA_PKCS1_2048_8192_SHA256,
        "RSASSA_PKCS1_V1_5_SHA_384" => &RSA_PKCS1_2048_8192_SHA384,
        "RSASSA_PKCS1_V1_5_SHA_512" => &RSA_PKCS1_2048_8192_SHA512,
        "RSASSA_PSS_SHA_256" => &RSA_PSS_2048_8192_SHA256,
        "RSASSA_PSS_SHA_384" => &RSA_PSS_2048_8192_SHA384,
        "RSASSA_PSS_SHA_512" => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    };
    Some(
        UnparsedPublicKey::new(algorithm, public_key)
            .verify(message, signature)
            .is_ok(),
    )
}
