//! From the bytes of a dropped file to its lines: each with a name, and a block whose header can be read.
//!
//! A file as a whole is refused where nothing of it can be read, and where it holds what must not lie in the
//! inbox: a private key, or what may be a key in the clear. Not a byte of it is repeated.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::place::{Form, KeysPlace};
use super::refused::Refused;
use crate::bundle::private_key_in;
use crate::key_import::attributes::Kcv;
use crate::key_import::encoding;
use crate::key_import::refused::Refused as Unreadable;
use crate::tr31::KeyBlock;
use crate::working_keys::MalformedOrder;
use crate::working_keys::order::KeyName;

/// Keys that a profile can allow one file to have: their import takes some minutes, and a step has fifteen.
pub const MOST_KEYS: usize = 100;

/// A line of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// The first is 1.
    pub number: usize,
    /// None where it cannot be read.
    pub name: Option<KeyName>,
    pub read: Result<Sent, Refused>,
}

/// A block that can be read, with what its sender says of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sent {
    pub block: KeyBlock,
    pub kcv: Option<Kcv>,
}

/// A line of JSON as it is written. Unknown members are errors.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    name: KeyName,
    key_block: String,
    #[serde(default)]
    kcv: Option<Kcv>,
}

/// Its name, where nothing else of it can be read.
#[derive(Deserialize)]
struct Named {
    name: KeyName,
}

/// Reads the lines of a file, of which there are so many at most.
pub fn lines(place: &KeysPlace, file: &[u8], most: usize) -> Result<Vec<Line>, UnusableFile> {
    if let Some(form) = private_key_in(file) {
        return Err(UnusableFile::PrivateKey(form));
    }
    match place.form {
        Form::Tr31 => one_block(&place.name, file),
        Form::Jsonl => several(file, most),
    }
}

fn one_block(name: &str, file: &[u8]) -> Result<Vec<Line>, UnusableFile> {
    let block = encoding::tr31(file).map_err(|why| UnusableFile::of_line(1, why.into()))?;
    Ok(vec![Line {
        number: 1,
        // It is one: the place of such a file has no other.
        name: KeyName::try_from(name.to_owned()).ok(),
        read: Ok(Sent { block, kcv: None }),
    }])
}

fn several(file: &[u8], most: usize) -> Result<Vec<Line>, UnusableFile> {
    let text = std::str::from_utf8(file).map_err(|_| UnusableFile::NoText)?;
    let written = text.lines().enumerate();
    let written: Vec<_> = written
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let found = written.len();
    if found > most {
        return Err(UnusableFile::TooManyKeys { found, most });
    }
    let read = written
        .into_iter()
        .map(|(index, line)| one(index + 1, line));
    let mut lines: Vec<Line> = read.collect();
    if let Some(secret) = lines.iter().find(|line| line.holds_a_key()) {
        return Err(UnusableFile::ClearKey {
            line: secret.number,
        });
    }
    refuse_names_that_are_there_twice(&mut lines);
    let refused = |line: &Line| line.read.clone().err().map(|why| (line.number, why));
    let all: Option<Vec<_>> = lines.iter().map(refused).collect();
    match all {
        Some(all) => Err(all
            .into_iter()
            .next()
            .map_or(UnusableFile::Empty, |(number, why)| {
                UnusableFile::of_line(number, why)
            })),
        None => Ok(lines),
    }
}

fn one(number: usize, line: &str) -> Line {
    match MalformedOrder::read::<Written>(line) {
        Ok(written) => {
            let block = encoding::tr31(written.key_block.as_bytes());
            let kcv = written.kcv;
            Line {
                number,
                name: Some(written.name),
                read: block
                    .map(|block| Sent { block, kcv })
                    .map_err(Refused::from),
            }
        }
        Err(error) => Line {
            number,
            name: serde_json::from_str(line).ok().map(|Named { name }| name),
            read: Err(Refused::LineMalformed(error)),
        },
    }
}

