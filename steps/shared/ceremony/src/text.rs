//! Text that somebody else chose, for people to read.

/// Characters that are shown at most.
const MAX_SHOWN: usize = 200;

/// The text as it may stand in a log, a report or an e-mail: what is not seen, and what Markdown or
/// HTML would act on, is written as `\u{1b}`; a long text is shortened.
pub fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == MAX_SHOWN {
            shown.push('…');
            break;
        }
        if harmless(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    shown
}

fn harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '<' | '>' | '&' | '`')
        && !matches!(
            u32::from(character),
            0x00ad | 0x061c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
                | 0xe000..=0xf8ff | 0xfff0..=0xffff | 0xe0000..
        )
}
