//! What holds for every key block.

use keyblock::tr31::{Header, Tr31Error, unwrap};
use proptest::prelude::*;

use crate::support::any_case;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn what_was_wrapped_is_unwrapped(case in any_case()) {
        let block = case.wrap();
        let unwrapped = unwrap(&block, &case.protection_key).unwrap();
        prop_assert_eq!(unwrapped.header, case.header);
        prop_assert_eq!(unwrapped.key.algorithm(), case.key.algorithm());
        prop_assert!(unwrapped.key.bytes().expose() == case.key.bytes().expose());
    }

    #[test]
    fn a_written_header_reads_the_same(case in any_case(), remaining in 0_usize..100) {
        let text = case.header.encode(remaining, &case.random).unwrap();
        let decoded = Header::decode(&text).unwrap();
        prop_assert_eq!(decoded.header, case.header);
        prop_assert_eq!(decoded.encoded_length, text.len());
        prop_assert_eq!(decoded.declared_length, text.len() + remaining);
    }

    #[test]
    fn a_block_does_not_open_under_another_key_of_the_same_kind(
        case in any_case(),
        other in any_case(),
    ) {
        prop_assume!(case.protection_key.bytes().expose() != other.protection_key.bytes().expose());
        prop_assume!(case.header.version.accepts_protection_key(other.protection_key.algorithm()));
        let refused = unwrap(&case.wrap(), &other.protection_key);
        prop_assert_eq!(refused.err(), Some(Tr31Error::Mac));
    }
}
