//! What is kept of a proven certificate: the chain, and a manifest that says for which key it is.

use ceremony::enrolment::{CHAIN, CertificateRequest, Enrolment, chain_pem};
use ceremony::evidence::document;
use ceremony::execution::{File, FileDigest, JSON, PEM};
use ceremony::path::{CertificateFacts, CertificatePath};
use ceremony::publication::Publication;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    schema_version: u32,
    #[serde(flatten)]
    ceremony: &'a Enrolment,
    request: &'a CertificateRequest,
    certificates: Vec<CertificateFacts>,
    files: Vec<FileDigest>,
}

/// Nothing of it goes out: partners get our certificates with the packages that they verify.
pub(crate) fn publication(
    ceremony: &Enrolment,
    path: &CertificatePath,
    request: &CertificateRequest,
) -> serde_json::Result<Publication> {
    let chain = File::new(CHAIN, PEM, chain_pem(path));
    let manifest = Manifest {
        schema_version: 1,
        ceremony,
        request,
        certificates: path.facts(),
        files: vec![chain.digest()],
    };
    Ok(Publication {
        files: Vec::new(),
        manifest: File::new("manifest.json", JSON, document(&manifest)?),
        objects: Vec::new(),
        documents: vec![chain],
        trusted_roots: vec![path.root.clone()],
    })
}
