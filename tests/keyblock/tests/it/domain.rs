//! The product's domain reads the headers of key blocks too, without a key and with a reader of its own.
//! Each of the two readers is held to the other.

use ceremony::tr31::KeyBlock;
use keyblock::SymmetricAlgorithm::{Aes128, Tdes2Key};
use keyblock::tr31::{Field, Tr31Error, unwrap};
use proptest::prelude::*;

use crate::support::{any_case, key, reads_the_same};

/// Whether a text is a key block as far as it can be read without its key, by this reader; nothing if
/// one of the attributes has a value that it does not know, about which the domain has no opinion.
fn is_well_formed(opened: Result<(), Tr31Error>) -> Option<bool> {
    match opened {
        Ok(()) | Err(Tr31Error::Mac) => Some(true),
        Err(Tr31Error::Value {
            field:
                Field::Algorithm
                | Field::Exportability
                | Field::KeyUsage
                | Field::KeyVersion
                | Field::ModeOfUse,
            ..
        }) => None,
        Err(_) => Some(false),
    }
}

/// One way to spoil a block.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(prop::sample::Index, char),
    /// Most of a block is ciphertext; this strikes its header.
    Header(usize, char),
    Insert(prop::sample::Index, char),
    Remove(prop::sample::Index),
    Cut(prop::sample::Index),
    /// Two halves change places, and the stated length remains.
    Turn(prop::sample::Index),
}

impl Mutation {
    fn apply(&self, text: &mut Vec<char>) {
        if text.is_empty() {
            return;
        }
        let length = text.len();
        match self {
            Self::Replace(at, with) => text[at.index(length)] = *with,
            Self::Header(at, with) => text[at % length] = *with,
            Self::Insert(at, what) => text.insert(at.index(length), *what),
            Self::Remove(at) => drop(text.remove(at.index(length))),
            Self::Cut(at) => text.truncate(at.index(length)),
            Self::Turn(at) => {
                let start = 16.min(length);
                let middle = at.index(length - start + 1);
                text[start..].rotate_left(middle);
            }
        }
    }
}

fn any_mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<prop::sample::Index>;
    // What headers are written with more often than not, so that a spoilt one may still be one.
    let character = prop_oneof![
        prop::char::range('0', '9'),
        prop::char::range('A', 'F'),
        prop::sample::select(vec!['B', 'D', 'K', 'P', 'S', 'c', ' ', '~', 'é', '\0']),
    ];
    prop_oneof![
        4 => (0_usize..40, character.clone()).prop_map(|(at, with)| Mutation::Header(at, with)),
        2 => (at(), character.clone()).prop_map(|(at, with)| Mutation::Replace(at, with)),
        1 => (at(), character).prop_map(|(at, what)| Mutation::Insert(at, what)),
        1 => at().prop_map(Mutation::Remove),
        1 => at().prop_map(Mutation::Cut),
        1 => at().prop_map(Mutation::Turn),
    ]
}

fn agree(text: &str) -> Result<(), TestCaseError> {
    // Any key of the kind that the version takes: what it says of the MAC does not matter.
    let algorithm = if text.starts_with('D') {
        Aes128
    } else {
        Tdes2Key
    };
    let opened = unwrap(text, &key(algorithm, "0123456789ABCDEFFEDCBA9876543210"));
    let read = KeyBlock::read(text);
    if let Some(expected) = is_well_formed(opened.map(drop)) {
        prop_assert_eq!(read.is_ok(), expected, "{}: {:?}", text, read);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn the_domain_reads_what_was_wrapped(case in any_case()) {
        reads_the_same(&case.wrap(), &case.header);
    }

    #[test]
    fn the_domain_refuses_what_is_refused_here(
        case in any_case(),
        mutations in prop::collection::vec(any_mutation(), 1..4),
    ) {
        let mut text: Vec<char> = case.wrap().chars().collect();
        for mutation in &mutations {
            mutation.apply(&mut text);
        }
        agree(&text.into_iter().collect::<String>())?;
    }
}
