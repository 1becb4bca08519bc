//! The report of an order for people.

use std::fmt::Write;

use super::super::table::problem_rows;
use super::{Asks, InventorySeen, Report, imports};
use crate::terminal::plain;

impl Report {
    pub fn table(&self) -> String {
        let mut text = format!("{}, asked for by {}\n", self.ceremony, self.asked_by);
        // Writing to a String does not fail.
        let document = &self.document;
        let _ = writeln!(
            text,
            "\nDocument\n  {}{}",
            document.file,
            sizes(document.bytes, &document.sha256)
        );
        if let Some(asks) = &self.asks {
            asks_rows(&mut text, asks);
        }
        if let Some(request) = &self.kek_import {
            imports::rows(&mut text, request);
        }
        if let Some(inventory) = &self.inventory {
            inventory_rows(&mut text, inventory);
        }
        if !self.notes.is_empty() {
            text.push_str("\nNotes\n");
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        self.verdict(&mut text);
        plain(&text)
    }

    fn verdict(&self, text: &mut String) {
        if !self.goes_on {
            text.push_str("\nThe ceremony would not go on.\n");
            problem_rows(text, &self.problems);
            return;
        }
        text.push_str(
            "\nThe ceremony would go on, as far as can be told here. Drop into the inbox:\n",
        );
        let inventory = self.inventory.as_ref();
        if let Some(key) = inventory.and_then(|inventory| inventory.inbox_key.as_deref()) {
            let _ = writeln!(text, "  first the inventory   {key}");
        }
        if let Some(key) = &self.inbox_key {
            let _ = writeln!(text, "  then the document     {key}");
        }
    }
}

fn sizes(
    bytes: Option<impl std::fmt::Display>,
    sha256: &Option<ceremony::digest::Sha256>,
) -> String {
    match (bytes, sha256) {
        (Some(bytes), Some(sha256)) => format!(": {bytes} bytes, SHA-256 {sha256}"),
        (Some(bytes), None) => format!(": {bytes} bytes"),
        (None, _) => String::new(),
    }
}

fn asks_rows(text: &mut String, asks: &Asks) {
    let under = match asks.kek {
        Some(kek) => format!("under the KEK `{kek}`"),
        None => "under the key of the certificate beside it".to_owned(),
    };
    let _ = writeln!(text, "\nAsks, {under}, for");
    for key in &asks.keys {
        let _ = writeln!(text, "  {:<20}{}", key.name, key.what);
    }
    if let Some(asked) = &asks.initial_keys {
        let _ = writeln!(
            text,
            "  initial keys of {} from {} ({})",
            asked.algorithm, asked.bdk, asked.key_arn
        );
    }
}

fn inventory_rows(text: &mut String, inventory: &InventorySeen) {
    let file = inventory.file.as_deref().unwrap_or("in the document");
    let _ = writeln!(
        text,
        "\nInventory\n  {file}{}",
        sizes(inventory.bytes, &inventory.sha256)
    );
    if let Some(terminals) = inventory.terminals {
        let _ = writeln!(text, "  {terminals} terminals, each once");
    }
    for fault in &inventory.faults {
        let _ = writeln!(text, "  line {:<8}{}", fault.line, fault.what);
    }
}
