//! `ceremony check --order` and `--request`: what would `working-key-export` say to this document, and
//! to the inventory that it names? Or `kek-import`, if it asks for a KEK of the partner's?
//!
//! The functions of the domain decide that `intake-request`, `fetch-request` and `split-inventory`, or
//! `fetch-import`, call, in their order. What only an account knows (the KEK that is established, whether keys are there) is
//! not known here, and is noted.

mod imports;
mod inventory;
mod notes;
mod report;
mod table;

use std::path::{Path, PathBuf};

use ceremony::bundle::{MAX_FILE_BYTES, private_key_in};
use ceremony::digest::Sha256;
use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use ceremony::key_import::request::ImportRequest;
use ceremony::profile::Profile;
use ceremony::working_keys::order::{Asked, Order};
use ceremony::working_keys::place::{AskedBy, OrderPlace, OrderRole};
use ceremony::working_keys::rules::MayAsk;

use super::Problem;
use crate::files::{Unreadable, read_at_most};

pub use report::{
    Asks, DocumentSeen, FaultSeen, InitialKeysAsked, InventorySeen, KeyAsked, Report,
};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The document; an inventory lies beside it, or in a folder of its name.
    pub document: PathBuf,
    /// Whether it is to be dropped as a request or as an order.
    pub asked_by: AskedBy,
    /// What is, or is to be, in the parameter of the folder.
    pub profile: PathBuf,
}

/// Looks at a document, and at the inventory that it names.
pub fn run(options: &Options) -> Result<Report, Unreadable> {
    let profile = crate::profile::read(&options.profile)?;
    let file = &options.document;
    let bytes = read_at_most(file, MAX_FILE_BYTES).map_err(|error| Unreadable::new(file, error))?;
    let name = name_of(file);
    let document = read(&name, bytes.as_deref());
    let seen = document_seen(&name, bytes.as_deref());
    let mut report = Report::new(kind_of(bytes.as_deref()), options.asked_by, seen);
    let profile = Profile::read(&profile).map_err(|error| Problem::profile_of_order(&error));
    match (document, profile) {
        (Ok(Document::Order(order)), Ok(profile)) => {
            judge(&mut report, options, &name, &order, profile)?;
        }
        (Ok(Document::Import(request)), Ok(profile)) => {
            imports::judge(&mut report, &name, request, profile);
        }
        (document, profile) => {
            let problems = [document.err(), profile.err()];
            report.problems.extend(problems.into_iter().flatten());
        }
    }
    report.goes_on = report.problems.is_empty();
    Ok(report)
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    name.to_string_lossy().into_owned()
}

fn document_seen(name: &str, bytes: Option<&[u8]>) -> DocumentSeen {
    DocumentSeen {
        file: name.to_owned(),
        bytes: bytes.map(<[u8]>::len),
        sha256: bytes.map(Sha256::of),
    }
}

/// What a document asks for.
enum Document {
    Import(ImportRequest),
    Order(Order),
}

/// As `intake-request` tells them apart.
fn kind_of(bytes: Option<&[u8]>) -> Kind {
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    if text.is_some_and(ImportRequest::is_meant_by) {
        Kind::KekImport
    } else {
        Kind::WorkingKeyExport
    }
}

/// What is in the document. Nothing of a document with a private key in it is told.
fn read(name: &str, bytes: Option<&[u8]>) -> Result<Document, Problem> {
    let bytes = bytes.ok_or_else(|| {
        let reason =
            format!("the document has more than the {MAX_FILE_BYTES} bytes that are accepted");
        Problem::rejected_order(reason)
    })?;
    if let Some(form) = private_key_in(bytes) {
        return Err(Problem::private_key(
            name,
            format!("it holds a private key ({form})"),
        ));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::rejected_order("the document is not UTF-8".to_owned()))?;
    let document = match kind_of(Some(bytes)) {
        Kind::KekImport => ImportRequest::parse(text).map(Document::Import),
        _ => Order::parse(text).map(Document::Order),
    };
    document.map_err(|error| {
        let reason = format!("the document cannot be used: {error}");
        match kind_of(Some(bytes)) {
            Kind::KekImport => imports::rejected(reason),
            _ => Problem::rejected_order(reason),
        }
    })
}

/// From the order to the last line of its inventory.
fn judge(
    report: &mut Report,
    options: &Options,
    name: &str,
    order: &Order,
    profile: Profile,
) -> Result<(), Unreadable> {
    let asked_by = options.asked_by;
    let kek_export = profile.kek_export.clone();
    let place = match place(&profile.folder(), asked_by, name) {
        Ok(place) => place,
        Err(reason) => {
            report
                .problems
                .push(Problem::misplaced_order(reason, asked_by));
            return Ok(());
        }
    };
    report.inbox_key = Some(place.key());
    // Which version of the parameter it is makes no difference.
    let policy = match profile.working_key_policy(0, asked_by) {
        Ok(policy) => policy,
        Err(error) => {
            report
                .problems
                .push(Problem::order_not_allowed(error.to_string()));
            return Ok(());
        }
    };
    if let Some(reason) = policy.may_ask.why_not(order) {
        let reason = format!("{asked_by} may not ask for this: {reason}");
        report.problems.push(Problem::order_not_allowed(reason));
        return Ok(());
    }
    report.asks = Some(report::asks(order, &policy.may_ask));
    report.notes = notes::notes(order, &policy, kek_export.as_ref());
    initial_keys(report, &options.document, &place, order, &policy.may_ask)
}

/// Where it is to lie; or why it is no order there.
fn place(folder: &Folder, asked_by: AskedBy, name: &str) -> Result<OrderPlace, String> {
    let key = format!("{}{}/{name}", folder.prefix(), asked_by.section());
    match OrderPlace::of_inbox_key(&key) {
        Some(OrderRole::Order(place)) => Ok(place),
        Some(OrderRole::Misplaced(reason)) => Err(reason),
        Some(OrderRole::Attachment) | None => Err("it is not the name of one file".to_owned()),
    }
}

/// The terminals of a fleet, held to the base derivation key, which is one that the profile allows.
fn initial_keys(
    report: &mut Report,
    document: &Path,
    place: &OrderPlace,
    order: &Order,
    may_ask: &MayAsk,
) -> Result<(), Unreadable> {
    let Asked::InitialKeys(asked) = &order.asked else {
        return Ok(());
    };
    let Some(bdk) = may_ask.bdks.get(&asked.bdk) else {
        return Ok(());
    };
    let looked = match &asked.inventory {
        Some(file) => inventory::of_file(document, place, file, bdk.terminals())?,
        None => inventory::listed(bdk.terminals(), &asked.terminals),
    };
    report.inventory = Some(looked.seen);
    report.problems.extend(looked.problems);
    Ok(())
}
