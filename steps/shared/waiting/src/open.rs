//! An execution begins to wait.

use step::ServiceError;

use crate::Waiting;
use crate::names::{Attempt, Wait};
use crate::rules::{self, Change};
use crate::token::TaskToken;

/// What became of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opened {
    /// A later attempt of the same state, or a later entry, has put its own token there. Nothing was
    /// changed, and whoever holds this token has nothing more to do.
    Superseded,
    /// It is there, or was: an answer may have come already.
    Waits,
}

impl Waiting {
    /// Puts a token where whoever brings what is awaited finds it, and ends what the ceremony waited
    /// for under this id before.
    ///
    /// A step that dies before it has an answer from here does the same again, as the same attempt or
    /// the next.
    pub async fn open(
        &self,
        wait: &Wait,
        attempt: Attempt,
        token: &TaskToken,
    ) -> Result<Opened, ServiceError> {
        let sealed = self.seal(&wait.id, &wait.subject, attempt, token).await?;
        let rule = |before: Option<&_>| rules::open(before, wait, attempt, &sealed);
        match self.change(&wait.id, rule).await? {
            Change::Write(_) => Ok(Opened::Waits),
            Change::Keep(opened) => Ok(opened),
        }
    }
}
