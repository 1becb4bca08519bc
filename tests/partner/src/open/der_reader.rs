//! DER, as far as a TR-34 block has it: one element after another (ITU-T X.690).

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
/// `[0]`, constructed and primitive.
pub(super) const CONTEXT_0: u8 = 0xa0;
pub(super) const CONTEXT_0_PRIMITIVE: u8 = 0x80;

/// What has not been read yet.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

/// An element: as it stands, and what is in it.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub whole: &'a [u8],
    pub contents: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, whichever it is.
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>()?;
        let (length, header) = match first {
            short if short < 0x80 => (usize::from(short), 2),
            0x81..=0x83 => {
                let digits = usize::from(first & 0x7f);
                let digits = rest.get(..digits)?;
                let length = digits
                    .iter()
                    .fold(0, |sum, &byte| sum << 8 | usize::from(byte));
                // One form for each length.
                if length < 0x80 || digits[0] == 0 {
                    return None;
                }
                (length, 2 + digits.len())
            }
            _ => return None,
        };
        let end = header.checked_add(length)?;
        let whole = self.0.get(..end)?;
        self.0 = &self.0[end..];
        Some(Element {
            tag,
            whole,
            contents: &whole[header..],
        })
    }

    /// The next element, which has this tag.
    pub(super) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        self.any().filter(|element| element.tag == tag)
    }

    /// The contents of the next element, which has this tag.
    pub(super) fn contents(&mut self, tag: u8) -> Option<&'a [u8]> {
        Some(self.element(tag)?.contents)
    }

    /// What is in the next element, which has this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.contents(tag).map(Self)
    }

    /// The next element is exactly this.
    pub(super) fn is(&mut self, tag: u8, contents: &[u8]) -> Option<()> {
        (self.contents(tag)? == contents).then_some(())
    }

    pub(super) fn is_at_end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}
