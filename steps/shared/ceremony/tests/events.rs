//! The committed schemas of events are the types' own.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::PathBuf;

use ceremony::announcement::Announcement;

/// `Ceremony Failed` is described by `ceremony-failed.schema.json`.
fn file(detail_type: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../statemachine/events");
    let name = detail_type.to_lowercase().replace(' ', "-");
    PathBuf::from(folder).join(format!("{name}.schema.json"))
}

#[test]
fn every_detail_type_has_its_schema() {
    for detail_type in Announcement::DETAIL_TYPES {
        let schema = Announcement::schema(detail_type).unwrap();
        let schema = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        let file = file(detail_type);
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, schema).unwrap();
            continue;
        }
        let committed = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert_eq!(
            committed, schema,
            "{detail_type}: run with UPDATE_SCHEMAS=1 and review the difference"
        );
    }
}

#[test]
fn there_is_no_schema_of_an_event_that_does_not_exist() {
    let folder = file("x");
    for entry in std::fs::read_dir(folder.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            Announcement::DETAIL_TYPES
                .iter()
                .any(|detail_type| file(detail_type).file_name() == path.file_name()),
            "{}",
            path.display()
        );
    }
    assert!(Announcement::schema("Tea Served").is_none());
}
