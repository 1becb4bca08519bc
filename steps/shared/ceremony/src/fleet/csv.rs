//! One line of CSV (RFC 4180), as far as a list of serial numbers needs it.

/// The fields of a line, without the quotes around them. `None` if a quote is not where it may be: a
/// field that goes on in the next line is refused, as no line of an inventory needs one.
pub(super) fn fields(line: &str) -> Option<Vec<String>> {
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquoted(quoted)?,
            None => plain(rest)?,
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

fn plain(rest: &str) -> Option<(String, &str)> {
    let end = rest.find(',').unwrap_or(rest.len());
    let (field, after) = rest.split_at(end);
    (!field.contains('"')).then(|| (field.trim().to_owned(), after))
}

/// What stands between quotes, of which two are one that is meant.
fn unquoted(mut rest: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    loop {
        let (text, after) = rest.split_once('"')?;
        field.push_str(text);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None => return Some((field.trim().to_owned(), after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_where_no_quote_holds_it() {
        for (line, expected) in [
            ("a", &["a"][..]),
            ("a,b", &["a", "b"]),
            ("a, b ,", &["a", "b", ""]),
            (r#""a","b,c","say ""x""""#, &["a", "b,c", r#"say "x""#]),
            (r#""",x"#, &["", "x"]),
            ("", &[""]),
        ] {
            assert_eq!(
                fields(line).as_deref(),
                Some(
                    &expected
                        .iter()
                        .map(|it| (*it).to_owned())
                        .collect::<Vec<_>>()[..]
                ),
                "{line}"
            );
        }
        for wrong in [r#""a"#, r#"a"b"#, r#""a"b"#, r#"a,"b"#] {
            assert_eq!(fields(wrong), None, "{wrong}");
        }
    }
}
