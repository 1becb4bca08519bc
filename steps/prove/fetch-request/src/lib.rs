//! `FetchRequest`: the execution's object becomes an order and a policy.
//!
//! Reads exactly the object versions that the input names, holds them to their digests, loads the folder's
//! profile and what is installed of our own certificates, and looks once more whether the profile
//! allows what is asked. Where initial keys are to leave by TR-34, the certificates beside the order become
//! a path, which is in order and not proven. Leaves nothing behind.

mod addressee;

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::bundle::UnusableFile;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::fleet::{Addressee, FleetAsked, Inventory, InventoryFile};
use ceremony::identifiers::ca_alias;
use ceremony::path::NoPath;
use ceremony::profile::{CeremonyNotAllowed, MalformedProfile};
use ceremony::text::shown;
use ceremony::utc::Utc;
use ceremony::working_keys::MalformedOrder;
use ceremony::working_keys::order::{Asked, Order, Source};
use ceremony::working_keys::place::{OrderPlace, OrderRole};
use ceremony::working_keys::plan::OrderFacts;
use ceremony::working_keys::rules::WorkingKeyPolicy;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{
    Differs, DroppedError, NotInstalled, ProfileError, StorageError, installed_until, load_profile,
    read_dropped,
};
use strum::{IntoStaticStr, VariantNames};

/// The order is its first object; others are certificates beside it.
pub type Input = Start;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub request: OrderFacts,
    pub order: Order,
    pub policy: WorkingKeyPolicy,
    /// What is asked for a fleet of terminals; absent where keys are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_keys: Option<FleetAsked>,
    /// Whose key they leave under by TR-34; absent where there is a KEK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addressee: Option<Addressee>,
    /// The aliases in Payment Cryptography under which this ceremony may make keys: where to look
    /// if a step is killed.
    pub aliases: Vec<String>,
    /// The key that signs the package, if a certificate is installed for it.
    pub package_signer: Option<Installed>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a, A> {
            request: &'a OrderFacts,
            order: &'a Order,
            policy: &'a WorkingKeyPolicy,
            #[serde(skip_serializing_if = "Option::is_none")]
            initial_keys: Option<&'a FleetAsked>,
            #[serde(skip_serializing_if = "Option::is_none")]
            addressee: Option<A>,
            aliases: &'a [String],
            package_signer: Option<&'a Installed>,
        }
        View {
            request: &self.request,
            order: &self.order,
            policy: &self.policy,
            initial_keys: self.initial_keys.as_ref(),
            addressee: self.addressee.as_ref().map(Addressee::recordable),
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

/// The time-out of the state `EachBatch`.
const LONGEST_FLEET_DAYS: i64 = 7;

pub async fn handle(context: &Context, input: Input, now: Utc) -> Result<Output, Error> {
    let (place, object, beside) = order_of(&input)?;
    let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
    let order = Order::parse(&String::from_utf8_lossy(&bytes))?;
    let loaded = load_profile(&context.ssm, &place.folder).await?;
    let profile = loaded.profile.clone();
    let policy = profile.working_key_policy(loaded.version, place.asked_by)?;
    if let Some(reason) = policy.may_ask.why_not(&order) {
        return Err(Error::OrderNotAllowed { reason });
    }
    let (algorithm, key_spec) = (policy.signature.algorithm, &context.signing_key_spec);
    // `SignPackage` would find it too, when keys have been made.
    if !algorithm.fits(key_spec) {
        let key_spec = key_spec.clone();
        return Err(Error::SignatureAlgorithmUnfit {
            algorithm,
            key_spec,
        });
    }
    let initial_keys = fleet_asked(&place, &order, &policy);
    let until = now.plus_seconds(days_until_signed(initial_keys.as_ref()) * 24 * 60 * 60);
    let package_signer = installed_until(&context.ssm, OwnKey::PackageSigning, now, until).await?;
    let addressee = match &initial_keys {
        Some(asked) => addressee::of(context, asked, &loaded, beside, now, until).await?,
        None => None,
    };
    Ok(Output {
        aliases: aliases(&place, &order, addressee.as_ref()),
        initial_keys,
        addressee,
        request: OrderFacts {
            name: place.name,
            asked_by: place.asked_by,
            object: object.clone(),
        },
        order,
        policy,
        package_signer,
    })
}

/// The certificate must still be valid when the package is signed. Those that an order lists itself are
/// done in minutes.
fn days_until_signed(initial_keys: Option<&FleetAsked>) -> i64 {
    match initial_keys.map(|asked| &asked.inventory) {
        Some(Inventory::File { .. }) => LONGEST_FLEET_DAYS,
        Some(Inventory::Listed(_)) | None => 0,
    }
}

/// The BDK is one that the profile allows, as has been seen.
fn fleet_asked(place: &OrderPlace, order: &Order, policy: &WorkingKeyPolicy) -> Option<FleetAsked> {
    let Asked::InitialKeys(asked) = &order.asked else {
        return None;
    };
    let bdk = policy.may_ask.bdks.get(&asked.bdk)?.clone();
    let inventory = match &asked.inventory {
        Some(InventoryFile { file, sha256 }) => Inventory::File {
            key: place.attachment_key(file),
            sha256: sha256.clone(),
        },
        None => Inventory::Listed(asked.terminals.clone()),
    };
    Some(FleetAsked { bdk, inventory })
}

fn aliases(place: &OrderPlace, order: &Order, addressee: Option<&Addressee>) -> Vec<String> {
    let cas = addressee.into_iter().flat_map(|it| it.path.cas());
    let cas = cas.map(|ca| ca_alias(&ca.sha256()));
    let new = order
        .keys()
        .iter()
        .filter(|key| matches!(key.source, Source::New { .. }));
    let new = new.map(|key| place.folder.working_key_alias(&key.name));
    cas.chain(new).collect()
}

/// The order, where it lies, and the certificates beside it: in the folder of this ceremony, whoever wrote
/// the input.
fn order_of(input: &Input) -> Result<(OrderPlace, &DroppedObject, &[DroppedObject]), Error> {
    input
        .check()
        .map_err(|detail| Error::InputMalformed { detail })?;
    let malformed = |detail: String| Error::InputMalformed { detail };
    let [object, beside @ ..] = &input.objects[..] else {
        return Err(malformed("it names no object".to_owned()));
    };
    let place = match OrderPlace::of_inbox_key(&object.key) {
        Some(OrderRole::Order(place)) if place.folder == input.ceremony.folder() => place,
        _ => {
            let key = shown(&object.key);
            return Err(malformed(format!("`{key}` is no order of this folder")));
        }
    };
    let mut beside_it = beside.iter();
    if let Some(stranger) = beside_it.find(|it| !place.has_certificate_at(&it.key)) {
        let key = shown(&stranger.key);
        return Err(malformed(format!(
            "`{key}` is no certificate beside the order"
        )));
    }
    Ok((place, object, beside))
}

/// Why there is no order, or no policy.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    CeremonyNotAllowed(#[from] CeremonyNotAllowed),
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("`{}` cannot be used: {source}", shown(key))]
    FileUnusable { key: String, source: UnusableFile },
    #[error("the execution's input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error("the order, or a certificate beside it, cannot be read: {0}")]
    ObjectUnreadable(String),
    #[error("the order cannot be used: {0}")]
    OrderMalformed(#[from] MalformedOrder),
    #[error("the profile does not allow what is asked for: {reason}")]
    OrderNotAllowed { reason: String },
    #[error("SSM parameter `{0}` does not exist: the partner is unknown")]
    PartnerUnknown(String),
    #[error("the objects make no certificate path: {0}")]
    PathMissing(#[from] NoPath),
    #[error("the profile in SSM parameter `{name}` is malformed: {source}")]
    ProfileMalformed {
        name: String,
        source: MalformedProfile,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the profile asks for a signature by {algorithm}, but our signing key is {key_spec}")]
    SignatureAlgorithmUnfit {
        algorithm: SignatureAlgorithm,
        key_spec: String,
    },
    #[error(
        "the certificate that is installed for our key `{key}` is valid until {not_after}, and must be when \
         the package is signed, up to {LONGEST_FLEET_DAYS} days from now for a fleet"
    )]
    SigningCertificateExpired { key: OwnKey, not_after: Utc },
    #[error(
        "the certificate that is installed for our key `{key}` is not valid before {not_before}"
    )]
    SigningCertificateNotYetValid { key: OwnKey, not_before: Utc },
    #[error(
        "the profile says that a key of ours signs, and no certificate is installed for our key `{0}`"
    )]
    SigningCertificateMissing(OwnKey),
    #[error("{0}")]
    SigningCertificateUnreadable(String),
}

