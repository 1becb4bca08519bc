//! What a TR-31 key block says of its key in clear (ANSI X9.143): its header. Opens nothing.
//!
//! Payment Cryptography is asked for a key of some usage, mode and exportability; whether that is
//! what left stands in the block that comes back, under its MAC.

mod check_value;

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::algorithms::KekAlgorithm;
use crate::text::shown;

pub use check_value::agree;

/// A block that is well-formed as far as it can be read without its key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyBlock {
    text: String,
    header: Header,
    /// Of what is encrypted: two that tell a length, the key, and padding.
    payload_bytes: usize,
}

/// A header: sixteen characters, and the optional blocks.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// `A` to `D`: how the block is protected.
    pub version: char,
    /// `K0`, say.
    pub usage: String,
    /// `T` for TDES, `A` for AES, `H` for HMAC.
    pub algorithm: char,
    /// `B`, say: encrypt, decrypt, wrap and unwrap.
    pub mode: char,
    pub key_version: String,
    /// `E` exportable, `S` sensitive, `N` not exportable.
    pub exportability: char,
    pub optional_blocks: Vec<OptionalBlock>,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OptionalBlock {
    /// `KS`, say.
    pub id: String,
    pub data: String,
}

/// Characters of a header without optional blocks.
const FIXED: usize = 16;

/// The optional block that fills a header up to whole cipher blocks.
const PADDING: &str = "PB";

impl KeyBlock {
    /// Reads the header, and holds what follows to the length and the form that it announces.
    pub fn read(text: &str) -> Result<Self, MalformedKeyBlock> {
        use MalformedKeyBlock as Malformed;
        if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(Malformed::NotText);
        }
        let version = text.chars().next().unwrap_or_default();
        let (mac_digits, unit) = match version {
            'A' | 'C' => (8, 8),
            'B' => (16, 8),
            'D' => (32, 16),
            _ => return Err(Malformed::VersionUnknown),
        };
        let declared = number(text.get(1..5), 10).ok_or(Malformed::HeaderCut)?;
        if declared != text.len() {
            let found = text.len();
            return Err(Malformed::LengthWrong { declared, found });
        }
        let count = number(text.get(12..14), 10).ok_or(Malformed::HeaderCut)?;
        if text.get(14..FIXED) != Some("00") {
            return Err(Malformed::HeaderCut);
        }
        let (optional_blocks, end) = optional_blocks(text, count)?;
        let protected = text.get(end..).unwrap_or_default();
        let is_hex = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
        let digits = protected.len();
        if end % unit != 0
            || !protected.bytes().all(is_hex)
            || digits <= mac_digits
            || (digits - mac_digits) % (2 * unit) != 0
        {
            return Err(Malformed::BodyMalformed);
        }
        let part = |range: Range<usize>| text.get(range).unwrap_or_default().to_owned();
        let letter = |at: usize| text.chars().nth(at).unwrap_or_default();
        Ok(Self {
            header: Header {
                version,
                usage: part(5..7),
                algorithm: letter(7),
                mode: letter(8),
                key_version: part(9..11),
                exportability: letter(11),
                optional_blocks,
            },
            text: text.to_owned(),
            payload_bytes: (digits - mac_digits) / 2,
        })
    }

    /// Whether a key of so many bytes fits into it, behind the two that tell its length. How much padding
    /// follows is its sender's choice: some HSMs hide how long a key is, and some do not.
    pub fn has_room_for(&self, key_bytes: usize) -> bool {
        self.payload_bytes >= 2 + key_bytes
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Header {
    /// Reads the sixteen characters that a TR-34 block repeats, whose version and length mean nothing
    /// there.
    pub fn read_fixed(text: &str) -> Result<Self, MalformedKeyBlock> {
        let printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        let characters: Vec<char> = text.chars().collect();
        let [
            version,
            _,
            _,
            _,
            _,
            u,
            v,
            algorithm,
            mode,
            x,
            y,
            exportability,
            ..,
        ] = characters[..]
        else {
            return Err(MalformedKeyBlock::HeaderCut);
        };
        if !printable || characters.len() != FIXED || text.get(12..) != Some("0000") {
            return Err(MalformedKeyBlock::HeaderCut);
        }
        Ok(Self {
            version,
            usage: [u, v].iter().collect(),
            algorithm,
            mode,
            key_version: [x, y].iter().collect(),
            exportability,
            optional_blocks: Vec::new(),
        })
    }
}

/// What a header was asked to say.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub version: char,
    /// One of these.
    pub usages: &'a [&'a str],
    pub algorithm: char,
    /// One of these.
    pub modes: &'a [&'a str],
    /// One of these.
    pub exportabilities: &'a [&'a str],
    /// Exactly these, by id and data, in any order; and padding, which may be added.
    pub optional_blocks: &'a [(&'a str, &'a str)],
}

