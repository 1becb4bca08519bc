//! How long the service takes, which the emulator does not unless a test asks.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::protocol::operation::Operation;

/// Answers come as late as the service's, times a factor: 1 for the service's own pace, 0.1 for a
/// tenth of it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", try_from = "Wire")]
pub struct Latencies {
    factor: f64,
}

impl Latencies {
    /// Scaled by a factor of more than 0 and at most 1000.
    pub fn scaled(factor: f64) -> Result<Self, UnreadableLatencies> {
        if factor > 0.0 && factor <= 1000.0 {
            Ok(Self { factor })
        } else {
            Err(UnreadableLatencies)
        }
    }

    /// By what the service's latencies are multiplied.
    pub fn factor(self) -> f64 {
        self.factor
    }

    /// How long a request takes. INFERRED: all of it; no document of AWS's that was found has these
    /// figures, and one that fails is taken to be as late as one that succeeds.
    fn of(self, operation: Operation, body: &[u8]) -> Duration {
        let millis = match operation {
            Operation::CreateKey => 254,
            Operation::ExportKey if is_tr34(body) => 116,
            Operation::GetParametersForExport => 1_370,
            Operation::GetParametersForImport => 1_830,
            Operation::ImportKey => 285,
            _ => 20,
        };
        Duration::from_millis(millis).mul_f64(self.factor)
    }
}

/// The pace of the service.
impl Default for Latencies {
    fn default() -> Self {
        Self { factor: 1.0 }
    }
}

impl FromStr for Latencies {
    type Err = UnreadableLatencies;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::scaled(text.parse().map_err(|_| UnreadableLatencies)?)
    }
}

impl TryFrom<Wire> for Latencies {
    type Error = UnreadableLatencies;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Self::scaled(wire.factor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    factor: f64,
}

/// A factor that is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the factor of latencies is more than 0 and at most 1000")]
pub struct UnreadableLatencies;

/// The latencies that are set, if any, without a lock: the bits of the factor, which is never 0.
#[derive(Debug, Default)]
pub(crate) struct LatencySwitch(AtomicU64);

impl LatencySwitch {
    pub(crate) fn set(&self, latencies: Option<Latencies>) {
        let factor = latencies.map_or(0.0, Latencies::factor);
        self.0.store(factor.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<Latencies> {
        let factor = f64::from_bits(self.0.load(Ordering::Relaxed));
        (factor != 0.0).then_some(Latencies { factor })
    }

    /// How long a request is to take.
    pub(crate) fn of(&self, operation: Operation, body: &[u8]) -> Option<Duration> {
        Some(self.get()?.of(operation, body))
    }
}

/// Whether an export makes a TR-34 key block. A body that says neither is refused in any case.
fn is_tr34(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Export {
        key_material: Material,
    }

    #[derive(Deserialize)]
    struct Material {
        #[serde(rename = "Tr34KeyBlock")]
        tr34_key_block: Option<IgnoredAny>,
    }

    serde_json::from_slice::<Export>(body)
        .is_ok_and(|export| export.key_material.tr34_key_block.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_those_of_the_operation_times_the_factor() {
        let millis = |operation, body: &str| {
            let latency = Latencies::default().of(operation, body.as_bytes());
            latency.as_millis()
        };
        assert_eq!(millis(Operation::CreateKey, "{}"), 254);
        assert_eq!(millis(Operation::GetParametersForExport, "{}"), 1_370);
        assert_eq!(millis(Operation::GetParametersForImport, "{}"), 1_830);
        assert_eq!(millis(Operation::ImportKey, "{}"), 285);
        assert_eq!(millis(Operation::ListKeys, "{}"), 20);
        let tr34 = r#"{"ExportKeyIdentifier":"alias/x","KeyMaterial":{"Tr34KeyBlock":{"A":[]}}}"#;
        assert_eq!(millis(Operation::ExportKey, tr34), 116);
        for other in ["", "{}", r#"{"KeyMaterial":{"KeyCryptogram":{}}}"#] {
            assert_eq!(millis(Operation::ExportKey, other), 20);
        }

        let tenth = Latencies::scaled(0.1).unwrap();
        let latency = tenth.of(Operation::GetParametersForImport, b"");
        assert_eq!(latency, Duration::from_millis(183));
    }

    #[test]
    fn latencies_are_off_until_they_are_set() {
        let switch = LatencySwitch::default();
        assert_eq!(switch.of(Operation::CreateKey, b""), None);
        let half = "0.5".parse::<Latencies>().unwrap();
        switch.set(Some(half));
        assert_eq!(switch.get(), Some(half));
        switch.set(None);
        assert_eq!(switch.get(), None);
        for wrong in ["", "0", "-1", "NaN", "inf", "1001", "1s"] {
            assert!(wrong.parse::<Latencies>().is_err(), "{wrong}");
        }
    }
}
