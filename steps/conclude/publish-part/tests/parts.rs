//! What lies where after a part is out, in which order it was written, and what is left alone.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_s3::Client;
use ceremony::digest::Sha256;
use ceremony::evidence::Deed;
use ceremony::execution::{File, JSON, Location, MARKDOWN};
use ceremony::key_import::place::{AnswerPlace, Pointer};
use ceremony::publication::Publication;
use emulated::aws::{Aws, Fault};
use emulated::{ceremony, certificate, quick_chain};
use publish_part::{Context, Error, Input, Output, handle};
use step::{Journal, StepError};

const EVIDENCE: &str = "evidence";
const OUTBOX: &str = "outbox";
const POINTER: &str = "offers/acme/production/cardholder/zmk.0123456789abcdef.json";

/// What is wrong with an input.
type Change = fn(&mut Input);

struct Part {
    aws: Aws,
    input: Input,
    journal: Journal,
}

impl Part {
    fn nothing_yet() -> Self {
        let ceremony = ceremony();
        let offer = File::new("offer.json", JSON, "{}");
        Self {
            aws: Aws::default(),
            input: Input {
                part: "offer-0123456789abcdef".to_owned(),
                publication: Publication {
                    files: vec![offer.clone(), File::new("README.md", MARKDOWN, "# Offer\n")],
                    objects: Vec::new(),
                    manifest: File::new("manifest.json", JSON, "{\"files\":2}\n"),
                    documents: vec![offer],
                    trusted_roots: Vec::new(),
                },
                answers: Some(AnswerPlace {
                    folder: ceremony.folder(),
                    request: "zmk".to_owned(),
                    offer: "0123456789abcdef".to_owned().try_into().unwrap(),
                }),
                ceremony,
            },
            journal: Journal::default(),
        }
    }

    async fn publish(&self) -> Result<Output, Error> {
        let context = Context {
            s3: Client::new(&self.aws.config()),
            outbox_bucket: OUTBOX.to_owned(),
            evidence_bucket: EVIDENCE.to_owned(),
        };
        handle(&context, self.input.clone(), &self.journal).await
    }

    /// Every key in the order in which it is to be written.
    fn places(&self) -> Vec<(&'static str, String)> {
        let id = &self.input.ceremony.ceremony_id;
        let evidence = |name: &str| (EVIDENCE, format!("{id}/offer-0123456789abcdef/{name}"));
        let outbox = |name: &str| {
            let folder = "acme/production/cardholder";
            (
                OUTBOX,
                format!("{folder}/{id}/offer-0123456789abcdef/{name}"),
            )
        };
        vec![
            evidence("offer.json"),
            evidence("manifest.json"),
            (EVIDENCE, POINTER.to_owned()),
            outbox("offer.json"),
            outbox("README.md"),
            outbox("manifest.json"),
        ]
    }
}

/// No file without its evidence, none before it is known whose the answers are, and no manifest without
/// what it names.
#[tokio::test(start_paused = true)]
async fn the_evidence_comes_first_then_the_pointer_and_the_manifest_last() {
    let part = Part::nothing_yet();
    let output = part.publish().await.unwrap();
    let expected: Vec<String> = part
        .places()
        .iter()
        .flat_map(|(bucket, key)| {
            ["PutObject", "GetObject"].map(|operation| format!("{operation} {bucket}/{key}"))
        })
        .collect();
    assert_eq!(part.aws.calls(), expected);
    let deed = |(bucket, key): &(&str, String)| Deed::Wrote {
        bucket: (*bucket).to_owned(),
        key: key.clone(),
        sha256: Sha256::of(&part.aws.only(bucket, key).bytes),
    };
    let deeds: Vec<Deed> = part.places().iter().map(deed).collect();
    assert_eq!(part.journal.deeds(), deeds);

    let id = &part.input.ceremony.ceremony_id;
    let key = format!("acme/production/cardholder/{id}/offer-0123456789abcdef/");
    let bucket = OUTBOX.to_owned();
    let manifest = &part.input.publication.manifest.contents;
    let expected = Output {
        package: Location { bucket, key },
        manifest_sha256: Sha256::of(manifest),
    };
    assert_eq!(output, expected);
    let pointer = part.aws.only(EVIDENCE, POINTER).bytes;
    let pointer: Pointer = serde_json::from_slice(&pointer).unwrap();
    assert_eq!(pointer.ceremony_id, *id);
}

