//! Text that somebody else chose, made fit for people to read.

/// Characters of such a text that are shown.
const MOST: usize = 200;

/// What people get to see of a text that anybody else chose: a name in a certificate, the key of an
/// object, an address.
///
/// What does not print, reorders or hides text, or means something in Markdown or HTML is written as
/// `\u{1b}`; a long text is cut, which `…` says.
pub fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown = String::new();
    for character in characters.by_ref().take(MOST) {
        if is_plain(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

fn is_plain(character: char) -> bool {
    let hidden = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}');
    let of_no_character = u32::from(character) & 0xfffe == 0xfffe;
    !character.is_control()
        && !hidden
        && !of_no_character
        && !matches!(character, '<' | '>' | '&' | '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_plain_is_shown_as_it_is() {
        for text in [
            "",
            "ACME Root CA, O=Größe & Söhne".replace('&', "+").as_str(),
            "日本 [x](y)",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn what_is_not_plain_is_escaped() {
        for (text, expected) in [
            ("a\u{1b}[31m", "a\\u{1b}[31m"),
            ("a\nb\0", "a\\u{a}b\\u{0}"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            (
                "\u{200b}\u{feff}\u{fffe}\u{1ffff}",
                "\\u{200b}\\u{feff}\\u{fffe}\\u{1ffff}",
            ),
            ("<b>`&", "\\u{3c}b\\u{3e}\\u{60}\\u{26}"),
            (
                "\u{e000}\u{10fffd}\u{e0041}",
                "\\u{e000}\\u{10fffd}\\u{e0041}",
            ),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shown(&"x".repeat(200)), "x".repeat(200));
        assert_eq!(shown(&"ä".repeat(201)), format!("{}…", "ä".repeat(200)));
    }
}
