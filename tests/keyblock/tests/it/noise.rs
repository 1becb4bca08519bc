//! Random texts, from pure noise to blocks with a few characters changed: refused, without a panic.

use keyblock::SymmetricAlgorithm::{Aes128, Tdes2Key};
use keyblock::tr31::unwrap;
use proptest::prelude::*;

use crate::support::{any_case, key};

const KEY: &str = "0123456789ABCDEFFEDCBA9876543210";

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_text_causes_a_panic(text in ".{0,300}") {
        let protection_key = key(Aes128, KEY);
        prop_assert!(unwrap(&text, &protection_key).is_err());
    }

    #[test]
    fn no_text_that_looks_like_a_block_causes_a_panic(
        text in "[A-D]00[0-9]{2}[BKMP][01][ATH][BNX]00E0[0-3]00(HM0[0-9]|PB|[0-9A-F]{2}|.){0,120}",
    ) {
        let text = format!("{}{:04}{}", &text[..1], text.len(), &text[5..]);
        for algorithm in [Aes128, Tdes2Key] {
            prop_assert!(unwrap(&text, &key(algorithm, KEY)).is_err());
        }
    }

    #[test]
    fn no_mutation_of_a_block_is_accepted(
        case in any_case(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, "[ -~]"), 1..6),
    ) {
        let block = case.wrap();
        let mut mutated: Vec<char> = block.chars().collect();
        for (position, kind, with) in mutations {
            if mutated.is_empty() {
                break;
            }
            let position = position.index(mutated.len());
            match kind {
                0 => { mutated.remove(position); }
                1 => mutated.extend(with.chars()),
                2 => mutated.splice(position..position, with.chars()).for_each(drop),
                _ => mutated.truncate(position.max(1)),
            }
        }
        let mut mutated = String::from_iter(mutated);
        // With a length that agrees, so that more is read than the first fields.
        if mutated.len() > 5 && mutated.len() <= 9999 && mutated.is_ascii() {
            let length = format!("{:04}", mutated.len());
            mutated.replace_range(1..5, &length);
        }
        prop_assume!(mutated != block);
        prop_assert!(unwrap(&mutated, &case.protection_key).is_err());
    }
}
