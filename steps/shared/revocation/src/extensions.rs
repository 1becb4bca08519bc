//! Extensions of answers: those that say something else than is understood make an answer useless
//! (RFC 5280 §5.2, §5.3; RFC 6960 §4.4).

use std::iter;

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode, Reader, Sequence, SliceReader};

use crate::FetchError;

/// `Extension`, borrowed: a CRL has one or two for each of its entries.
#[derive(Clone, Copy, Debug, Sequence)]
pub(crate) struct Extension<'a> {
    pub(crate) id: ObjectIdentifier,
    #[asn1(default = "Default::default")]
    pub(crate) critical: bool,
    pub(crate) value: OctetStringRef<'a>,
}

/// The elements of a SEQUENCE OF, given its contents, one at a time. Ends at the first error.
pub(crate) fn elements<'a, T: Decode<'a>>(
    contents: &'a [u8],
) -> impl Iterator<Item = der::Result<T>> {
    let mut reader = SliceReader::new(contents);
    let mut failed = false;
    iter::from_fn(move || {
        if failed {
            return None;
        }
        let element = match &mut reader {
            Ok(reader) if reader.is_finished() => return None,
            Ok(reader) => T::decode(reader),
            Err(error) => Err(*error),
        };
        failed = element.is_err();
        Some(element)
    })
}

/// Extensions, given the contents of their SEQUENCE OF: as many as are admissible, and one more that
/// tells that there are too many. Whoever has signed nothing must not make a long list of them.
pub(crate) fn read(contents: &[u8]) -> der::Result<Vec<Extension<'_>>> {
    elements(contents).take(MAX_EXTENSIONS + 1).collect()
}

/// Every extension once, and no critical one that is not in `understood`.
pub(crate) fn admissible(
    extensions: impl Iterator<Item = (ObjectIdentifier, bool)>,
    understood: &[ObjectIdentifier],
    of: &str,
) -> Result<(), FetchError> {
    let mut seen = Vec::new();
    for (id, critical) in extensions {
        if seen.contains(&id) {
            return Err(FetchError::unusable(format!(
                "{of} has the extension {id} twice"
            )));
        }
        if seen.len() == MAX_EXTENSIONS {
            return Err(FetchError::unusable(format!(
                "{of} has more than {MAX_EXTENSIONS} extensions"
            )));
        }
        if critical && !understood.contains(&id) {
            return Err(FetchError::unusable(format!(
                "{of} has the critical extension {id}, which is not understood"
            )));
        }
        seen.push(id);
    }
    Ok(())
}

const MAX_EXTENSIONS: usize = 32;
