//! What `claim` tells the log, as far as a test asks.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// One line of the log.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Entry {
    pub(crate) message: String,
    /// The key that is to be deleted.
    pub(crate) surplus: Option<String>,
}

/// The log of this thread for as long as it lives.
pub(crate) struct Log {
    entries: Arc<Mutex<Vec<Entry>>>,
    _until: DefaultGuard,
}

impl Log {
    pub(crate) fn of_this_thread() -> Self {
        let entries = Arc::<Mutex<Vec<Entry>>>::default();
        let until = tracing::subscriber::set_default(Listener(Arc::clone(&entries)));
        Self {
            entries,
            _until: until,
        }
    }

    pub(crate) fn clear(&self) {
        lock(&self.entries).clear();
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        let entries = lock(&self.entries);
        entries.iter().map(|entry| entry.message.clone()).collect()
    }

    /// How often somebody took the reservation over.
    pub(crate) fn takeovers(&self) -> usize {
        let entries = lock(&self.entries);
        let taken = entries
            .iter()
            .filter(|entry| entry.message.starts_with("taking over"));
        taken.count()
    }

    pub(crate) fn names_as_surplus(&self, key_arn: &str) -> bool {
        let entries = lock(&self.entries);
        entries
            .iter()
            .any(|entry| entry.surplus.as_deref() == Some(key_arn))
    }
}

struct Listener(Arc<Mutex<Vec<Entry>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("payment_keys")
    }

    fn event(&self, event: &Event<'_>) {
        let mut entry = Entry::default();
        event.record(&mut entry);
        lock(&self.0).push(entry);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Entry {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "surplus" {
            self.surplus = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

fn lock(entries: &Mutex<Vec<Entry>>) -> MutexGuard<'_, Vec<Entry>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}
