//! Text that somebody else has chosen, made fit to be shown.

use std::fmt::Write;

/// The most that is shown of one text, in characters.
const SHOWN: usize = 200;

/// The text as it may stand in a table, a page or a message: what could act on a terminal, in Markdown
/// or in HTML, or hide, is written as `\u{1b}`, and what is too long is cut.
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(SHOWN) {
        if is_plain(character) {
            shown.push(character);
        } else {
            // Writing to a String does not fail.
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn is_plain(character: char) -> bool {
    let code = u32::from(character);
    let active = matches!(character, '<' | '>' | '&' | '`');
    // Zero width, marks of direction, line and paragraph ends, invisible operators, byte order mark,
    // soft hyphen, fillers, tags and variation selectors.
    let invisible = matches!(
        code,
        0xad | 0x34f
            | 0x61c
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0x3164
            | 0xfe00..=0xfe0f
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfffb
            | 0xe0000..=0xe0fff
    );
    let private = matches!(code, 0xe000..=0xf8ff | 0xf0000..=0x10_ffff);
    let never_a_character = code & 0xfffe == 0xfffe || matches!(code, 0xfdd0..=0xfdef);
    !(character.is_control() || active || invisible || private || never_a_character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_or_hides_is_spelled_out() {
        assert_eq!(shown("Zürich 東京 – ok"), "Zürich 東京 – ok");
        assert_eq!(shown("a\u{1b}[2J"), "a\\u{1b}[2J");
        assert_eq!(shown("<b>`&"), "\\u{3c}b\\u{3e}\\u{60}\\u{26}");
        for hidden in [
            '\u{9b}', '\u{202e}', '\u{200b}', '\u{fffe}', '\u{e000}', '\n',
        ] {
            let expected = format!("\\u{{{:x}}}", u32::from(hidden));
            assert_eq!(shown(&hidden.to_string()), expected);
        }
    }

    #[test]
    fn what_is_long_is_cut() {
        assert_eq!(shown(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(shown(&"ü".repeat(201)), format!("{}…", "ü".repeat(200)));
    }
}
