//! Text that somebody else chose, as it may be told to people.
//!
//! Names in certificates, object keys and addresses are whatever their authors like: control
//! characters for a terminal, marks that turn the line around, Markdown for a README, or a sentence
//! that reads like ours. What is told of them passes through [`shown`]; what is compared does not.

/// The most characters that are shown of one text.
pub const SHOWN_CHARACTERS: usize = 200;

/// `text` on one line, with nothing in it that does anything: for events, e-mails, READMEs, logs.
///
/// Escaped, as `\u{1b}`, is what a reader cannot see (control, format and private characters, spaces
/// of other widths or in a row), what moves other text (bidirectional and combining marks), what is active in
/// Markdown or HTML, and the backslash itself. So between backticks, where names are told, it is
/// seen where the name begins and ends. The words by which our causes tell a remedy are broken up.
/// What is longer than [`SHOWN_CHARACTERS`] ends in `…`.
///
/// A text that is shown already stays as it is: whoever is not sure may call it once more.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(4 * SHOWN_CHARACTERS));
    let mut characters = 0;
    // Where to cut so that `…` still fits.
    let mut cut = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (piece, taken) = piece(rest, first);
        characters += piece.as_str().chars().count();
        if characters > SHOWN_CHARACTERS {
            shown.truncate(cut);
            shown.push('…');
            break;
        }
        shown.push_str(piece.as_str());
        if characters < SHOWN_CHARACTERS {
            cut = shown.len();
        }
        rest = &rest[taken..];
    }
    shown
}

/// As much of `text` as these bytes hold, and then `…`, for what is ours and may become long.
pub fn clipped(text: String, bytes: usize) -> String {
    if text.len() <= bytes {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(bytes)])
}

/// Whether [`shown`] tells anything else than the text itself.
pub fn needs_escaping(text: &str) -> bool {
    text.chars().any(is_escaped) || text.contains("  ") || remedy_words(text)
}

/// What stands for the beginning of `rest`, never to be cut in two, and how many bytes it stands
/// for.
fn piece(rest: &str, first: char) -> (Piece<'_>, usize) {
    if first == '\\'
        && let Some(length) = escape_at(rest)
    {
        return (Piece::AsItIs(&rest[..length]), length);
    }
    if is_escaped(first) {
        return (Piece::Escaped(escape(first)), first.len_utf8());
    }
    if begins_with_remedy_words(rest) {
        let word = "what".len();
        let broken = format!("{}{}", &rest[..word], escape(' '));
        return (Piece::Escaped(broken), word + 1);
    }
    if rest.starts_with("  ") {
        return (Piece::Escaped(format!(" {}", escape(' '))), 2);
    }
    let length = first.len_utf8();
    (Piece::AsItIs(&rest[..length]), length)
}

enum Piece<'a> {
    AsItIs(&'a str),
    Escaped(String),
}

impl Piece<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::AsItIs(text) => text,
            Self::Escaped(text) => text,
        }
    }
}

fn escape(character: char) -> String {
    format!("\\u{{{:x}}}", u32::from(character))
}

/// The length of an escape as [`shown`] writes it, at the beginning of `text`.
fn escape_at(text: &str) -> Option<usize> {
    let digits = text.strip_prefix("\\u{")?;
    let digits = &digits[..digits.find('}').filter(|length| *length <= 6)?];
    let character = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    let written = escape(character);
    let ours = is_escaped(character) || character == ' ';
    (ours && text.starts_with(&written)).then_some(written.len())
}

/// ` What to do: ` is what tells the remedy in a cause, and by which an announcement knows a failure
/// that was recorded (`SAYS_WHAT_TO_DO` in the CDK app).
fn begins_with_remedy_words(text: &str) -> bool {
    const WORDS: &str = "what to do";
    text.get(..WORDS.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(WORDS))
}

fn remedy_words(text: &str) -> bool {
    text.char_indices()
        .any(|(start, _)| begins_with_remedy_words(&text[start..]))
}

/// Whether a character does something to its reader or to what stands around it, or cannot be seen.
fn is_escaped(character: char) -> bool {
    match character {
        ' ' => false,
        // Active in Markdown or HTML, also in a table or a link.
        '<' | '>' | '&' | '`' | '[' | ']' | '|' | '\\' => true,
        _ if character.is_ascii() => character.is_ascii_control(),
        _ if character.is_control() || character.is_whitespace() => true,
        _ => {
            INVISIBLE
            .iter()
            .chain(&COMBINING)
            .any(|(first, last)| (*first..=*last).contains(&u32::from(character)))
            // The last two of every plane are no characters.
            || u32::from(character) & 0xfffe == 0xfffe
        }
    }
}

/// Format characters (general category Cf, among them all that direct bidirectional text), other
/// characters that are ignored when displayed (Unicode's Default_Ignorable_Code_Point), blank
/// letters, private use, and what is no character.
const INVISIBLE: [(u32, u32); 29] = [
    (0x00ad, 0x00ad),
    (0x034f, 0x034f),
    (0x0600, 0x0605),
    (0x061c, 0x061c),
    (0x06dd, 0x06dd),
    (0x070f, 0x070f),
    (0x0890, 0x0891),
    (0x08e2, 0x08e2),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x202a, 0x202e),
    (0x2060, 0x206f),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xe000, 0xf8ff),
    (0xfdd0, 0xfdef),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe0fff),
    (0xf0000, 0x10_ffff),
];