/// Versions are not used here: a key that has one may be an older one, or a component of a key.
const NO_VERSION: &str = "00";

impl Header {
    /// Whether it says what was asked for; if not, the first field that does not.
    pub fn answers(&self, asked: &Asked<'_>) -> Result<(), HeaderDiffers> {
        self.answers_but_for(asked, &[])
    }

    /// The same of a header to which its author may have added optional blocks of these kinds, whatever
    /// they say. One that was asked for says what was asked for all the same.
    pub fn answers_but_for(&self, asked: &Asked<'_>, added: &[&str]) -> Result<(), HeaderDiffers> {
        let found = [self.version, self.algorithm, self.mode, self.exportability];
        let [version, algorithm, mode, exportability] = found.map(String::from);
        let [asked_version, asked_algorithm] = [asked.version, asked.algorithm].map(String::from);
        let fields: [(&'static str, &str, &[&str]); 6] = [
            ("version", &version, &[&asked_version]),
            ("usage", &self.usage, asked.usages),
            ("algorithm", &algorithm, &[&asked_algorithm]),
            ("mode of use", &mode, asked.modes),
            ("key version", &self.key_version, &[NO_VERSION]),
            ("exportability", &exportability, asked.exportabilities),
        ];
        for (field, found, asked) in fields {
            if !asked.contains(&found) {
                return Err(HeaderDiffers::Field {
                    field,
                    found: shown(found),
                    asked: asked.join(" or "),
                });
            }
        }
        let is_asked_for = |id: &str| asked.optional_blocks.iter().any(|(it, _)| *it == id);
        let is_added = |id: &str| id == PADDING || added.contains(&id);
        let found = self.optional_blocks.iter();
        let found = found.filter(|it| is_asked_for(&it.id) || !is_added(&it.id));
        let mut found: Vec<_> = found.map(|it| (it.id.as_str(), it.data.as_str())).collect();
        let mut blocks = asked.optional_blocks.to_vec();
        found.sort_unstable();
        blocks.sort_unstable();
        if found == blocks {
            Ok(())
        } else {
            Err(HeaderDiffers::OptionalBlocks)
        }
    }
}

/// A header says something else than was asked for.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum HeaderDiffers {
    #[error("its {field} is `{found}`, {asked} was asked for")]
    Field {
        field: &'static str,
        found: String,
        asked: String,
    },
    #[error("its optional blocks are others than were asked for")]
    OptionalBlocks,
}

/// What a header says of a key of this algorithm (X9.143 table 3).
pub fn letter_of(algorithm: KekAlgorithm) -> char {
    match algorithm {
        KekAlgorithm::AES_128 | KekAlgorithm::AES_192 | KekAlgorithm::AES_256 => 'A',
        KekAlgorithm::TDES_2KEY | KekAlgorithm::TDES_3KEY => 'T',
    }
}

/// The version of a block that a key of this algorithm protects, as Payment Cryptography makes them.
/// INFERRED for TDES keys that were derived: the user guide says so of those that are stored.
pub fn version_under(protection: KekAlgorithm) -> char {
    match letter_of(protection) {
        'A' => 'D',
        _ => 'B',
    }
}

