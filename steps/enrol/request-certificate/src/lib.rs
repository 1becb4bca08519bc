//! `request-certificate`: asks for a certificate for one of our signing keys.
//!
//! People call it, by `ceremony enrol request`. For `tr34` it finds the key in Payment Cryptography or
//! makes it, and has the service sign the request; for `package-signing` the key is the deployment's, in
//! KMS. Renewal asks again for the installed key; roll-over (`newKey`) asks for one that takes its place
//! once its certificate is installed, until when the installed one goes on signing.
//!
//! Leaves behind, for each key and name, one record that it was asked for
//! (`enrolment-requests/<key name>/…` in the evidence bucket) and then one request
//! (`enrolment/<key name>/….csr.pem` in the outbox). The same order twice makes no second of anything.

mod error;
mod kms_key;
mod payment_key;

use aws_sdk_paymentcryptography::Client;
use ceremony::enrolment::{CertificateRequest, Installed, RequestOrder, Requested};
use ceremony::execution::Location;
use ceremony::keys::Origin;
use ceremony::utc::Utc;
use csr::{SignedRequest, Subject};
use storage::{Slot, installed, put_request, requests_of, write_once};

pub use error::Error;

pub type Input = RequestOrder;
pub type Output = Requested;

/// What the step works with, made once at cold start.
pub struct Context {
    pub kms: aws_sdk_kms::Client,
    pub payment_cryptography: Client,
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub outbox_bucket: String,
    pub evidence_bucket: String,
    /// The keys in KMS, the newest last; the first signs as long as nothing is installed.
    pub signing_key_arns: Vec<String>,
}

/// A request, and the key that it is for.
struct Made {
    request: SignedRequest,
    key_arn: String,
    alias: Option<String>,
    origin: Origin,
}

pub async fn handle(context: &Context, order: Input) -> Result<Output, Error> {
    // Boxed: the futures of these calls are large, and their types deep.
    let installed = Box::pin(installed(&context.ssm, order.key)).await?;
    // Before a key is made for a name that cannot be asked for.
    let subject = Box::pin(subject(context, &order, installed.as_ref())).await?;
    let made = if order.key.is_payment_key() {
        Box::pin(payment_key::request(
            context,
            &order,
            installed.as_ref(),
            &subject,
        ))
        .await?
    } else {
        Box::pin(kms_key::request(
            context,
            &order,
            installed.as_ref(),
            &subject,
        ))
        .await?
    };
    let (key_arn, alias) = (made.key_arn.as_str(), made.alias.as_deref());
    let record = made.request.record(order.key, key_arn, alias, Utc::now());
    let (s3, evidence) = (&context.s3, &context.evidence_bucket);
    let request = Box::pin(put_request(s3, evidence, record, subject_der(&made))).await?;
    // Nobody has a request in hand of which the evidence does not know.
    let (csr, location) = Box::pin(publish(context, &request, &made)).await?;
    Ok(Requested {
        request,
        origin: made.origin,
        csr,
        location,
    })
}

/// The name that is ordered, or that of the request before: of the installed key's last one, for a
/// renewal.
async fn subject(
    context: &Context,
    order: &Input,
    installed: Option<&Installed>,
) -> Result<Subject, Error> {
    if let Some(subject) = &order.subject {
        return Ok(Subject::named(subject)?);
    }
    let requests = requests_of(&context.s3, &context.evidence_bucket, order.key).await?;
    let renewed = installed.filter(|_| !order.new_key);
    let of_the_key = |request: &&CertificateRequest| {
        renewed.is_none_or(|installed| request.key_arn == installed.key_arn)
    };
    let before = requests.iter().rfind(of_the_key);
    let before = before.ok_or(Error::SubjectMissing(order.key))?;
    Ok(Subject::named(&before.subject)?)
}

/// Puts the request into the outbox, unless one for this key and name lies there: a CA may have it in
/// hand.
async fn publish(
    context: &Context,
    request: &CertificateRequest,
    made: &Made,
) -> Result<(String, Location), Error> {
    let (key, digest) = (request.key, &request.public_key_sha256);
    let slot = Slot {
        bucket: &context.outbox_bucket,
        first: key.csr_key(digest),
        renamed: key.renamed_csr_key(digest, subject_der(made)),
    };
    let found = slot
        .find(&context.s3, |bytes| {
            let there = SignedRequest::parse(bytes).ok()?;
            there.asks_the_same_as(&made.request).then_some(there)
        })
        .await?;
    let (there, location) = found;
    if let Some(there) = there {
        return Ok((there.to_pem(), location));
    }
    let csr = made.request.to_pem();
    write_once(&context.s3, &location, PEM, csr.as_bytes()).await?;
    Ok((csr, location))
}

const PEM: &str = "application/x-pem-file";

fn subject_der(made: &Made) -> &[u8] {
    made.request.subject().der()
}
