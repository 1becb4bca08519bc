//! From what went wrong here to a step's own error.

use std::fmt::Display;

use step::ServiceError;

/// Either a service failed, which every step tells in the same way and may be tried again, or something
/// lies there that a step has a name of its own for.
pub trait StorageError: Display + Sized {
    /// The service's part; or the error itself, if it is none.
    fn of_service(self) -> Result<ServiceError, Self>;

    /// A step's error: what a service says stays that, the rest is told by this name.
    fn told_as<E: From<ServiceError>>(self, name: impl FnOnce(String) -> E) -> E {
        match self.of_service() {
            Ok(error) => error.into(),
            Err(other) => name(other.to_string()),
        }
    }
}