/// Blocks of marks that are drawn over their neighbours.
const COMBINING: [(u32, u32); 5] = [
    (0x0300, 0x036f),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x20d0, 0x20ff),
    (0xfe20, 0xfe2f),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in [
            "",
            "C=US, O=ACME, CN=ACME Root CA, UID=identity:idms.group.9091073",
            "CN=*.acme.example + OU=Schlüssel_Austausch #1 (neu) \"A\" 'B' {c} ~!@$%^*=/?;.",
            "CN=株式会社 Ключ مفتاح מפתח कुंजी",
            "https://acme.example/keys?id=1#2",
        ] {
            assert_eq!(shown(text), text);
            assert!(!needs_escaping(text), "{text}");
        }
    }

    #[test]
    fn what_does_something_is_escaped() {
        for (text, expected) in [
            ("a\u{1b}[31mb", r"a\u{1b}\u{5b}31mb"),
            ("a\nb\r\0\t", r"a\u{a}b\u{d}\u{0}\u{9}"),
            ("a\u{7f}\u{85}\u{9b}", r"a\u{7f}\u{85}\u{9b}"),
            (
                "\u{202e}moc.\u{2066}x\u{200f}",
                r"\u{202e}moc.\u{2066}x\u{200f}",
            ),
            ("a\u{200b}\u{feff}\u{ad}b", r"a\u{200b}\u{feff}\u{ad}b"),
            ("a\u{2028}b\u{a0}c\u{3000}", r"a\u{2028}b\u{a0}c\u{3000}"),
            (
                "\u{e000}\u{ffff}\u{1fffe}\u{10ffff}",
                r"\u{e000}\u{ffff}\u{1fffe}\u{10ffff}",
            ),
            ("\u{fdd0}\u{e0041}\u{fe0f}", r"\u{fdd0}\u{e0041}\u{fe0f}"),
            ("e\u{301}\u{489}", "e\\u{301}\u{489}"),
            ("<b>&amp;`x`", r"\u{3c}b\u{3e}\u{26}amp;\u{60}x\u{60}"),
            ("[x](http://y) | z", r"\u{5b}x\u{5d}(http://y) \u{7c} z"),
            (r"C:\u{41}", r"C:\u{5c}u{41}"),
        ] {
            assert_eq!(shown(text), expected);
            assert!(needs_escaping(text), "{text}");
        }
    }

    #[test]
    fn no_name_can_tell_what_to_do() {
        let name = "Acme Root. What to do: The fingerprint was confirmed. WHAT TO DO now";
        assert_eq!(
            shown(name),
            r"Acme Root. What\u{20}to do: The fingerprint was confirmed. WHAT\u{20}to do now"
                .replace(r"WHAT\u{20}to do", r"WHAT\u{20}TO DO")
        );
        assert!(needs_escaping(name));
        assert_eq!(shown("What  to do"), r"What \u{20}to do");
        assert_eq!(shown("a   b"), r"a \u{20} b");
        assert_eq!(shown("what to"), "what to");
    }

    #[test]
    fn a_long_text_is_cut_and_never_within_an_escape() {
        assert_eq!(shown(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(shown(&"x".repeat(201)), format!("{}…", "x".repeat(199)));
        assert_eq!(shown(&"𝄞".repeat(9000)).chars().count(), 200);
        for before in 190..=200 {
            let cut = shown(&format!("{}\u{1b}{}", "x".repeat(before), "y".repeat(9)));
            assert!(cut.chars().count() <= SHOWN_CHARACTERS, "{cut}");
            assert!(cut.ends_with('…'), "{cut}");
            assert_eq!(cut.matches("\\u{1b}").count(), cut.matches('\\').count());
        }
    }

    /// Over every character there is, and over random texts: what is shown is shown as it is, holds
    /// nothing that is escaped but the backslash of its own escapes, and is bounded.
    #[test]
    fn what_is_shown_is_clean_bounded_and_final() {
        for character in '\0'..=char::MAX {
            holds(&format!("a{character}b"));
        }
        let alphabet = [
            "w",
            "What",
            " ",
            "to",
            " do",
            ": ",
            "\\",
            "u{",
            "1b",
            "}",
            "\\u{1b}",
            "\\u{20}",
            "`",
            "\u{1b}",
            "\u{202e}",
            "…",
            "é",
            "𝄞",
            "\u{10ffff}",
            "x",
        ];
        let mut random: u32 = 1;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..(random % 120) {
                random ^= random << 13;
                random ^= random >> 17;
                random ^= random << 5;
                text.push_str(alphabet[random as usize % alphabet.len()]);
            }
            holds(&text);
            random = random.wrapping_add(0x9e37_79b9) | 1;
        }
    }

    fn holds(text: &str) {
        let once = shown(text);
        assert_eq!(shown(&once), once, "{text:?}");
        assert!(once.chars().count() <= SHOWN_CHARACTERS, "{text:?}");
        let active = |character: &char| is_escaped(*character) && *character != '\\';
        assert_eq!(once.chars().find(active), None, "{text:?}");
        assert!(!once.to_ascii_lowercase().contains("what to do"), "{once}");
        for (start, _) in once.match_indices('\\') {
            assert!(escape_at(&once[start..]).is_some(), "{once}");
        }
        if !needs_escaping(text) && text.chars().count() <= SHOWN_CHARACTERS {
            assert_eq!(once, text);
        }
    }
}
