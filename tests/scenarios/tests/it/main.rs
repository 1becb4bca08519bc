//! Scenarios, each named for its event. All happen at once on one stack.

mod approvals;
mod arrivals;
mod buckets;
mod by_hand;
mod certificates;
mod conditions;
mod controls;
mod enrolment;
mod existing_keys;
mod initial_keys;
mod interrupted_fleets;
mod interruptions;
mod methods;
mod packages;
mod profiles;
mod reconciliation;
mod rehearsed;
mod revocation;
mod unusable_files;
mod working_keys;
