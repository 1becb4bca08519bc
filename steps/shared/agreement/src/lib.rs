//! What both directions of an exchange need to agree with a partner: our key on its curve, what the service
//! certifies of our keys, shared information, and the partner itself, proven once more before it is relied
//! on.
//!
//! | module | holds |
//! | --- | --- |
//! | `pair` | our key, one for each folder and curve, with its certificate |
//! | `issued` | certificates as the service answers them |
//! | `information` | what makes every derived key another one |
//! | `counterpart` | the partner of an import: its certificate is proven, and not revoked |

mod counterpart;
mod information;
mod issued;
mod pair;

pub use counterpart::{CounterpartError, proven_counterpart};
pub use information::fresh_information;
pub use issued::{Issued, read_issued};
pub use pair::{Error, certified, our_key};
