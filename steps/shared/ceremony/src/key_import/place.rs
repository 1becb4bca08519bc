//! Where a block is dropped: `<folder>/blocks/<request>.<offer>.<form>`.
//!
//! The name says for which request it is and for which offer it was made, since the block itself cannot:
//! of a TR-31 block nothing in clear depends on the key that protects it, and an RSA block is as good as
//! random. What the name says wrongly, the service finds; what it says of an offer that had its time, is
//! found here.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::offer::{Offer, OfferId};
use super::refused::Refused;
use super::request::ImportMethod;
use crate::id::CeremonyId;
use crate::identifiers::Folder;
use crate::text::shown;
use crate::utc::Utc;
use crate::working_keys::place::is_name;

/// In which form a key comes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockForm {
    /// A TR-31 block: the text that it is.
    Tr31,
    /// A TR-34 block: hex digits, or DER.
    Tr34,
    /// An RSA block: hex digits, or its bytes.
    Oaep,
}

impl BlockForm {
    pub const ALL: [Self; 3] = [Self::Tr31, Self::Tr34, Self::Oaep];

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Tr31 => "tr31",
            Self::Tr34 => "tr34",
            Self::Oaep => "oaep",
        }
    }

    /// The one that a method has.
    pub fn of(method: ImportMethod) -> Self {
        match method {
            ImportMethod::Ecdh | ImportMethod::Physical => Self::Tr31,
            ImportMethod::Tr34 => Self::Tr34,
            ImportMethod::RsaOaep => Self::Oaep,
        }
    }
}

impl fmt::Display for BlockForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ending())
    }
}

/// What the key of a block in the inbox says.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockPlace {
    pub folder: Folder,
    /// The request's name: without `.json`.
    pub request: String,
    pub offer: OfferId,
    pub form: BlockForm,
}

/// Which offer an answer of the partner's is about, by the name of its file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerPlace {
    pub folder: Folder,
    /// The request's name: without `.json`.
    pub request: String,
    pub offer: OfferId,
}

impl AnswerPlace {
    /// The inbox key of the file by which the partner confirms the check value of a key that came for
    /// this offer.
    pub fn confirmation_key(&self) -> String {
        self.key(CONFIRMATION)
    }

    fn key(&self, ending: &str) -> String {
        let Self {
            folder,
            request,
            offer,
        } = self;
        format!("{}{SECTION}/{request}.{offer}.{ending}", folder.prefix())
    }

    /// Where the evidence bucket says which ceremony has made the offer: a [`Pointer`].
    pub fn pointer_key(&self) -> String {
        let Self {
            folder,
            request,
            offer,
        } = self;
        format!("offers/{}{request}.{offer}.json", folder.prefix())
    }
}

/// Names the ceremony that an answer is for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pointer {
    pub ceremony_id: CeremonyId,
}

/// How the name of a confirmation ends.
const CONFIRMATION: &str = "kcv";

/// What an inbox key is to the ceremonies that wait for blocks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum BlockRole {
    Block(BlockPlace),
    /// The partner's word that a check value is its key's.
    Confirmation(AnswerPlace),
    /// Meant as a block, and why it is none.
    Misplaced(String),
}

/// The folder below a partner's.
const SECTION: &str = "blocks";

/// Below a folder, in the table of rejections: those of requests for KEKs are gathered apart from those of
/// other orders, and apart from those of blocks and confirmations.
pub const REQUEST_REJECTIONS: &str = "imports/";
pub const ANSWER_REJECTIONS: &str = "blocks/";

/// Whether the inbox key is that of a block or a confirmation, be it right or wrong.
pub fn is_of_answer(key: &str) -> bool {
    let parts: Vec<&str> = key.splitn(5, '/').collect();
    matches!(parts[..], [_, _, _, SECTION, _])
}

impl BlockPlace {
    /// Where the block for an offer is expected.
    pub fn of_offer(offer: &Offer) -> Self {
        Self {
            folder: offer.request.folder.clone(),
            request: offer.request.name.clone(),
            offer: offer.id(),
            form: BlockForm::of(offer.terms.method()),
        }
    }

    /// Reads the key of a block; `None` for a key of something else.
    pub fn of_inbox_key(key: &str) -> Option<BlockRole> {
        let parts: Vec<&str> = key.splitn(5, '/').collect();
        let [partner, environment, data_type, SECTION, file] = parts[..] else {
            return None;
        };
        let folder = match Folder::of_inbox_key(&format!("{partner}/{environment}/{data_type}/x")) {
            Ok(folder) => folder,
            Err(reason) => return Some(BlockRole::Misplaced(reason)),
        };
        let named = name_of(file).and_then(|(request, offer, ending)| {
            let place = AnswerPlace {
                folder,
                request,
                offer,
            };
            role_of(place, ending)
        });
        Some(named.unwrap_or_else(|| {
            BlockRole::Misplaced(format!(
                "`{}` is not the name of a block: the request's name, the 16 digits that name the offer, and \
                 `tr31`, `tr34` or `oaep` (`kcv` where a check value is confirmed) are expected, with a dot \
                 between them",
                shown(file)
            ))
        }))
    }

    /// Its inbox key.
    pub fn key(&self) -> String {
        self.answer().key(self.form.ending())
    }

    /// Which offer it answers.
    pub fn answer(&self) -> AnswerPlace {
        AnswerPlace {
            folder: self.folder.clone(),
            request: self.request.clone(),
            offer: self.offer.clone(),
        }
    }

    /// Whether it was made for the offer that stands now, whose request had these before; or how it was
    /// not.
    pub fn is_for(&self, offer: &Offer, earlier: &[OfferId], now: Utc) -> Result<(), Refused> {
        let expected = Self::of_offer(offer);
        if self.folder != expected.folder || self.request != expected.request {
            return Err(Refused::OtherRequest);
        }
        if self.offer != expected.offer {
            return Err(if earlier.contains(&self.offer) {
                Refused::OfferStale {
                    made_for: self.offer.clone(),
                    current: expected.offer,
                }
            } else {
                Refused::OfferUnknown {
                    current: expected.offer,
                }
            });
        }
        if offer.has_had_its_time(now) {
            let at = offer.expires_at;
            return Err(Refused::OfferExpired { at });
        }
        if self.form != expected.form {
            return Err(Refused::OtherForm {
                found: self.form,
                expected: expected.form,
            });
        }
        Ok(())
    }
}

/// Request, offer and ending.
fn name_of(file: &str) -> Option<(String, OfferId, &str)> {
    let parts: Vec<&str> = file.split('.').collect();
    let [request, offer, ending] = parts[..] else {
        return None;
    };
    let offer = OfferId::try_from(offer.to_owned()).ok()?;
    is_name(request).then(|| (request.to_owned(), offer, ending))
}

fn role_of(place: AnswerPlace, ending: &str) -> Option<BlockRole> {
    if ending == CONFIRMATION {
        return Some(BlockRole::Confirmation(place));
    }
    let mut forms = BlockForm::ALL.into_iter();
    let form = forms.find(|form| form.ending() == ending)?;
    let AnswerPlace {
        folder,
        request,
        offer,
    } = place;
    Some(BlockRole::Block(BlockPlace {
        folder,
        request,
        offer,
        form,
    }))
}
