//! Files that are too large for a state: copied from where they were made.

use ceremony::digest::Sha256;
use ceremony::execution::Location;
use ceremony::publication::StoredFile;
use emulated::aws::Fault;
use step::StepError;

use crate::published::{OUTBOX, Published};

const WORK: &str = "parts";
const NAME: &str = "initial-keys.csv";

/// A package with an object of so many bytes.
fn with_object(bytes: usize) -> (Published, Vec<u8>) {
    let mut one = Published::nothing_yet();
    let contents: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
    one.aws.put(WORK, NAME, contents.clone());
    one.input.publication.objects = vec![StoredFile {
        name: NAME.to_owned(),
        content_type: "text/csv".to_owned(),
        location: Location {
            bucket: WORK.to_owned(),
            key: NAME.to_owned(),
        },
        bytes: bytes as u64,
        sha256: Sha256::of(&contents),
    }];
    (one, contents)
}

fn key(one: &Published) -> String {
    let prefix = one.input.ceremony.package_prefix();
    format!("{}{NAME}", prefix.unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_object_of_any_length_is_in_the_package() {
    for bytes in [0, 1000, 8 * 1024 * 1024, 20 * 1024 * 1024] {
        let (one, contents) = with_object(bytes);
        one.publish().await.unwrap();
        assert!(
            one.aws.only(OUTBOX, &key(&one)).bytes == contents,
            "{bytes}"
        );
        // And once more, as after an answer that was lost.
        one.publish().await.unwrap();
        assert!(
            one.aws.only(OUTBOX, &key(&one)).bytes == contents,
            "{bytes}"
        );
        let journal = format!("{:?}", one.journal.deeds());
        assert!(journal.contains(NAME), "{journal}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_another_one_is_not_published() {
    for bytes in [1000, 20 * 1024 * 1024] {
        let (one, mut contents) = with_object(bytes);
        contents[500] ^= 1;
        one.aws.put(WORK, NAME, contents);
        let error = one.publish().await.unwrap_err();
        assert_eq!(error.name(), "ObjectUnusable", "{error}");
        assert_eq!(one.aws.versions(OUTBOX, &key(&one)), []);
    }
    let (one, _) = with_object(10);
    one.aws.delete(WORK, NAME);
    assert_eq!(one.publish().await.unwrap_err().name(), "ObjectUnusable");
}

#[tokio::test(start_paused = true)]
async fn what_lies_there_already_is_left_alone() {
    for bytes in [1000, 20 * 1024 * 1024] {
        let (one, _) = with_object(bytes);
        one.aws.put(OUTBOX, &key(&one), "somebody else's");
        let error = one.publish().await.unwrap_err();
        assert_eq!(error.name(), "AlreadyPublished", "{error}");
        assert_eq!(one.aws.only(OUTBOX, &key(&one)).bytes, b"somebody else's");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_changed_in_storage_is_noticed() {
    let (one, _) = with_object(20 * 1024 * 1024);
    one.aws
        .fault("CompleteMultipartUpload", 1..=1, Fault::ChangedInStorage);
    let error = one.publish().await.unwrap_err();
    assert_eq!(error.name(), "AlreadyPublished", "{error}");
}
