//! `CheckConfirmation`: whether the partner has confirmed the check value of the KEK that came.
//!
//! Reads exactly the version that was seen when it arrived. A file that is no check value is a result and
//! no error: the ceremony goes on waiting for a right one. Another check value ends the ceremony, as it is
//! the partner's own word that the key which came is not its key. Leaves nothing behind.

use ceremony::evidence::Recordable;
use ceremony::execution::DroppedObject;
use ceremony::id::Ceremony;
use ceremony::key_import::attributes::Kcv;
use ceremony::key_import::encoding::secret_in;
use ceremony::key_import::place::{BlockPlace, BlockRole};
use ceremony::key_import::run::ReceivedKek;
use ceremony::proof::Refusal;
use ceremony::text::shown;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{Differs, DroppedError, ObjectError, read_dropped};
use strum::{IntoStaticStr, VariantNames};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Input {
    pub ceremony: Ceremony,
    pub kek: ReceivedKek,
    /// The version of the file that was seen when it arrived.
    pub confirmation: DroppedObject,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub confirmation: DroppedObject,
    pub confirmed: bool,
    /// Why the file is no confirmation: the ceremony goes on waiting. Null where it is one.
    pub refused: Option<Refusal>,
}

impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub inbox_bucket: String,
}

pub async fn handle(context: &Context, input: Input) -> Result<Output, Error> {
    let Input {
        ceremony,
        kek,
        confirmation,
    } = input;
    match BlockPlace::of_inbox_key(&confirmation.key) {
        Some(BlockRole::Confirmation(place)) if place.folder == ceremony.folder() => {}
        _ => {
            let key = shown(&confirmation.key);
            return Err(Error::InputMalformed {
                detail: format!("`{key}` is no confirmation of this folder"),
            });
        }
    }
    let expected = Kcv::try_from(kek.kcv.clone());
    let expected = expected.map_err(|why| Error::InputMalformed {
        detail: format!("of the KEK no check value is known: {why}"),
    })?;
    let read = match read_dropped(&context.s3, &context.inbox_bucket, &confirmation).await {
        Ok(file) => check_value(&file),
        Err(error) => Err(unread(error)?),
    };
    let refused = match read {
        Ok(found) if found == expected => None,
        Ok(found) => {
            return Err(Error::KcvNotConfirmed {
                found,
                expected,
                key_arn: kek.key_arn,
            });
        }
        Err(refusal) => Some(refusal),
    };
    Ok(Output {
        confirmation,
        confirmed: refused.is_none(),
        refused,
    })
}

/// Six hex digits, and what an editor or `echo` leaves behind them. Nothing else of the file is repeated:
/// it may be anything.
fn check_value(file: &[u8]) -> Result<Kcv, Refusal> {
    let line = file.strip_suffix(b"\n").unwrap_or(file);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = String::from_utf8(line.to_vec()).ok();
    if let Some(kcv) = text.and_then(|text| Kcv::try_from(text).ok()) {
        return Ok(kcv);
    }
    Err(match secret_in(file) {
        Some(secret) => secret.into_refusal(),
        None => unreadable(format!(
            "it has {} bytes and is no check value: six hex digits and an end of line, and nothing else, are \
             expected",
            file.len()
        )),
    })
}

/// What can be wrong with the object is its sender's fault, but for bytes that have changed.
fn unread(error: DroppedError) -> Result<Refusal, Error> {
    match error {
        DroppedError::Differs(differs) => Err(Error::DigestMismatch(differs)),
        DroppedError::Object(ObjectError::Missing { .. }) => {
            Ok(unreadable("it is not there any more".to_owned()))
        }
        DroppedError::Object(ObjectError::TooLarge { bytes, .. }) => Ok(unreadable(format!(
            "it has {bytes} bytes, and is no check value"
        ))),
        DroppedError::Object(ObjectError::Service(error)) => Err(error.into()),
    }
}

fn unreadable(what: String) -> Refusal {
    Refusal {
        error: "ConfirmationUnreadable".to_owned(),
        what: format!("{what}."),
        remedy: "Ask the partner for a file as the README of the receipt says, with the check value that its \
                 HSM shows for its key."
            .to_owned(),
    }
}

/// Why nothing is confirmed.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error(transparent)]
    DigestMismatch(Differs),
    #[error("the input cannot be used: {detail}")]
    InputMalformed { detail: String },
    #[error(
        "the partner says that its KEK has the check value {found}, and the one that came, {key_arn}, has \
         {expected}: by the partner's own word it is another key"
    )]
    KcvNotConfirmed {
        found: Kcv,
        expected: Kcv,
        key_arn: String,
    },
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::DigestMismatch(differs) => differs.remedy(),
            Self::InputMalformed { .. } => {
                "This is a defect of the software: report it with the record."
            }
            Self::KcvNotConfirmed { .. } => {
                "Find out with the partner, over another channel than the inbox, whose key came and who dropped \
                 both files. Nothing uses the key; delete it. The partner asks anew for an import of its own."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}
