//! `ReadRecords`: one page of the evidence bucket, and what its records say of keys.
//!
//! Every record is read every day: an index of them would be one more thing that somebody could
//! change. A page has a thousand objects, of which a ceremony leaves five; 10,000 ceremonies are
//! 50 pages of 200 records each.

use futures::stream::{self, StreamExt, TryStreamExt};
use inventory::parts::AT_ONCE;
use inventory::records::{Recorded, is_record, read_record};
use inventory::{Parts, Place};
use step::{Journal, ServiceError};
use storage::{list_after, read_own};

pub use inventory::{Error, Page as Input, Progress as Output};

/// The most that a page of S3 can have.
const MOST: i32 = 1000;

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub evidence_bucket: String,
    pub parts_bucket: String,
}

pub async fn handle(context: &Context, input: Input, _: &Journal) -> Result<Output, Error> {
    let Input { execution, so_far } = input;
    let (s3, bucket) = (&context.s3, &context.evidence_bucket);
    let listed = list_after(s3, bucket, "", so_far.next.as_deref(), MOST).await?;
    let next = listed.keys.last().cloned().filter(|_| listed.more);
    let records = listed.keys.into_iter().filter(|key| is_record(key));
    let read = async |key: String| {
        let bytes = read_own(s3, bucket, &key).await?;
        Ok::<_, ServiceError>(read_record(&key, &bytes))
    };
    let read = stream::iter(records).map(read).buffered(AT_ONCE);
    let records: Vec<Recorded> = read.try_collect().await?;
    let parts = Parts::new(s3, &context.parts_bucket, &execution);
    let page = Recorded::of_all(records);
    parts.write(Place::Records, &so_far, &page, next).await
}