/// Which of them is meant, nobody can tell.
fn refuse_names_that_are_there_twice(lines: &mut [Line]) {
    let mut times: BTreeMap<KeyName, usize> = BTreeMap::new();
    for name in lines.iter().filter_map(|line| line.name.clone()) {
        *times.entry(name).or_default() += 1;
    }
    for line in lines {
        let is_twice = line.name.as_ref().is_some_and(|name| times[name] > 1);
        if is_twice && line.read.is_ok() {
            line.read = Err(Refused::NameTwice);
        }
    }
}

impl Line {
    fn holds_a_key(&self) -> bool {
        let secret = |why: &Refused| {
            matches!(
                why,
                Refused::BlockUnreadable(
                    Unreadable::ClearKeyReceived | Unreadable::PrivateKeyReceived(_)
                )
            )
        };
        self.read.as_ref().is_err_and(secret)
    }
}

/// Why nothing is taken from a file.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnusableFile {
    #[error(
        "line {line} may have a key in the clear: what stands in it has as many bytes, or hex digits, as a \
         key has"
    )]
    ClearKey { line: usize },
    #[error("it is empty")]
    Empty,
    #[error("it is not UTF-8")]
    NoText,
    #[error("nothing of it can be read; line {line}: {why}")]
    NothingReadable { line: usize, why: Refused },
    #[error("it holds a private key ({0})")]
    PrivateKey(&'static str),
    #[error("it has {found} keys, and {most} are allowed (`maxKeys`)")]
    TooManyKeys { found: usize, most: usize },
}

impl UnusableFile {
    fn of_line(line: usize, why: Refused) -> Self {
        match why {
            Refused::BlockUnreadable(Unreadable::ClearKeyReceived) => Self::ClearKey { line },
            why => Self::NothingReadable { line, why },
        }
    }