/// The optional blocks, and where they end.
fn optional_blocks(
    text: &str,
    count: usize,
) -> Result<(Vec<OptionalBlock>, usize), MalformedKeyBlock> {
    let (mut blocks, mut at): (Vec<OptionalBlock>, usize) = (Vec::new(), FIXED);
    for position in 1..=count {
        let malformed = MalformedKeyBlock::OptionalBlockMalformed { at };
        let id = text.get(at..at + 2).ok_or(malformed.clone())?;
        // No two have the same id, and padding stands last (X9.143 clause 6.3.6).
        let is_id = id
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let is_out_of_place = id == PADDING && position != count;
        if !is_id || is_out_of_place || blocks.iter().any(|block| block.id == id) {
            return Err(malformed);
        }
        let short = number(text.get(at + 2..at + 4), 16).ok_or(malformed.clone())?;
        // A length of zero says that a longer one follows: how many digits it has, then those.
        let (length, data_at) = if short == 0 {
            let digits = number(text.get(at + 4..at + 6), 16).ok_or(malformed.clone())?;
            let length = number(text.get(at + 6..at + 6 + 2 * digits), 16);
            (length.ok_or(malformed.clone())?, at + 6 + 2 * digits)
        } else {
            (short, at + 4)
        };
        let data = text.get(data_at..at.saturating_add(length));
        blocks.push(OptionalBlock {
            id: id.to_owned(),
            data: data.ok_or(malformed)?.to_owned(),
        });
        at += length;
    }
    Ok((blocks, at))
}

/// Digits and nothing else: no sign, no space, no lower case.
fn number(digits: Option<&str>, radix: u32) -> Option<usize> {
    let digits = digits.filter(|digits| (1..=8).contains(&digits.len()))?;
    let is_digit = |c: char| c.is_digit(radix) && !c.is_ascii_lowercase();
    let all = digits.chars().all(is_digit);
    all.then(|| usize::from_str_radix(digits, radix).ok())?
}

/// As X9.143 writes it, with the length of the block left out: `D K0 A B 00 E`.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version,
            usage,
            algorithm,
            mode,
            key_version,
            exportability,
            ..
        } = self;
        write!(
            f,
            "{version} {usage} {algorithm} {mode} {key_version} {exportability}"
        )
    }
}

