//! The state of an emulator in a file, encrypted.
//!
//! ```text
//! offset length
//!      0     21  "apc-emulator state 1" and a line feed
//!     21     12  nonce, new each time
//!     33      n  the state as JSON, and a tag of 16 bytes: AES-256-GCM (NIST SP 800-38D), with the
//!                first line as additional data
//! ```
//!
//! The file is replaced as a whole, so that a crash leaves the old one or the new one; and it is
//! written before the request that changed something is answered.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use keyblock::SecretBytes;
use zeroize::Zeroizing;

use crate::store::{State, Store};

/// Where an emulator keeps its state, and the key it is encrypted with.
#[derive(Clone, Debug)]
pub struct StateConfig {
    /// Made when it is not there.
    pub file: PathBuf,
    /// The same each time.
    pub key: StateKey,
}

/// An AES-256 key for a state file. It can be neither printed nor serialized.
#[derive(Clone)]
pub struct StateKey(SecretBytes);

impl FromStr for StateKey {
    type Err = StateError;

    /// Reads 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, StateError> {
        match hex::decode(text.trim()) {
            Ok(bytes) if bytes.len() == AES_256_GCM.key_len() => Ok(Self(bytes.into())),
            _ => Err(StateError::Key),
        }
    }
}

impl fmt::Debug for StateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateKey(…)")
    }
}

/// An open state file. No other emulator can open it until this is dropped.
pub(crate) struct StateFile {
    key: RandomizedNonceKey,
    path: PathBuf,
    /// Held while a state is taken and written, so that a later one is never overwritten by an
    /// earlier one; the file in it is locked.
    turn: Mutex<File>,
}

impl StateFile {
    /// Opens the file, or makes it; also gives the state that was in it.
    pub(crate) fn open(config: &StateConfig) -> Result<(Self, State), StateError> {
        let path = config.file.clone();
        let at = |error| StateError::File(path.clone(), error);
        let lock = File::create(beside(&path, ".lock")).map_err(at)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::InUse(path)),
            Err(TryLockError::Error(error)) => return Err(at(error)),
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, config.key.0.expose());
        let file = Self {
            key: key.map_err(|_| StateError::Key)?,
            path: path.clone(),
            turn: Mutex::new(lock),
        };
        let state = match fs::read(&path) {
            Ok(bytes) => file.decrypt(&bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => State::default(),
            Err(error) => return Err(at(error)),
        };
        Ok((file, state))
    }

    /// Writes what there is now.
    pub(crate) fn save(&self, store: &Store) -> Result<(), StateError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = WipingBuffer::default();
        serde_json::to_writer(&mut state, &*store.lock()).map_err(|_| StateError::Encoding)?;
        let sealed = self.encrypt(state.0)?;
        self.replace(&sealed)
            .map_err(|error| StateError::File(self.path.clone(), error))
    }

    fn encrypt(&self, mut state: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, StateError> {
        let additional_data = Aad::from(FIRST_LINE);
        let (nonce, tag) = self
            .key
            .seal_in_place_separate_tag(additional_data, &mut state)
            .map_err(|_| StateError::Encoding)?;
        Ok([FIRST_LINE, nonce.as_ref(), &state, tag.as_ref()].concat())
    }

    fn decrypt(&self, bytes: &[u8]) -> Result<State, StateError> {
        let unreadable = || StateError::Unreadable(self.path.clone());
        let (nonce, sealed) = bytes
            .strip_prefix(FIRST_LINE)
            .and_then(|rest| rest.split_at_checked(12))
            .ok_or_else(unreadable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| unreadable())?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let state = self
            .key
            .open_in_place(nonce, Aad::from(FIRST_LINE), &mut sealed)
            .map_err(|_| unreadable())?;
        serde_json::from_slice(state).map_err(|_| unreadable())
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let next = beside(&self.path, ".new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&next)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(next, &self.path)
    }
}

/// A buffer that leaves no copy of its contents behind when it grows.
#[derive(Default)]
struct WipingBuffer(Zeroizing<Vec<u8>>);

impl Write for WipingBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.0.len() + bytes.len();
        if length > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why there is no state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    #[error("the state could not be encoded or encrypted")]
    Encoding,
    #[error("the state file {0}: {1}")]
    File(PathBuf, io::Error),
    #[error("the state file {0} is in use by another emulator")]
    InUse(PathBuf),
    #[error(
        "a state file needs a key of 64 hexadecimal digits, which the program takes from \
         APC_EMULATOR_STATE_KEY (openssl rand -hex 32 makes one)"
    )]
    Key,
    #[error(
        "the state file {0} cannot be read with this key: the key is another, or the file was \
         changed, or it was written by another version"
    )]
    Unreadable(PathBuf),
}

const FIRST_LINE: &[u8] = b"apc-emulator state 1\n";

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
