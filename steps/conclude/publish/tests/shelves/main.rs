//! What lies where after a publication, in which order it was written, and what is left alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod interrupted;
mod published;

use ceremony::digest::Sha256;
use ceremony::evidence::Deed;
use ceremony::execution::{BINARY, File, JSON, Location, PEM, TEXT};
use publish::Output;
use serde_json::json;
use step::StepError;

use crate::published::{EVIDENCE, OUTBOX, Published, input};

/// No package without its record, no manifest without what it names, and no word that the package
/// is out before it is.
#[tokio::test(start_paused = true)]
async fn the_record_is_written_before_the_package_and_the_manifest_last() {
    let one = Published::nothing_yet();
    one.publish().await.unwrap();
    let expected: Vec<String> = one
        .places()
        .iter()
        .flat_map(|(bucket, key)| {
            ["PutObject", "GetObject"].map(|operation| format!("{operation} {bucket}/{key}"))
        })
        .collect();
    assert_eq!(one.aws.calls(), expected);
    let of_type = |place: usize| {
        let (bucket, key) = &one.places()[place];
        one.aws.only(bucket, key).content_type
    };
    assert_eq!([of_type(2), of_type(3), of_type(4)], [JSON, PEM, BINARY]);
}

#[tokio::test(start_paused = true)]
async fn every_digest_is_that_of_what_lies_there() {
    let one = Published::nothing_yet();
    let output = one.publish().await.unwrap();
    let ((record, record_sha256), (published, _)) =
        (one.json("record.json"), one.json("published.json"));
    let (_, manifest_sha256) = one.json("manifest.json");
    let place = |bucket: &str, key: String| Location {
        bucket: bucket.to_owned(),
        key,
    };
    let ceremony = &one.input.ceremony;
    let expected = Output {
        package: ceremony
            .package_prefix()
            .map(|prefix| place(OUTBOX, prefix)),
        record: place(EVIDENCE, ceremony.evidence_key("record.json")),
        manifest_sha256: manifest_sha256.clone(),
        record_sha256: record_sha256.clone(),
    };
    assert_eq!(output, expected);
    assert_eq!(record["outcome"], "prepared");
    assert_eq!(
        record["package"]["manifestSha256"],
        manifest_sha256.to_string()
    );
    assert_eq!(record["steps"], json!(one.input.evidence));
    assert_eq!(record["input"], one.input.input);
    assert_eq!(published["outcome"], "published");
    assert_eq!(published["recordSha256"], record_sha256.to_string());
    assert_eq!(published["package"], record["package"]);

    let manifest = &one.input.publication.manifest.contents;
    let [in_evidence, in_outbox] = [&one.places()[1], &one.places()[6]];
    assert_eq!(&one.everything()[in_evidence], manifest);
    assert_eq!(&one.everything()[in_outbox], manifest);
}

#[tokio::test(start_paused = true)]
async fn the_journal_names_every_object_with_its_digest() {
    let one = Published::nothing_yet();
    one.publish().await.unwrap();
    let everything = one.everything();
    let deed = |place: &(&str, String)| Deed::Wrote {
        bucket: place.0.to_owned(),
        key: place.1.clone(),
        sha256: Sha256::of(&everything[place]),
    };
    let deeds: Vec<Deed> = one.places().iter().map(deed).collect();
    assert_eq!(one.journal.deeds(), deeds);
}

#[tokio::test(start_paused = true)]
async fn publishing_twice_is_harmless() {
    let one = Published::nothing_yet();
    let first = one.publish().await.unwrap();
    let everything = one.everything();
    assert_eq!(one.publish().await, Ok(first));
    assert_eq!(one.everything(), everything);
}

/// Nobody fetches anything of a ceremony about a key of ours.
#[tokio::test(start_paused = true)]
async fn without_a_partner_there_is_a_record_and_nothing_goes_out() {
    let mut one = Published::nothing_yet();
    one.input.ceremony = emulated::enrolment::enrolment(&emulated::enrolment::own_chain()).into();
    assert_eq!(one.publish().await.unwrap_err().name(), "PackageUnexpected");
    assert!(one.aws.calls().is_empty());

    one.input.publication.files.clear();
    let output = one.publish().await.unwrap();
    assert_eq!(output.package, None);
    assert_eq!(one.aws.keys(OUTBOX), [""; 0]);
    let (record, record_sha256) = one.json("record.json");
    assert_eq!(output.record_sha256, record_sha256);
    assert_eq!(record["ceremony"]["key"], "package-signing");
    assert_eq!(record["package"]["prefix"], serde_json::Value::Null);
    let (published, _) = one.json("published.json");
    assert_eq!(published["recordSha256"], record_sha256.to_string());
}

/// The folder of a ceremony never holds a mixture of two.
#[tokio::test(start_paused = true)]
async fn another_package_of_the_same_ceremony_is_refused() {
    let mut one = Published::nothing_yet();
    one.publish().await.unwrap();
    let everything = one.everything();
    one.input.publication.files[0].contents[0] ^= 1;
    assert_eq!(one.publish().await.unwrap_err().name(), "AlreadyPublished");
    one.input = input();
    one.input.publication.manifest.contents.push(b'\n');
    assert_eq!(one.publish().await.unwrap_err().name(), "AlreadyPublished");
    assert_eq!(one.everything(), everything);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_leaves_its_folder_keeps_everything_from_being_written() {
    for name in ["../x", "record.json", ""] {
        for documents in [false, true] {
            let mut one = Published::nothing_yet();
            let publication = &mut one.input.publication;
            let files = [&mut publication.files, &mut publication.documents];
            files[usize::from(documents)].push(File::new(name, TEXT, "x"));
            assert_eq!(one.publish().await.unwrap_err().name(), "FileNameUnusable");
            assert!(one.aws.calls().is_empty() && one.journal.deeds().is_empty());
        }
    }
}

/// Key material, wrapped or not, is in neither of the documents that tell of it.
#[tokio::test(start_paused = true)]
async fn the_evidence_has_digests_of_the_files_and_not_the_files() {
    let one = Published::nothing_yet();
    one.publish().await.unwrap();
    let cryptogram = &one.input.publication.files[0].contents;
    for ((bucket, key), bytes) in one.everything() {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let holds = bytes == *cryptogram || text.contains("a5a5a5") || text.contains("paWl");
        assert_eq!(holds, bucket == OUTBOX && key.ends_with("kek.bin"), "{key}");
    }
}