/// Why text is no key block. None of these repeats it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MalformedKeyBlock {
    #[error("what follows its header is no ciphertext and MAC in upper-case hex")]
    BodyMalformed,
    #[error("its header is cut off, or has something else where digits belong")]
    HeaderCut,
    #[error("its header says {declared} characters, and it has {found}")]
    LengthWrong { declared: usize, found: usize },
    #[error("it has characters that are not printable ASCII")]
    NotText,
    #[error("its optional block at character {at} is malformed")]
    OptionalBlockMalformed { at: usize },
    #[error("it does not begin with a version that is known: A, B, C or D")]
    VersionUnknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ANSI X9.24 sample, opened with psec.
    const WITH_KS: &str = "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C4738A52190E248719E24B433627";
    const PLAIN: &str = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

    #[test]
    fn a_header_is_told_field_by_field() {
        let block = KeyBlock::read(PLAIN).unwrap();
        assert_eq!(block.header().to_string(), "D P0 A E 00 E");
        assert_eq!(block.header().optional_blocks, []);
        let block = KeyBlock::read(WITH_KS).unwrap();
        assert_eq!(block.header().to_string(), "B B0 T X 12 S");
        let ks = OptionalBlock {
            id: "KS".to_owned(),
            data: "00604B120F9292800000".to_owned(),
        };
        assert_eq!(block.header().optional_blocks, [ks]);
        assert_eq!(block.as_str(), WITH_KS);
    }

    #[test]
    fn what_is_cut_or_changed_is_no_block() {
        for cut in 0..PLAIN.len() {
            assert!(KeyBlock::read(&PLAIN[..cut]).is_err(), "{cut}");
        }
        for (from, to) in [
            ("D0112", "E0112"),
            ("D0112", "D0113"),
            ("D0112", "D+112"),
            ("0000B8", "0100B8"),
            ("0000B8", "0001B8"),
            ("B826", "b826"),
            ("B826", "B8\u{e9}"),
        ] {
            assert!(
                KeyBlock::read(&PLAIN.replacen(from, to, 1)).is_err(),
                "{to}"
            );
        }
        assert!(KeyBlock::read(&WITH_KS.replacen("KS18", "KS17", 1)).is_err());
        assert!(KeyBlock::read(&WITH_KS.replacen("KS18", "KSFF", 1)).is_err());
        assert!(KeyBlock::read(&WITH_KS.replacen("KS18", "KS03", 1)).is_err());
        assert!(KeyBlock::read(&WITH_KS.replacen("KS18", "ks18", 1)).is_err());
        assert!(KeyBlock::read(&WITH_KS.replacen("KS18", "PB18", 1)).is_ok());
        let twice = "0200KS0CAAAAAAAAKS0C";
        assert!(KeyBlock::read(&WITH_KS.replacen("0100KS18", twice, 1)).is_err());
    }

    #[test]
    fn what_was_asked_for_is_held_against_every_field() {
        let header = KeyBlock::read(PLAIN).unwrap().header().clone();
        let asked = Asked {
            version: 'D',
            usages: &["D0", "P0"],
            algorithm: 'A',
            modes: &["B", "E"],
            exportabilities: &["E"],
            optional_blocks: &[],
        };
        assert_eq!(header.answers(&asked), Ok(()));
        for (asked, words) in [
            (
                Asked {
                    version: 'B',
                    ..asked
                },
                "its version is `D`, B was",
            ),
            (
                Asked {
                    usages: &["K0", "K1"],
                    ..asked
                },
                "its usage is `P0`, K0 or K1 was",
            ),
            (
                Asked {
                    algorithm: 'T',
                    ..asked
                },
                "its algorithm is `A`, T was",
            ),
            (
                Asked {
                    modes: &["B"],
                    ..asked
                },
                "its mode of use is `E`, B was",
            ),
            (
                Asked {
                    exportabilities: &["N"],
                    ..asked
                },
                "its exportability is `E`, N was",
            ),
            (
                Asked {
                    optional_blocks: &[("KS", "00")],
                    ..asked
                },
                "its optional blocks are others",
            ),
        ] {
            let error = header.answers(&asked).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
        let component = Header {
            key_version: "c1".to_owned(),
            ..header.clone()
        };
        let error = component.answers(&asked).unwrap_err().to_string();
        assert!(error.starts_with("its key version is `c1`"), "{error}");
        let block = |id: &str, data: &str| OptionalBlock {
            id: id.to_owned(),
            data: data.to_owned(),
        };
        let padded = Header {
            optional_blocks: vec![block("KS", "00"), block("PB", "0000")],
            ..header
        };
        assert_eq!(padded.answers(&asked), Err(HeaderDiffers::OptionalBlocks));
        let with_ks = Asked {
            optional_blocks: &[("KS", "00")],
            ..asked
        };
        assert_eq!(padded.answers(&with_ks), Ok(()));
    }

    #[test]
    fn what_may_be_added_is_passed_over_and_what_was_asked_for_is_not() {
        let header = KeyBlock::read(WITH_KS).unwrap().header().clone();
        let asked = |optional_blocks| Asked {
            version: 'B',
            usages: &["B0"],
            algorithm: 'T',
            modes: &["X"],
            exportabilities: &["S"],
            optional_blocks,
        };
        let header = Header {
            key_version: "00".to_owned(),
            ..header
        };
        let with_other_data: &[(&str, &str)] = &[("KS", "00")];
        let exact: &[(&str, &str)] = &[("KS", "00604B120F9292800000")];
        assert_eq!(header.answers_but_for(&asked(&[]), &["KS"]), Ok(()));
        assert_eq!(header.answers_but_for(&asked(exact), &["KS"]), Ok(()));
        for (blocks, added) in [(with_other_data, &["KS"][..]), (&[], &["KC"]), (&[], &[])] {
            let refused = header.answers_but_for(&asked(blocks), added);
            assert_eq!(refused, Err(HeaderDiffers::OptionalBlocks), "{added:?}");
        }
    }

    /// An AES key of 16 bytes, in a block that hides its length and in one that does not.
    #[test]
    fn a_block_has_room_for_a_key_and_the_two_bytes_before_it() {
        let plain = KeyBlock::read(PLAIN).unwrap();
        assert!(plain.has_room_for(16) && plain.has_room_for(30));
        assert!(!plain.has_room_for(31) && !plain.has_room_for(32));
        let masked = "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557";
        assert!(KeyBlock::read(masked).unwrap().has_room_for(32));
    }

    #[test]
    fn the_header_in_a_tr34_block_has_sixteen_characters() {
        let header = Header::read_fixed("D0112K0TB00E0000").unwrap();
        assert_eq!(header.to_string(), "D K0 T B 00 E");
        for wrong in [
            "",
            "D0112K0TB00E000",
            "D0112K0TB00E00000",
            "D0112K0TB00E0100",
        ] {
            assert!(Header::read_fixed(wrong).is_err(), "{wrong}");
        }
    }
}
