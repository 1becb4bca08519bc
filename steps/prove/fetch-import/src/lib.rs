//! `FetchImport`: the execution's objects become a request for a KEK of the partner's, and a policy.
//!
//! Reads exactly the object versions that the input names, holds them to their digests, loads the folder's
//! profile and what is installed of our own certificate, and looks once more whether the profile allows what
//! is asked. Where the method needs a certificate of the partner's, those beside the document become a path,
//! which is in order and not proven. Leaves nothing behind.

mod error;

use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::identifiers::{Folder, ca_alias};
use ceremony::key_import::request::{ImportMethod, ImportRequest};
use ceremony::key_import::rules::ImportPolicy;
use ceremony::key_import::run::SenderPolicy;
use ceremony::path::{CertificateFacts, CertificatePath, newest_signer};
use ceremony::text::shown;
use ceremony::utc::Utc;
use ceremony::working_keys::order::EstablishedKek;
use ceremony::working_keys::place::{OrderPlace, OrderRole};
use serde::{Deserialize, Serialize};
use storage::{LoadedProfile, installed_until, load_profile, newest_path_for, read_dropped};

pub use error::Error;

/// The document is its first object; others are certificates beside it.
pub type Input = Start;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    /// Where the document lies.
    pub place: OrderPlace,
    /// The document.
    pub object: DroppedObject,
    pub request: ImportRequest,
    pub policy: ImportPolicy,
    /// Of the partner's certificate; null where the method needs none.
    pub path: Option<CertificatePath>,
    /// What that certificate is held to; null where there is none.
    pub sender: Option<SenderPolicy>,
    /// The aliases in Payment Cryptography under which this ceremony may make keys: where to look
    /// if a step is killed.
    pub aliases: Vec<String>,
    /// The key that signs packages, if a certificate is installed for it.
    pub package_signer: Option<Installed>,
}

/// Facts instead of certificates; what the sender is held to is part of the policy.
impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a> {
            place: &'a OrderPlace,
            object: &'a DroppedObject,
            request: &'a ImportRequest,
            policy: &'a ImportPolicy,
            certificates: Option<Vec<CertificateFacts>>,
            aliases: &'a [String],
            package_signer: Option<&'a Installed>,
        }
        View {
            place: &self.place,
            object: &self.object,
            request: &self.request,
            policy: &self.policy,
            certificates: self.path.as_ref().map(CertificatePath::facts),
            aliases: &self.aliases,
            package_signer: self.package_signer.as_ref(),
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub inbox_bucket: String,
    /// Where roots lie that have been proven before.
    pub evidence_bucket: String,
    /// Of the key that signs packages: `RSA_2048`, say.
    pub signing_key_spec: String,
}

/// What a ceremony waits for besides blocks, for as long in all at most: people who approve a CA, and
/// services that tell of revocation.
const OTHER_WAITS_HOURS: u32 = 7 * 24;

pub async fn handle(context: &Context, input: Input, now: Utc) -> Result<Output, Error> {
    let (place, object, beside) = request_of(&input)?;
    let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
    let request = ImportRequest::parse(&String::from_utf8_lossy(&bytes))?;
    if request.method == ImportMethod::Physical {
        return Err(Error::MethodNotOffered(request.method));
    }
    let loaded = load_profile(&context.ssm, &place.folder).await?;
    let profile = loaded.profile.clone();
    let policy = profile.import_policy(loaded.version, place.asked_by)?;
    if let Some(reason) = policy.why_not(&request) {
        return Err(Error::RequestNotAllowed { reason });
    }
    let (algorithm, key_spec) = (policy.signature.algorithm, &context.signing_key_spec);
    // `SignPackage` would find it too, when a key of ours has been made.
    if !algorithm.fits(key_spec) {
        let key_spec = key_spec.clone();
        return Err(Error::SignatureAlgorithmUnfit {
            algorithm,
            key_spec,
        });
    }
    let until = last_signature(&policy, now);
    let package_signer = installed_until(&context.ssm, OwnKey::PackageSigning, now, until).await?;
    let path = path_of(context, &request, &loaded, beside, now).await?;
    Ok(Output {
        aliases: aliases(&place.folder, &request, path.as_ref()),
        sender: path.as_ref().map(|_| SenderPolicy::new(&policy, &request)),
        place,
        object: object.clone(),
        request,
        policy,
        path,
        package_signer,
    })
}

