//! The partner's side of a ceremony: its own certificate authority, and what it does with the
//! package that it gets back.
//!
//! Nothing here shares code with the product: what the partner makes is made as a partner would,
//! and what it checks it checks by itself.
//!
//! ```no_run
//! use partner::{Package, Pki};
//!
//! let pki = Pki::demo("identity:idms.group.7814046");
//! let drop = [pki.root.pem(), pki.intermediates[0].pem(), pki.leaf.pem()];
//! // … the ceremony …
//! let opened = Package::from_directory("package".as_ref())?.open(&pki.leaf)?;
//! println!("KCV {}", opened.kcv);
//! # Ok::<(), partner::OpenError>(())
//! ```

pub mod certificate;
pub mod hostile;
pub mod initial_keys;
pub mod initial_keys_tr34;
pub mod key;
pub mod manifest;
pub mod offers;
pub mod open;
pub mod package;
pub mod pki;
pub mod request;
pub mod responder;
pub mod signature;
pub mod sums;
pub mod terminal;
pub mod tr31;
pub mod working_keys;
pub mod wrap;

pub use certificate::{Certified, Profile, bundle, pkcs7};
pub use key::{KeyKind, PrivateKey};
pub use manifest::Manifest;
pub use offers::{OfferError, OpenedOffer, OpenedReceipt};
pub use open::{Kek, OpenError, Opened, Receiver, check_value};
pub use package::Package;
pub use pki::{Pki, PkiBuilder};
pub use request::{Issued, Request, RequestError};
pub use responder::{Crl, Ocsp, Reason, Services, Wire};
pub use working_keys::{KeysError, OpenedKeys};
