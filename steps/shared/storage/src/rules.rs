//! What an operator has decided about certificates for a key of ours, and the path that follows.

use aws_sdk_s3::Client as S3;
use aws_sdk_ssm::Client as Ssm;
use ceremony::certificate::Certificate;
use ceremony::digest::Sha256;
use ceremony::enrolment::{EnrolmentRules, OwnKey};
use ceremony::path::{CertificatePath, Choosing, NoPath};
use ceremony::profile::MalformedProfile;
use ceremony::utc::Utc;
use step::ServiceError;

use crate::chosen;
use crate::profiles::parameter;

/// Reads `/key-ceremony/enrolment/<key name>`: the rules, and which version of the parameter they are.
pub async fn load_rules(client: &Ssm, key: OwnKey) -> Result<(EnrolmentRules, i64), RulesError> {
    let name = key.rules_parameter();
    let Some((value, version)) = parameter(client, &name).await? else {
        return Err(RulesError::Unknown(name));
    };
    let rules = EnrolmentRules::parse(&value, key)
        .map_err(|source| RulesError::Malformed { name, source })?;
    Ok((rules, version))
}

/// The path from a certificate of ours that is among those `dropped`, with the roots that the rules or
/// an earlier ceremony supply if the drop alone has none.
pub async fn path_of(
    s3: &S3,
    evidence_bucket: &str,
    leaf: &Sha256,
    dropped: &[&Certificate],
    rules: Option<&EnrolmentRules>,
) -> Result<Result<CertificatePath, NoPath>, ServiceError> {
    let pinned = rules.map_or(&[][..], |rules| &rules.trust_anchors);
    let choosing = Choosing::from_leaf(leaf, dropped, pinned, Utc::now());
    let roots = rules.map(|rules| (&rules.root_certificates[..], &rules.trust_anchors[..]));
    let chosen = chosen(s3, evidence_bucket, choosing, roots).await?;
    Ok(chosen.map(|chosen| chosen.path))
}

/// Why there are no rules.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RulesError {
    #[error("there are no enrolment rules: SSM parameter `{0}` does not exist")]
    Unknown(String),
    #[error("the enrolment rules in SSM parameter `{name}` are malformed: {source}")]
    Malformed {
        name: String,
        source: MalformedProfile,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}
