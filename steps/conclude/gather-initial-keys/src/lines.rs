//! The two files with one line for each terminal.

use ceremony::execution::Location;
use ceremony::fleet::outcome::CSV_HEADER;
use ceremony::fleet::{Outcome, Plan};
use ceremony::publication::StoredFile;
use storage::{Upload, Written};

use crate::{Context, Error};

const CSV: (&str, &str) = ("initial-keys.csv", "text/csv");
const JSON_LINES: (&str, &str) = ("initial-keys.jsonl", "application/jsonl");

/// Both, while they are written.
pub(crate) struct Lines<'a> {
    csv: Upload<'a>,
    json_lines: Upload<'a>,
    places: [Location; 2],
}

impl<'a> Lines<'a> {
    pub(crate) async fn new(context: &'a Context, plan: &Plan) -> Result<Self, Error> {
        let place = |name| location(context, Plan::output_key(&plan.folder, name));
        let places = [place(CSV.0), place(JSON_LINES.0)];
        let mut csv = Upload::over(&context.s3, places[0].clone(), CSV.1);
        csv.write(CSV_HEADER.as_bytes()).await?;
        Ok(Self {
            csv,
            json_lines: Upload::over(&context.s3, places[1].clone(), JSON_LINES.1),
            places,
        })
    }

    pub(crate) async fn write(&mut self, outcome: &Outcome) -> Result<(), Error> {
        let mut line = serde_json::to_vec(outcome)?;
        line.push(b'\n');
        self.json_lines.write(&line).await?;
        self.csv.write(outcome.csv().as_bytes()).await?;
        Ok(())
    }

    pub(crate) async fn finish(self) -> Result<Vec<StoredFile>, Error> {
        let [csv, json_lines] = self.places;
        Ok(vec![
            stored(CSV, csv, self.csv.finish().await?),
            stored(JSON_LINES, json_lines, self.json_lines.finish().await?),
        ])
    }
}

fn stored((name, content_type): (&str, &str), location: Location, written: Written) -> StoredFile {
    StoredFile {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        location,
        bytes: written.bytes,
        sha256: written.sha256,
    }
}

pub(crate) fn location(context: &Context, key: String) -> Location {
    Location {
        bucket: context.work_bucket.clone(),
        key,
    }
}
