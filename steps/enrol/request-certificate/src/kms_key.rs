//! The key that signs packages: made by the deployment, in KMS.

use ceremony::enrolment::{Installed, RequestOrder};
use ceremony::keys::Origin;
use csr::{Subject, signed_by_kms};
use signing::Signer;

use crate::{Context, Error, Made};

pub(crate) async fn request(
    context: &Context,
    order: &RequestOrder,
    installed: Option<&Installed>,
    subject: &Subject,
) -> Result<Made, Error> {
    if order.key_algorithm.is_some() {
        return Err(Error::KeyAlgorithmFixed);
    }
    let key_arn = choose(&context.signing_key_arns, order.new_key, installed)?;
    let signer = Signer {
        kms: context.kms.clone(),
        key_arn: key_arn.to_owned(),
    };
    Ok(Made {
        request: signed_by_kms(&signer, subject).await?,
        key_arn: signer.key_arn,
        alias: None,
        origin: Origin::Found,
    })
}

/// The installed key, or the first; or, to take its place, the newest of the deployment.
fn choose<'a>(
    keys: &'a [String],
    new_key: bool,
    installed: Option<&'a Installed>,
) -> Result<&'a str, Error> {
    let no_key = || Error::NoFurtherKey(keys.len());
    let is_installed = |key: &str| installed.is_some_and(|it| it.key_arn == key);
    if new_key {
        let newest = keys.last().filter(|key| !is_installed(key));
        return newest.map(String::as_str).ok_or_else(no_key);
    }
    let signs = installed.map(|installed| installed.key_arn.as_str());
    let signs = signs.or(keys.first().map(String::as_str));
    let of_the_deployment = |key: &&str| keys.iter().any(|one| one == key);
    signs
        .filter(of_the_deployment)
        .ok_or_else(|| Error::KeyNotDeployed(signs.unwrap_or_default().to_owned()))
}
