//! The stack of a second company, for stories about two.

use std::pin::Pin;

use anyhow::Result;
use tokio::sync::OnceCell;
use workbench::progress::Progress;

use crate::stack::binaries::Profile;
use crate::stack::connection::Connection;
use crate::stack::{Stack, StackOptions, setup};
use crate::stories::Elsewhere;

/// Started when it is first asked for; it stops with this process.
#[derive(Debug)]
pub(super) struct SecondStack {
    profile: Profile,
    progress: Progress,
    stack: OnceCell<Stack>,
}

impl SecondStack {
    pub(super) fn new(profile: Profile, progress: Progress) -> Self {
        Self {
            profile,
            progress,
            stack: OnceCell::new(),
        }
    }

    /// Leaves its files, with the logs, where they are.
    pub(super) fn keep_files(&mut self) {
        if let Some(stack) = self.stack.get_mut() {
            stack.keep_files();
        }
    }

    async fn start(&self) -> Result<Stack> {
        self.progress.line("\nA second company");
        // All is there already, since there is a first one.
        let setup = setup::prepare_with(self.profile, Progress::Quiet).await?;
        let options = StackOptions {
            progress: self.progress,
            ..StackOptions::default()
        };
        Stack::start_prepared(&setup, options.elsewhere()).await
    }
}

impl Elsewhere for SecondStack {
    fn connection(&self) -> Pin<Box<dyn Future<Output = Result<&Connection>> + '_>> {
        Box::pin(async {
            let stack = self.stack.get_or_try_init(|| self.start()).await?;
            Ok(stack.connection())
        })
    }
}
