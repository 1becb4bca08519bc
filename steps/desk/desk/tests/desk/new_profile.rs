//! `ceremony profile new`, as most tests of it type it.

use crate::desk::{Desk, Ran};

/// For a folder of acme, with `options` besides or instead of the usual.
pub(crate) fn new_profile(desk: &Desk, options: &[&str]) -> Ran {
    let mut arguments = vec!["profile", "new"];
    for usual in [
        ["--partner", "acme"],
        ["--environment", "production"],
        ["--data-type", "cardholder"],
        ["--identity", emulated::UID],
        ["--signed-prefix", "10000TPAEAY"],
    ] {
        if !options.contains(&usual[0]) {
            arguments.extend(usual);
        }
    }
    arguments.extend(options);
    desk.ceremony(&arguments)
}