impl From<DroppedError> for Error {
    fn from(error: DroppedError) -> Self {
        match error {
            DroppedError::Object(error) => error.told_as(Self::ObjectUnreadable),
            DroppedError::Differs(differs) => Self::DigestMismatch(differs),
        }
    }
}

impl From<ProfileError> for Error {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::PartnerUnknown(name) => Self::PartnerUnknown(name),
            ProfileError::ProfileMalformed { name, source } => {
                Self::ProfileMalformed { name, source }
            }
            ProfileError::Service(error) => Self::Service(error),
        }
    }
}

impl From<NotInstalled> for Error {
    fn from(error: NotInstalled) -> Self {
        match error {
            NotInstalled::Expired { key, not_after } => {
                Self::SigningCertificateExpired { key, not_after }
            }
            NotInstalled::NotYetValid { key, not_before } => {
                Self::SigningCertificateNotYetValid { key, not_before }
            }
            NotInstalled::Unreadable(error) => error.told_as(Self::SigningCertificateUnreadable),
        }
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::FileUnusable { .. } | Self::PathMissing(_) => {
                "Put the partner's certificate and its CAs into the folder beside the document that has its \
                 name, and no others."
            }
            Self::InputMalformed { .. } => {
                "Executions are started by dropping files into the inbox, not by hand."
            }
            Self::ObjectUnreadable(_) => {
                "The file must be there: if versions of the inbox are being deleted, find out why."
            }
            Self::OrderMalformed(_) => {
                "The schema is steps/shared/ceremony/order.schema.json: correct the document and drop it \
                 again."
            }
            Self::OrderNotAllowed { .. } => {
                "Order less; or have an operator correct `workingKeyExport` of the profile."
            }
            Self::PartnerUnknown(_) => {
                "Onboard the partner for this folder (README, \"Onboard a partner\"), or use the \
                 right folder."
            }
            Self::CeremonyNotAllowed(_)
            | Self::ProfileMalformed { .. }
            | Self::SignatureAlgorithmUnfit { .. } => {
                "Have an operator correct the profile (its schema: \
                 steps/shared/ceremony/profile.schema.json)."
            }
            Self::SigningCertificateExpired { .. }
            | Self::SigningCertificateMissing(_)
            | Self::SigningCertificateNotYetValid { .. } => {
                "Have a certificate for that key issued and drop it into `enrolment/<key name>/` of the \
                 inbox; or have an operator name another signer in the profile."
            }
            Self::SigningCertificateUnreadable(_) => {
                "Find out who wrote it: only the ceremony certificate-enrolment does. Enrolling the \
                 certificate again replaces it."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