#[tokio::test(start_paused = true)]
async fn publishing_twice_is_harmless() {
    let part = Part::nothing_yet();
    let first = part.publish().await.unwrap();
    assert_eq!(part.publish().await, Ok(first));
    for (bucket, key) in part.places() {
        assert_eq!(part.aws.versions(bucket, &key).len(), 1, "{key}");
    }
}

/// Wherever an attempt breaks off, the next one ends it.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_broke_off_is_ended_by_the_next() {
    for call in 1..=6 {
        for fault in [Fault::AnswerLost, Fault::Denied] {
            let part = Part::nothing_yet();
            part.aws.fault("PutObject", call..=call, fault.clone());
            let first = part.publish().await;
            if matches!(fault, Fault::Denied) {
                assert_eq!(first.unwrap_err().name(), "AccessDenied");
                assert_eq!(part.journal.deeds().len(), call - 1);
            }
            part.publish().await.unwrap();
            for (bucket, key) in part.places() {
                assert_eq!(part.aws.versions(bucket, &key).len(), 1, "{key}");
            }
        }
    }
}

/// No two ceremonies take the same answers, and of the second nothing goes out.
#[tokio::test(start_paused = true)]
async fn the_answers_of_another_ceremony_are_not_taken() {
    let part = Part::nothing_yet();
    part.aws
        .put(EVIDENCE, POINTER, "{\"ceremonyId\":\"another\"}\n");
    let error = part.publish().await.unwrap_err();
    assert_eq!(error.name(), "AnswersTaken", "{error}");
    assert_eq!(part.aws.keys(OUTBOX), [""; 0]);
    assert_eq!(part.aws.versions(EVIDENCE, POINTER).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_part_without_answers_has_no_pointer() {
    let mut part = Part::nothing_yet();
    part.input.answers = None;
    part.publish().await.unwrap();
    assert_eq!(part.aws.versions(EVIDENCE, POINTER), []);
}

#[tokio::test(start_paused = true)]
async fn another_part_of_the_same_name_is_refused() {
    let mut part = Part::nothing_yet();
    part.publish().await.unwrap();
    part.input.publication.files[0].contents.push(b'\n');
    assert_eq!(part.publish().await.unwrap_err().name(), "AlreadyPublished");
    part.input.publication.manifest.contents.push(b'\n');
    assert_eq!(part.publish().await.unwrap_err().name(), "AlreadyPublished");
    for (bucket, key) in part.places() {
        assert_eq!(part.aws.versions(bucket, &key).len(), 1, "{key}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_belong_into_a_part_keeps_everything_from_being_written() {
    let changes: [(Change, &str); 8] = [
        (|it| it.part = "../x".to_owned(), "FileNameUnusable"),
        (|it| it.part = String::new(), "FileNameUnusable"),
        (
            |it| it.publication.files[0].name = "../x".to_owned(),
            "FileNameUnusable",
        ),
        (
            |it| it.publication.files[0].name = "manifest.json".to_owned(),
            "FileNameUnusable",
        ),
        (
            |it| it.publication.documents[0].name = "a/b".to_owned(),
            "FileNameUnusable",
        ),
        (
            |it| it.publication.manifest.name = "x.json".to_owned(),
            "FileNameUnusable",
        ),
        (
            |it| {
                it.publication
                    .trusted_roots
                    .push(certificate(&quick_chain().root))
            },
            "PartUnfit",
        ),
        (
            |it| {
                let answers = it.answers.as_mut().unwrap();
                answers.folder.partner = "globex".to_owned().try_into().unwrap();
            },
            "PartUnfit",
        ),
    ];
    for (change, expected) in changes {
        let mut part = Part::nothing_yet();
        change(&mut part.input);
        let error = part.publish().await.unwrap_err();
        assert_eq!(error.name(), expected, "{error}");
        assert!(part.aws.calls().is_empty() && part.journal.deeds().is_empty());
    }
}
