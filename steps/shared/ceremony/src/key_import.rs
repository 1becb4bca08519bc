//! A KEK that the partner sends: what is expected, what it is offered to wrap for us with, and whether what
//! it drops may go to the service.
//!
//! | module | holds |
//! | --- | --- |
//! | [`attributes`] | usage, modes of use and check value of a KEK, and an alias that names it |
//! | [`request`] | the document of a request or an order, and which key may carry what it expects |
//! | [`rules`] | what a profile allows, and what one ceremony takes from it |
//! | [`offer`] | what is published for the partner, with a digest that names it |
//! | [`physical`] | what AWS's facility is told of a key that custodians carry there |
//! | [`place`] | where a block is dropped, which says for which offer it was made |
//! | [`counterpart`] | the certificate of the partner's without which it could not send anything, proven |
//! | [`encoding`] | from the bytes of a dropped file to those of a block |
//! | [`block`] | what a block says of its key in clear, held to request and offer |
//! | [`rollback`] | the order that brings the KEK from before back |
//! | [`run`] | what one state of the ceremony tells another |
//! | [`refused`] | why a block does not go to the service, in words |
//!
//! A *request* is the partner's and an *order* is ours; the document is the same, and called a request
//! wherever it makes no difference. Nothing here opens a block: what is in it, the service says.

pub mod attributes;
pub mod block;
pub mod counterpart;
pub mod encoding;
pub mod offer;
pub mod physical;
pub mod place;
pub mod refused;
pub mod request;
pub mod rollback;
pub mod rules;
pub mod run;
