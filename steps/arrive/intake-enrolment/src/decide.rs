//! Whether the folder of a key holds a certificate that was asked for, and its way to a root.

use arrivals::{
    Complete, Contents, CreatedObject, Error, File, Found, dropped, read_folder, usable,
    why_unusable,
};
use ceremony::bundle::{MAX_CERTIFICATES_IN_FOLDER, MAX_FILES};
use ceremony::certificate::Certificate;
use ceremony::enrolment::{EnrolmentRules, OwnKey};
use ceremony::id::Kind;
use ceremony::path::{CertificatePath, NoPath};
use ceremony::utc::Utc;
use storage::{RulesError, load_rules, path_of, requests_of};

use crate::Context;
use crate::choose::Requests;

type Decision = arrivals::Decision<OwnKey>;

/// Decides about the folder; `object` is the file whose arrival is the occasion.
///
/// As in a partner's folder, a file that cannot be used is rejected when it arrives and stops nothing
/// that is complete without it; a private key does.
pub(crate) async fn decide(
    context: &Context,
    key: OwnKey,
    object: &CreatedObject,
    now: Utc,
) -> Result<Decision, Error> {
    let arrivals = &context.arrivals;
    let contents = read_folder(arrivals, &key.inbox_prefix()).await?;
    if let Some(found) = arrivals.private_key_of_event(&contents, object).await? {
        return Ok(Decision::PrivateKey(found));
    }
    let (files, unread) = match contents {
        Contents::Read { files, unread } => (files, unread),
        Contents::TooManyFiles => {
            let reason = format!(
                "the folder holds more than {MAX_FILES} files: remove those of earlier years"
            );
            return Ok(Decision::unusable(None, reason));
        }
    };
    if let Some(reason) = why_unusable(&object.key, &files, &unread) {
        return Ok(Decision::unusable(Some(&object.key), reason));
    }
    if let Some(found) = Found::among(&files, &unread) {
        return Ok(found.blocks(&key));
    }
    let certificates: Vec<&Certificate> = files.iter().flat_map(usable).collect();
    if certificates.len() > MAX_CERTIFICATES_IN_FOLDER {
        let reason = format!(
            "the folder holds {} certificates; at most {MAX_CERTIFICATES_IN_FOLDER} are accepted: \
             remove those of earlier years",
            certificates.len()
        );
        return Ok(Decision::unusable(None, reason));
    }
    let requests = requests_of(&arrivals.s3, &arrivals.evidence_bucket, key).await?;
    let requests = Requests::new(key, requests);
    if let Some(decision) = is_stranger(&requests, object, &files) {
        return Ok(decision);
    }
    let certificate = match requests.newest(&certificates, now) {
        Some(Ok(certificate)) => certificate,
        Some(Err(reason)) => return Ok(Decision::unusable(None, reason)),
        None => {
            let remedy = "Drop the certificate that the CA issued into the same folder.";
            let told = requests.told();
            let missing = format!("the certificate for our key `{key}` is missing; {told}");
            return Ok(Decision::Incomplete { missing, remedy });
        }
    };
    let rules = match load_rules(&context.ssm, key).await {
        Ok((rules, _)) => Some(rules),
        // Of no use here, and said so by `fetch-enrolment`, with a record, once the set is complete.
        Err(RulesError::Unknown(_) | RulesError::Malformed { .. }) => None,
        Err(RulesError::Service(error)) => return Err(error.into()),
    };
    let path = path_of(
        &arrivals.s3,
        &arrivals.evidence_bucket,
        &certificate.sha256(),
        &certificates,
        rules.as_ref(),
    )
    .await?;
    Ok(match path {
        Ok(path) => complete(key, &path, &files),
        Err(reason) => no_path(reason, rules.as_ref(), key, &files),
    })
}

/// A certificate of somebody else: whoever dropped it should hear of it, whatever else lies there.
fn is_stranger(requests: &Requests, object: &CreatedObject, files: &[File]) -> Option<Decision> {
    let file = files.iter().find(|file| file.object.key == object.key)?;
    let reason = requests.stranger_in(usable(file))?;
    let remedy = "Find out whose certificate it is, and delete the file; drop the one that the CA \
                  issued for a request of ours.";
    Some(Decision::Unusable {
        reason,
        file: Some(object.key.clone()),
        remedy,
    })
}

fn complete(key: OwnKey, path: &CertificatePath, files: &[File]) -> Decision {
    let complete = Complete::new(Kind::CertificateEnrolment, &key, path, files);
    Decision::Complete(Box::new(complete))
}

fn no_path(error: NoPath, rules: Option<&EnrolmentRules>, key: OwnKey, files: &[File]) -> Decision {
    let error = error.told_with(&dropped(files));
    let Some(remedy) = error.what_to_add() else {
        return Decision::unusable(None, error.to_string());
    };
    let supplied = match (&error, rules) {
        (NoPath::IssuerMissing { .. }, None) => format!(
            " (and no readable enrolment rules in `{}` supply a root)",
            key.rules_parameter()
        ),
        _ => String::new(),
    };
    Decision::Incomplete {
        missing: format!("{error}{supplied}"),
        remedy,
    }
}
