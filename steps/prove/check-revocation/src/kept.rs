//! What is kept of an answer: the answer itself in the evidence folder, and a few lines in the state.

use ceremony::digest::Sha256;
use ceremony::evidence::Deed;
use ceremony::execution::Location;
use ceremony::id::AnyCeremony;
use ceremony::revocation::{Proof, Source, Status};
use ceremony::text::clipped;
use revocation::Response;
use step::Journal;
use storage::write_once;

use crate::{Context, Error};

/// Leaves an answer, in DER as it came, under a name that follows from it.
pub(crate) async fn keep(
    context: &Context,
    ceremony: &AnyCeremony,
    response: &Response,
    sha256: &Sha256,
    journal: &Journal,
) -> Result<(), Error> {
    let location = Location {
        bucket: context.evidence_bucket.clone(),
        key: ceremony.evidence_key(&file(response.source, sha256)),
    };
    // As RFC 6960, appendix C.2, and RFC 2585 have registered them.
    let content_type = match response.source {
        Source::Ocsp => "application/ocsp-response",
        Source::Crl => "application/pkix-crl",
    };
    write_once(&context.s3, &location, content_type, &response.bytes).await?;
    journal.note(Deed::Wrote {
        bucket: location.bucket,
        key: location.key,
        sha256: sha256.clone(),
    });
    Ok(())
}

/// Its name in the ceremony's folder: `revocation/0123456789abcdef.ocsp`.
pub(crate) fn file(source: Source, sha256: &Sha256) -> String {
    let extension = match source {
        Source::Ocsp => "ocsp",
        Source::Crl => "crl",
    };
    format!("revocation/{}.{extension}", sha256.short())
}

/// The answer that a status rests on.
pub(crate) fn proof_of(status: &Status) -> Option<&Proof> {
    match status {
        Status::NotRevoked { proof }
        | Status::Revoked { proof, .. }
        | Status::Unknown { proof } => Some(proof),
        Status::NoService | Status::Unavailable { .. } | Status::Unusable { .. } => None,
    }
}

/// A state holds 256 KiB: whatever a certificate and those it names have to say is cut to what a
/// person reads.
pub(crate) fn bounded(mut status: Status) -> Status {
    match &mut status {
        Status::NotRevoked { proof } | Status::Unknown { proof } => cut_proof(proof),
        Status::Revoked { proof, reason, .. } => {
            cut_proof(proof);
            if let Some(reason) = reason {
                cut(reason, 64);
            }
        }
        Status::Unavailable { reasons } => cut_reasons(reasons, MAX_TEXT),
        Status::Unusable { reasons } => cut_reasons(reasons, MAX_FINAL_REASON),
        Status::NoService => {}
    }
    status
}

/// As many addresses of each kind as are asked, of two kinds.
const MAX_REASONS: usize = 6;

/// Bytes of a reason, of an address and of a name. `Publish` takes the evidence of both looks at six
/// certificates, with the package beside it (tests/contract/tests/limits).
const MAX_TEXT: usize = 200;

/// A refusal ends the ceremony before there is a package, so its reasons have more room.
const MAX_FINAL_REASON: usize = 400;

fn cut_reasons(reasons: &mut Vec<String>, bytes: usize) {
    let more = reasons.len().saturating_sub(MAX_REASONS);
    reasons.truncate(MAX_REASONS);
    reasons.iter_mut().for_each(|reason| cut(reason, bytes));
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
}

fn cut_proof(proof: &mut Proof) {
    cut(&mut proof.url, MAX_TEXT);
    cut(&mut proof.signer, MAX_TEXT);
}

fn cut(text: &mut String, bytes: usize) {
    *text = clipped(std::mem::take(text), bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_and_long_reasons_are_cut_to_some_that_can_be_read() {
        let reasons = vec!["é".repeat(9_000); 300];
        let Status::Unavailable { reasons } = bounded(Status::Unavailable { reasons }) else {
            panic!("another status");
        };
        assert_eq!(reasons.len(), MAX_REASONS + 1);
        assert!(reasons[0].len() <= MAX_TEXT + '…'.len_utf8());
        assert!(reasons[0].ends_with('…'));
        assert_eq!(reasons[MAX_REASONS], "and 294 more");
        let short = Status::Unusable {
            reasons: vec!["short".to_owned()],
        };
        assert_eq!(bounded(short.clone()), short);
    }
}
