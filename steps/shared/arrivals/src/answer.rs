//! Blocks and confirmations, which answer an offer of ours, and start nothing.

use ceremony::id::Kind;
use ceremony::identifiers::Folder;
use ceremony::utc::Utc;

use crate::reject::{self, Rejection};
use crate::{Arrivals, CreatedObject, Error, Output, private_key};

impl Arrivals {
    /// Announces the private key whose arrival the event of a file below a partner's folder tells, if it
    /// does.
    pub async fn private_key_below(
        &self,
        kind: Kind,
        folder: &Folder,
        object: &CreatedObject,
    ) -> Result<Option<Output>, Error> {
        match private_key::of_event(self, None, object).await? {
            Some(found) => {
                let announced = private_key::announce(self, kind, folder, &found).await?;
                Ok(Some(announced))
            }
            None => Ok(None),
        }
    }

    /// Announces a block or a confirmation that no ceremony takes.
    pub async fn answer_not_taken(
        &self,
        folder: &Folder,
        key: &str,
        reason: String,
        remedy: &'static str,
        now: Utc,
    ) -> Result<Output, Error> {
        let rejection = Rejection::of_answer(folder, key, reason, remedy);
        reject::reject(self, rejection, now).await
    }
}
