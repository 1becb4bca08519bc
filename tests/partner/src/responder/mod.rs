//! The services that a partner's authorities keep: an OCSP responder (RFC 6960) and CRLs (RFC 5280
//! section 5), right ones and every kind of wrong one, on loopback.
//!
//! ```no_run
//! use partner::{Ocsp, Pki, Reason, Services};
//!
//! let services = Services::start()?;
//! let pki = Pki::builder("uid").services(&services).build();
//! // Whoever asks now hears that nothing is revoked.
//! services.revoke(&pki.leaf, Reason::KeyCompromise);
//! // … and now that the leaf is, in a response that was due for renewal yesterday.
//! services.ocsp(&pki.leaf, Ocsp::Stale);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! One pair of services answers for any number of authorities. A certificate is known by its serial
//! number, which [`Profile`](crate::Profile) chooses at random; a CRL by the key that signs it.

pub mod address;
pub mod behaviour;
pub mod reason;

mod authority;
mod book;
mod crl;
mod directory;
mod encoding;
mod ocsp;
mod server;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

pub use behaviour::{Crl, Ocsp, Wire};
pub use book::{Asked, Revocation};
pub use directory::DirectoryError;
pub use reason::Reason;

use crate::Certified;
use authority::Authority;
pub(crate) use book::Serial;
use book::{Book, Status};
use server::{Server, Source};

/// Running services; they stop when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Services {
    book: Arc<Mutex<Book>>,
    server: Arc<Server>,
}

impl Services {
    /// On a free port.
    pub fn start() -> io::Result<Self> {
        let book = Arc::new(Mutex::new(Book::default()));
        let source = Source::Memory(Arc::clone(&book));
        let server = Server::start((Ipv4Addr::LOCALHOST, 0).into(), source)?;
        Ok(Self {
            book,
            server: Arc::new(server),
        })
    }

    /// Where they are, by the name `localhost`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// What a certificate names as its OCSP responder.
    pub fn ocsp_url(&self) -> String {
        address::ocsp(&self.url())
    }

    /// What a certificate that `issuer` issues names as its CRL.
    pub fn crl_url(&self, issuer: &Certified) -> String {
        address::crl(&self.url(), issuer.der())
    }

    /// Answers for what this authority issues: good, unless something else was said.
    pub fn authority(&self, certified: &Certified) {
        let authority = Authority::of(certified);
        self.book().add(authority);
    }

    /// OCSP and the next CRL say that it is revoked, since a day ago.
    pub fn revoke(&self, certificate: &Certified, reason: Reason) {
        let at = OffsetDateTime::now_utc() - time::Duration::DAY;
        self.revoke_at(certificate, Some(reason), at);
    }

    /// The same, with a time of its own, and a reason or none.
    pub fn revoke_at(&self, certificate: &Certified, reason: Option<Reason>, at: OffsetDateTime) {
        let status = Status::Revoked(Revocation { at, reason });
        self.book().set_status(certificate.serial_number(), status);
    }

    /// OCSP says that it is unknown. A CRL cannot.
    pub fn forget(&self, certificate: &Certified) {
        self.book()
            .set_status(certificate.serial_number(), Status::Unknown);
    }

    /// How OCSP requests about a certificate are answered from now on.
    pub fn ocsp(&self, certificate: &Certified, behaviour: Ocsp) {
        self.book()
            .plan_ocsp(certificate.serial_number(), behaviour);
    }

    /// How the next `times` OCSP requests about a certificate are answered, before all others.
    pub fn ocsp_first(&self, times: usize, certificate: &Certified, behaviour: Ocsp) {
        self.book()
            .plan_first_ocsp(certificate.serial_number(), times, behaviour);
    }

    /// What the CRL of an authority is from now on.
    pub fn crl(&self, authority: &Certified, behaviour: Crl) {
        let id = address::key_id(authority.der());
        self.book().plan_crl(id, behaviour);
    }

    /// What the CRL of an authority is for the next `times` requests, before all others.
    pub fn crl_first(&self, times: usize, authority: &Certified, behaviour: Crl) {
        let id = address::key_id(authority.der());
        self.book().plan_first_crl(id, times, behaviour);
    }

    /// Everything that was asked so far, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.book().asked().to_vec()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Services for the authorities in a directory, which is read anew for every request; they stop
/// when this is dropped.
#[derive(Debug)]
pub struct DirectoryServices {
    server: Server,
}

impl DirectoryServices {
    pub fn start(directory: &Path, listen: SocketAddr) -> Result<Self, DirectoryError> {
        // What cannot be read now would be an answer 500 later.
        directory::read(directory)?;
        let source = Source::Directory(directory.into());
        let server = Server::start(listen, source).map_err(DirectoryError::Listen)?;
        Ok(Self { server })
    }

    pub fn url(&self) -> String {
        self.server.url()
    }
}
