//! What holds for every message.

use keyblock::SymmetricAlgorithm::{self, Aes128, Tdes2Key, Tdes3Key};
use keyblock::tr31::{BlockId, Exportability, Header, KeyUsage, ModeOfUse, Version};
use keyblock::tr34::{Freshness, Nonce, RANDOM_LENGTH, unwrap, wrap};
use proptest::prelude::*;
use strum::VariantArray;

use super::parties::{RECIPIENT, SENDER};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn what_was_wrapped_is_unwrapped(case in any_case()) {
        let message = case.wrap();
        let recipient = RECIPIENT.as_recipient();
        let unwrapped = unwrap(&message, &SENDER.certificate, &recipient, case.nonce()).unwrap();
        prop_assert_eq!(unwrapped.header, case.header);
        prop_assert_eq!(unwrapped.freshness, case.freshness);
        prop_assert_eq!(unwrapped.key.algorithm(), case.algorithm);
        prop_assert!(unwrapped.key.bytes().expose() == case.key);
    }

    #[test]
    fn no_mutation_of_a_message_is_accepted(
        case in any_case(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..4, any::<u8>()), 1..6),
    ) {
        let message = case.wrap();
        let mut mutated = message.clone();
        for (position, kind, with) in mutations {
            if mutated.is_empty() {
                break;
            }
            let position = position.index(mutated.len());
            match kind {
                0 => { mutated.remove(position); }
                1 => mutated.push(with),
                2 => mutated.insert(position, with),
                _ => mutated[position] = with,
            }
        }
        prop_assume!(mutated != message);
        // With the nonce that it answers, so that it is not refused for that alone.
        let recipient = RECIPIENT.as_recipient();
        prop_assert!(unwrap(&mutated, &SENDER.certificate, &recipient, case.nonce()).is_err());
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let recipient = RECIPIENT.as_recipient();
        prop_assert!(unwrap(&bytes, &SENDER.certificate, &recipient, None).is_err());
        prop_assert!(unwrap(&bytes, &bytes, &recipient, None).is_err());
    }
}

/// Everything that goes into a message.
struct Case {
    algorithm: SymmetricAlgorithm,
    key: Vec<u8>,
    header: Header,
    freshness: Freshness,
    random: [u8; RANDOM_LENGTH],
}

impl Case {
    /// The nonce that the receiver expects to find.
    fn nonce(&self) -> Option<&Nonce> {
        match &self.freshness {
            Freshness::Nonce(nonce) => Some(nonce),
            Freshness::SigningTime(_) => None,
        }
    }

    fn wrap(&self) -> Vec<u8> {
        let key = keyblock::ClearKey::new(self.algorithm, self.key.clone().into()).unwrap();
        wrap(
            &key,
            &self.header,
            &SENDER.as_sender(),
            &RECIPIENT.certificate,
            &self.freshness,
            &self.random,
        )
        .unwrap()
    }
}

// Key bytes stay out of the output, as everywhere.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:?} {:?} {:?}",
            self.algorithm, self.header, self.freshness
        )
    }
}

fn any_case() -> impl Strategy<Value = Case> {
    let freshness = prop_oneof![
        prop::collection::vec(any::<u8>(), 8..=16)
            .prop_map(|nonce| Freshness::Nonce(Nonce::new(&nonce).unwrap())),
        (0_i64..2_524_608_000).prop_map(Freshness::SigningTime),
    ];
    // PB is padding and not among these.
    let id = "[0-9AC-OQ-Z][0-9A-Z]".prop_map(|id| id.parse::<BlockId>().unwrap());
    (
        prop::sample::select(vec![Tdes2Key, Tdes3Key, Aes128]),
        prop::array::uniform24(any::<u8>()),
        prop::sample::select(KeyUsage::VARIANTS),
        prop::sample::select(ModeOfUse::VARIANTS),
        prop::sample::select(Exportability::VARIANTS),
        prop::sample::select(Version::VARIANTS),
        prop::collection::vec((id, "[ -~]{0,300}"), 0..4),
        freshness,
        prop::array::uniform::<_, RANDOM_LENGTH>(any::<u8>()),
    )
        .prop_map(
            |(algorithm, key, usage, mode, exportability, version, blocks, freshness, random)| {
                let mut header = Header::new(usage, algorithm, mode, version);
                header.exportability = exportability;
                for (id, data) in blocks {
                    // A second block of the same id is refused; the first then stands alone.
                    let _ = header.optional_blocks.push(id, &data);
                }
                Case {
                    algorithm,
                    key: key[..algorithm.key_length()].to_vec(),
                    header,
                    freshness,
                    random,
                }
            },
        )
}
