//! Initial keys for a fleet of terminals: DUKPT (ANSI X9.24-1 for TDES, X9.24-3 for AES).
//!
//! A request names a base derivation key (BDK) and an inventory of key serial numbers (KSNs). The
//! inventory is fixed before anything is exported, by its digest, and the run reconciles with it:
//! every serial number exactly once (PCI PIN 30-3).
//!
//! | module | holds |
//! | --- | --- |
//! | [`serial_number`] | a KSN: who the terminal is |
//! | [`bdk`] | which BDK goes with which serial numbers and leaves under which KEK |
//! | [`request`] | what a request asks for and what a profile allows |
//! | [`receiver`] | whose certified key initial keys leave under by TR-34 |
//! | [`inventory`], [`csv`] | serial numbers, read line by line from a list of any length |
//! | [`agreed`] | the same, held to the digest that a request names |
//! | [`run`] | what one run is made of, and its batches |
//! | [`outcome`] | what became of each terminal |
//! | [`progress`] | how far a run is, and when it will be done |

pub mod agreed;
pub mod bdk;
mod csv;
pub mod inventory;
pub mod outcome;
pub mod progress;
pub mod receiver;
pub mod request;
pub mod run;
pub mod serial_number;

pub use agreed::{AgreedInventory, UnfitInventory};
pub use bdk::{Bdk, BdkAlgorithm, UnfitBdk};
pub use inventory::{Fault, Format, InventoryReader, MalformedInventory, Terminals, What};
pub use outcome::{BatchResult, Outcome, Tally};
pub use progress::expected_end;
pub use receiver::{Addressee, Receiver, Unproven};
pub use request::{AllowedBdk, Exchange, InitialKeys, InventoryFile, KeySet};
pub use run::{BATCH, Batch, Derivation, FleetAsked, Inventory, Leaf, Plan, Run, Under};
pub use serial_number::{InitialKeyId, MalformedSerialNumber, SerialNumber};