    /// What its sender, or a responder, is to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::ClearKey { .. } | Self::PrivateKey(_) => {
                "If it is a key, treat that key as compromised, and have a responder delete every version of \
                 the object. Then drop key blocks alone."
            }
            Self::TooManyKeys { .. } => {
                "Drop the keys in several files, or have an operator raise `workingKeyImport.maxKeys` of the \
                 profile."
            }
            Self::Empty | Self::NoText | Self::NothingReadable { .. } => {
                "Correct the file and drop it again: one TR-31 block in `<name>.tr31`, or a line \
                 {\"name\": …, \"keyBlock\": …} for each key in `<name>.jsonl`."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::working_key_import::place::KeysRole;

    const D: &str = "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A27E8E31DA05F7425509593D03A457DC34";

    fn read(name: &str, file: impl AsRef<[u8]>) -> Result<Vec<Line>, UnusableFile> {
        let key = format!("acme/production/pin/keys/{name}");
        let Some(KeysRole::Keys(place)) = KeysPlace::of_inbox_key(&key) else {
            panic!("{key}");
        };
        lines(&place, file.as_ref(), 3)
    }

    fn jsonl(lines: &[&str]) -> Result<Vec<Line>, UnusableFile> {
        read("may.jsonl", lines.join("\n"))
    }

    fn line(name: &str) -> String {
        format!(r#"{{"name":"{name}","keyBlock":"{D}"}}"#)
    }

    fn errors(lines: &[Line]) -> Vec<Option<&'static str>> {
        let errors = lines.iter().map(|line| line.read.as_ref().err());
        errors.map(|error| error.map(Refused::error)).collect()
    }

    #[test]
    fn a_single_block_has_the_name_of_its_file() {
        for end in ["", "\n", "\r\n"] {
            let read = read("zpk.tr31", format!("{D}{end}")).unwrap();
            let [line] = &read[..] else {
                panic!("one line");
            };
            assert_eq!(line.name.as_ref().unwrap().as_str(), "zpk");
            let sent = line.read.as_ref().unwrap();
            assert_eq!((sent.block.as_str(), &sent.kcv), (D, &None));
        }
    }

    #[test]
    fn lines_are_read_each_by_itself() {
        let read = jsonl(&[
            &line("one"),
            "",
            &format!(r#"{{"name":"two","keyBlock":"{D}\n","kcv":"7ad386"}}"#),
            r#"{"name":"three","keyBlock":"RDAxMTI"}"#,
        ]);
        let read = read.unwrap();
        assert_eq!(errors(&read), [None, None, Some("KeyBlockMalformed")]);
        let numbers: Vec<_> = read.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 3, 4]);
        let kcv = read[1].read.as_ref().unwrap().kcv.clone();
        assert_eq!(kcv.unwrap().as_str(), "7AD386");
        assert_eq!(read[2].name.as_ref().unwrap().as_str(), "three");
    }

    #[test]
    fn a_line_that_is_no_document_is_told_by_its_field_and_keeps_its_name() {
        for (written, name, part) in [
            (r#"{"name":"x"}"#, Some("x"), "keyBlock"),
            (
                r#"{"name":"x","keyBlock":"D","key":"secret"}"#,
                Some("x"),
                "`key`",
            ),
            (r#"{"name":"X","keyBlock":"D"}"#, None, "`name`"),
            (
                r#"{"name":"x","keyBlock":"D","kcv":"7AD38"}"#,
                Some("x"),
                "`kcv`",
            ),
            (r#"{"name":"x","keyBlock":7}"#, Some("x"), "`keyBlock`"),
            (&(line("x") + "{}"), None, "something follows"),
            ("D0112", None, "column"),
        ] {
            let lines = jsonl(&[&line("good"), written]).unwrap();
            let Err(refused) = &lines[1].read else {
                panic!("{written}");
            };
            let words = refused.to_string();
            assert!(words.contains(part), "{written}: {words}");
            assert!(!words.contains("secret"), "{words}");
            let found = lines[1].name.as_ref().map(KeyName::as_str);
            assert_eq!(found, name, "{written}");
            assert_eq!(refused.error(), "LineMalformed");
        }
    }

    #[test]
    fn of_two_lines_with_one_name_neither_is_taken() {
        let read = jsonl(&[&line("one"), &line("two"), &line("one")]).unwrap();
        assert_eq!(errors(&read), [Some("NameTwice"), None, Some("NameTwice")]);
    }

    #[test]
    fn a_file_of_which_nothing_can_be_read_is_refused_as_a_whole() {
        let refused = |file: Result<Vec<Line>, UnusableFile>, part: &str| {
            let error = file.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert!(!error.remedy().is_empty());
        };
        refused(read("zpk.tr31", "hello"), "no TR-31 block");
        refused(read("zpk.tr31", ""), "line 1");
        refused(jsonl(&[]), "empty");
        refused(jsonl(&["", " "]), "empty");
        refused(jsonl(&["", "{", "{}"]), "line 2");
        refused(read("may.jsonl", [0xff, 0xfe]), "UTF-8");
        refused(
            jsonl(&[&line("a"), &line("b"), &line("c"), &line("d")]),
            "4 keys, and 3",
        );
    }

    /// It must not lie there, whatever lies beside it.
    #[test]
    fn a_file_with_a_key_in_the_clear_is_refused_as_a_whole() {
        let clear = "0123456789ABCDEF0123456789ABCDEF";
        let beside = format!(r#"{{"name":"x","keyBlock":"{clear}"}}"#);
        for file in [read("zpk.tr31", clear), jsonl(&[&line("good"), &beside])] {
            let error = file.unwrap_err();
            assert!(matches!(error, UnusableFile::ClearKey { .. }), "{error}");
            assert!(!error.to_string().contains(clear));
            assert!(error.remedy().contains("compromised"));
        }
        let key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        let error = read("zpk.tr31", key).unwrap_err();
        assert!(matches!(error, UnusableFile::PrivateKey(_)), "{error}");
    }
}
