//! How the steps of the reconciliation hand pages to each other.
//!
//! A state may have 256 KiB, and a page of keys has more than a few of them may. So each page goes
//! to a bucket that keeps it for some days, and only its number travels. Another attempt writes the
//! same page again: nothing here is evidence.

use ceremony::digest::Sha256;
use ceremony::evidence::Recordable;
use ceremony::execution::{Execution, Location};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use step::{ServiceError, StepError};
use storage::{read_own, write_over};
use strum::{IntoStaticStr, VariantNames};

use crate::records::Recorded;
use crate::seen::Seen;

/// What a step is to read next: its input.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Page {
    pub execution: Execution,
    pub so_far: Progress,
}

/// How far a step has come: its result.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// How many pages have been written.
    pub pages: u32,
    /// Where the next one begins; null at the start, and again at the end.
    pub next: Option<String>,
}

impl Recordable for Progress {
    fn recordable(&self) -> impl Serialize {
        self
    }
}

/// Whose pages they are.
#[derive(Clone, Copy, Debug, Eq, IntoStaticStr, PartialEq)]
#[strum(serialize_all = "kebab-case")]
pub enum Place {
    Records,
    Keys,
    Aliases,
    Asked,
}

/// The pages of one execution.
pub struct Parts<'a> {
    s3: &'a aws_sdk_s3::Client,
    bucket: &'a str,
    folder: String,
}

impl<'a> Parts<'a> {
    pub fn new(s3: &'a aws_sdk_s3::Client, bucket: &'a str, execution: &Execution) -> Self {
        Self {
            s3,
            bucket,
            folder: name_of(execution),
        }
    }

    /// Writes the page after those of `so_far`.
    pub async fn write<T: Serialize>(
        &self,
        place: Place,
        so_far: &Progress,
        page: &T,
        next: Option<String>,
    ) -> Result<Progress, Error> {
        let pages = so_far.pages + 1;
        let bytes = serde_json::to_vec(page).map_err(|error| Error::unusable(&error))?;
        write_over(self.s3, &self.location(place, pages), bytes).await?;
        Ok(Progress { pages, next })
    }

    /// Every page of a place, in order.
    pub async fn read<T: DeserializeOwned>(
        &self,
        place: Place,
        pages: u32,
    ) -> Result<Vec<T>, Error> {
        let read = async |number: u32| {
            let location = self.location(place, number);
            let bytes = read_own(self.s3, &location.bucket, &location.key).await?;
            serde_json::from_slice(&bytes).map_err(|error| Error::unusable(&error))
        };
        let pages = stream::iter(1..=pages).map(read).buffered(AT_ONCE);
        pages.try_collect().await
    }

    /// All that was read from evidence and service.
    pub async fn seen(&self, pages: &Pages) -> Result<Seen, Error> {
        let recorded: Vec<Recorded> = self.read(Place::Records, pages.records).await?;
        let keys: Vec<Vec<_>> = self.read(Place::Keys, pages.keys).await?;
        let aliases: Vec<Vec<_>> = self.read(Place::Aliases, pages.aliases).await?;
        Ok(Seen {
            keys: keys.into_iter().flatten().collect(),
            aliases: aliases.into_iter().flatten().collect(),
            recorded: Recorded::of_all(recorded),
        })
    }

    fn location(&self, place: Place, number: u32) -> Location {
        let place: &str = place.into();
        Location {
            bucket: self.bucket.to_owned(),
            key: format!("{}/{place}/{number:05}.json", self.folder),
        }
    }
}

/// How many pages there are of each kind that one step has written for another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pages {
    pub records: u32,
    pub keys: u32,
    pub aliases: u32,
}

/// The name of an execution's documents: by its time first, so that the last one is found. Whoever
/// starts an execution chooses its name, which may have characters that no key should.
pub fn name_of(execution: &Execution) -> String {
    let digest = Sha256::of(execution.arn.as_bytes()).short();
    format!("{}-{digest}", execution.started_at.compact())
}

/// How many objects are read at once.
pub const AT_ONCE: usize = 16;

/// Why there is no page.
#[derive(Clone, Debug, Eq, IntoStaticStr, PartialEq, thiserror::Error, VariantNames)]
pub enum Error {
    #[error("a page of the reconciliation is not of its form: {0}")]
    PageUnusable(String),
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Error {
    fn unusable(error: &serde_json::Error) -> Self {
        Self::PageUnusable(error.to_string())
    }
}

impl StepError for Error {
    step::step_error_names!();

    fn remedy(&self) -> &'static str {
        match self {
            Self::PageUnusable(_) => {
                "This is a defect of the software: report it with the execution's ARN."
            }
            Self::Service(error) => error.remedy(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ceremony::utc::Utc;

    use super::*;

    #[test]
    fn a_later_execution_has_a_later_name_whatever_it_is_called() {
        let name = |name: &str, time: &str| {
            name_of(&Execution {
                arn: format!("arn:aws:states:us-east-1:1:execution:reconciliation:{name}"),
                started_at: Utc::try_from(time.to_owned()).expect("a time"),
            })
        };
        let first = name("z/../..", "2026-11-26T04:00:00Z");
        let second = name("a", "2026-11-27T04:00:00Z");
        assert!(first < second && !first.contains('/'), "{first} {second}");
        assert_ne!(second, name("b", "2026-11-27T04:00:00Z"));
    }
}
