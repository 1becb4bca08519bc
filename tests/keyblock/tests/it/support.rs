//! What the tests share.

use ceremony::tr31::KeyBlock;
use keyblock::tr31::{
    BlockId, Exportability, Header, KeyUsage, LengthMasking, ModeOfUse, RANDOM_LENGTH, Version,
    wrap,
};
use keyblock::{ClearKey, HmacHash, SymmetricAlgorithm};
use proptest::prelude::*;
use strum::VariantArray;

pub(crate) fn key(algorithm: SymmetricAlgorithm, hexadecimal: &str) -> ClearKey {
    ClearKey::new(algorithm, hex::decode(hexadecimal).unwrap().into()).unwrap()
}

/// Everything that goes into a key block.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) key: ClearKey,
    pub(crate) header: Header,
    pub(crate) masking: LengthMasking,
    pub(crate) protection_key: ClearKey,
    pub(crate) random: [u8; RANDOM_LENGTH],
}

impl Case {
    pub(crate) fn wrap(&self) -> String {
        wrap(
            &self.key,
            &self.header,
            self.masking,
            &self.protection_key,
            &self.random,
        )
        .unwrap()
    }
}

/// The product's domain, which has a reader of its own, reads from the block what is in this header.
pub(crate) fn reads_the_same(block: &str, header: &Header) {
    let read = KeyBlock::read(block).unwrap();
    assert_eq!(read.as_str(), block);
    let found = read.header();
    let letter = |text: &'static str| text.chars().next().unwrap();
    assert_eq!(found.version, letter(header.version.into()));
    let usage: &str = header.key_usage.into();
    assert_eq!(found.usage, usage);
    assert_eq!(found.algorithm, letter(header.algorithm.into()));
    assert_eq!(found.mode, letter(header.mode_of_use.into()));
    assert_eq!(found.key_version, header.key_version.to_string());
    assert_eq!(found.exportability, letter(header.exportability.into()));
    // This reader drops the padding, the domain's tells it.
    let blocks = found.optional_blocks.iter();
    let blocks = blocks.filter(|block| block.id != "PB");
    let blocks: Vec<_> = blocks
        .map(|block| (block.id.clone(), block.data.as_str()))
        .collect();
    let expected = header.optional_blocks.iter();
    let expected: Vec<_> = expected.map(|(id, data)| (id.to_string(), data)).collect();
    assert_eq!(blocks, expected);
}

// Key bytes stay out of the output, as everywhere.
impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.key.algorithm(), self.header)
    }
}

/// Any block that can be made, of every version, algorithm and length.
pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    prop::sample::select(Version::VARIANTS).prop_flat_map(any_case_of)
}

/// Any block of this version that can be made.
pub(crate) fn any_case_of(version: Version) -> impl Strategy<Value = Case> {
    let protection_key = match version {
        Version::A | Version::B | Version::C => any_key(TDES),
        Version::D => any_key(AES),
    };
    let parts = (
        protection_key,
        prop_oneof![any_key(TDES), any_key(AES), any_hmac_key()],
        prop::sample::select(KeyUsage::VARIANTS),
        prop::sample::select(ModeOfUse::VARIANTS),
        prop::sample::select(Exportability::VARIANTS),
        "[0-9A-Zc][0-9A-Z]",
        any_optional_blocks(),
        prop::bool::ANY,
        prop::array::uniform::<_, RANDOM_LENGTH>(any::<u8>()),
    );
    parts.prop_map(
        move |(
            protection_key,
            key,
            usage,
            mode,
            exportability,
            key_version,
            blocks,
            masked,
            random,
        )| {
            let mut header = Header::new(usage, key.0, mode, version);
            header.exportability = exportability;
            header.key_version = key_version.parse().unwrap();
            for (id, data) in blocks {
                // A second block of the same id is refused; the first then stands alone.
                let _ = header.optional_blocks.push(id, &data);
            }
            let masking = if masked {
                LengthMasking::Maximum
            } else {
                LengthMasking::None
            };
            Case {
                key: clear_key(key),
                header,
                masking,
                protection_key: clear_key(protection_key),
                random,
            }
        },
    )
}

const AES: &[SymmetricAlgorithm] = &[
    SymmetricAlgorithm::Aes128,
    SymmetricAlgorithm::Aes192,
    SymmetricAlgorithm::Aes256,
];

const TDES: &[SymmetricAlgorithm] = &[SymmetricAlgorithm::Tdes2Key, SymmetricAlgorithm::Tdes3Key];

/// A key that can still be shown, as a strategy demands of what it makes.
type KeyParts = (SymmetricAlgorithm, Vec<u8>);

fn clear_key((algorithm, bytes): KeyParts) -> ClearKey {
    ClearKey::new(algorithm, bytes.into()).unwrap()
}

fn any_key(algorithms: &'static [SymmetricAlgorithm]) -> BoxedStrategy<KeyParts> {
    (
        prop::sample::select(algorithms),
        prop::array::uniform32(any::<u8>()),
    )
        .prop_map(|(algorithm, bytes)| (algorithm, bytes[..algorithm.key_length()].to_vec()))
        .boxed()
}

fn any_hmac_key() -> BoxedStrategy<KeyParts> {
    let hashes = [
        HmacHash::Sha224,
        HmacHash::Sha256,
        HmacHash::Sha384,
        HmacHash::Sha512,
    ];
    (
        prop::sample::select(hashes.to_vec()),
        prop::collection::vec(any::<u8>(), 1..200),
    )
        .prop_map(|(hash, bytes)| (SymmetricAlgorithm::Hmac(hash), bytes))
        .boxed()
}

/// Few and short, few and long (so that lengths are extended), or many.
fn any_optional_blocks() -> impl Strategy<Value = Vec<(BlockId, String)>> {
    // HM follows from the key and PB from the length; neither is among these.
    let id = "[0-9AC-GI-OQ-Z][0-9A-Z]".prop_map(|id| id.parse::<BlockId>().unwrap());
    prop_oneof![
        prop::collection::vec((id.clone(), "[ -~]{0,40}".boxed()), 0..4),
        prop::collection::vec((id.clone(), "[ -~]{240,600}".boxed()), 1..3),
        prop::collection::vec((id, "[0-9A-Z]{0,9}".boxed()), 20..60),
    ]
}