/// When the last package may be signed: the receipt for a block that is dropped at the last moment.
fn last_signature(policy: &ImportPolicy, now: Utc) -> Utc {
    let offers = i64::from(policy.fresh_offers) + 1;
    let hours = i64::from(policy.deadline_hours) * offers + i64::from(OTHER_WAITS_HOURS);
    now.plus_seconds(hours * 60 * 60)
}

/// From the certificates beside the document; none where the method needs none.
async fn path_of(
    context: &Context,
    request: &ImportRequest,
    loaded: &LoadedProfile,
    beside: &[DroppedObject],
    now: Utc,
) -> Result<Option<CertificatePath>, Error> {
    let method = request.method;
    if !method.needs_a_certificate() {
        return match beside.first() {
            None => Ok(None),
            Some(object) => Err(Error::CertificateUnexpected {
                key: object.key.clone(),
                method,
            }),
        };
    }
    let mut certificates = Vec::new();
    for object in beside {
        let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
        let read = certificates_in(&bytes).map_err(|source| Error::FileUnusable {
            key: object.key.clone(),
            source,
        })?;
        certificates.extend(read);
    }
    let certificates: Vec<&Certificate> = certificates.iter().collect();
    // Under a key that signs nothing travels: that certificate is no leaf as others are.
    let signer = match method {
        ImportMethod::Tr34 => Some(newest_signer(&certificates, now)?),
        _ => None,
    };
    let path = newest_path_for(
        &context.s3,
        &context.evidence_bucket,
        &certificates,
        Some(&loaded.profile),
        (method.exchange(), signer.as_ref()),
    )
    .await??;
    Ok(Some(path))
}

/// The KEK's own alias is not among them: it is named after the block that it comes in.
fn aliases(
    folder: &Folder,
    request: &ImportRequest,
    path: Option<&CertificatePath>,
) -> Vec<String> {
    let cas = path.into_iter().flat_map(CertificatePath::cas);
    let mut aliases: Vec<String> = cas.map(|ca| ca_alias(&ca.sha256())).collect();
    let method = request.method.exchange();
    let curve = path.map(|path| path.leaf.key_algorithm());
    if let Some(curve) =
        curve.filter(|it| request.method == ImportMethod::Ecdh && method.works_with(it))
    {
        aliases.push(folder.agreement_alias(curve));
    }
    aliases.push(folder.established_kek_alias(EstablishedKek::Received));
    let alias = request.alias.as_ref();
    aliases.extend(alias.map(|alias| alias.as_str().to_owned()));
    aliases
}

/// Where the document lies, the document, and the certificates beside it: in the folder of this ceremony,
/// whoever wrote the input.
fn request_of(input: &Input) -> Result<(OrderPlace, &DroppedObject, &[DroppedObject]), Error> {
    let malformed = |detail: String| Error::InputMalformed { detail };
    input.check().map_err(malformed)?;
    let [object, beside @ ..] = &input.objects[..] else {
        return Err(malformed("it names no object".to_owned()));
    };
    let place = match OrderPlace::of_inbox_key(&object.key) {
        Some(OrderRole::Order(place)) if place.folder == input.ceremony.folder() => place,
        _ => {
            let key = shown(&object.key);
            return Err(malformed(format!(
                "`{key}` is no request of this folder, and no order"
            )));
        }
    };
    let mut beside_it = beside.iter();
    if let Some(stranger) = beside_it.find(|it| !place.has_certificate_at(&it.key)) {
        let key = shown(&stranger.key);
        return Err(malformed(format!(
            "`{key}` is no certificate beside the document"
        )));
    }
    Ok((place, object, beside))
}
