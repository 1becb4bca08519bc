//! Addresses that may be connected to: public ones. Whoever gets a certificate issued chooses the
//! addresses in it, and must not reach what only we can reach (server-side request forgery).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::net::lookup_host;
use url::Host;

use super::target::Target;
use crate::FetchError;

/// The addresses of the target's host that may be connected to; all of them if it is `allowed`.
pub(super) async fn resolved(
    target: &Target,
    allowed: bool,
) -> Result<Vec<SocketAddr>, FetchError> {
    let port = target.port();
    let addresses: Vec<SocketAddr> = match target.parsed_host() {
        Some(Host::Ipv4(address)) => vec![(address, port).into()],
        Some(Host::Ipv6(address)) => vec![(address, port).into()],
        Some(Host::Domain(name)) => lookup_host((name, port))
            .await
            .map_err(|_| FetchError::unavailable("its name does not resolve"))?
            .collect(),
        None => return Err(FetchError::unusable("the URL has no host")),
    };
    if allowed {
        return Ok(addresses);
    }
    let mut forbidden = None;
    let mut public = Vec::new();
    for address in addresses {
        match special(address.ip()) {
            None => public.push(address),
            Some(kind) => forbidden = Some((address.ip(), kind)),
        }
    }
    match forbidden {
        Some((address, kind)) if public.is_empty() => Err(FetchError::unusable(format!(
            "its address {address} is not asked: {kind}"
        ))),
        _ => Ok(public),
    }
}

/// What an address is, if it is not one of a host on the Internet.
pub(super) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = u32::from(address);
    SPECIAL_V4
        .iter()
        .find(|(network, length, _)| {
            let shift = 32 - length;
            bits >> shift == u32::from(*network) >> shift
        })
        .map(|(_, _, kind)| *kind)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = u128::from(address);
    let within = |network: Ipv6Addr, length: u32| {
        let shift = 128 - length;
        bits >> shift == u128::from(network) >> shift
    };
    if bits <= 1 {
        return Some(if bits == 0 { "unspecified" } else { "loopback" });
    }
    let known = SPECIAL_V6
        .iter()
        .find(|(network, length, _)| within(*network, *length));
    match known {
        Some((_, _, kind)) => Some(kind),
        // Everything else that is assigned to hosts is in here (RFC 4291 §2.4, IANA).
        None if within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3) => None,
        None => Some("not a global unicast address (RFC 4291)"),
    }
}

/// IANA's registry of special-purpose addresses (RFC 6890), without what is globally reachable.
const SPECIAL_V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "this network (RFC 791)"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private (RFC 1918)"),
    (
        Ipv4Addr::new(100, 64, 0, 0),
        10,
        "shared address space (RFC 6598)",
    ),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback (RFC 1122)"),
    (
        Ipv4Addr::new(169, 254, 0, 0),
        16,
        "link-local, instance metadata (RFC 3927)",
    ),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private (RFC 1918)"),
    (
        Ipv4Addr::new(192, 0, 0, 0),
        24,
        "protocol assignments (RFC 6890)",
    ),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "documentation (RFC 5737)"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "6to4 relay (RFC 7526)"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private (RFC 1918)"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "benchmarking (RFC 2544)"),
    (
        Ipv4Addr::new(198, 51, 100, 0),
        24,
        "documentation (RFC 5737)",
    ),
    (
        Ipv4Addr::new(203, 0, 113, 0),
        24,
        "documentation (RFC 5737)",
    ),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast (RFC 1112)"),
    (
        Ipv4Addr::new(240, 0, 0, 0),
        4,
        "reserved, broadcast (RFC 1112)",
    ),
];

const SPECIAL_V6: &[(Ipv6Addr, u32, &str)] = &[
    (
        v6(0, 0, 0, 0, 0, 0),
        96,
        "an IPv4 address in IPv6 (RFC 4291)",
    ),
    (
        v6(0, 0, 0, 0, 0, 0xffff),
        96,
        "an IPv4 address in IPv6 (RFC 4291)",
    ),
    (
        v6(0, 0, 0, 0, 0xffff, 0),
        96,
        "an IPv4 address in IPv6 (RFC 2765)",
    ),
    (
        v6(0x64, 0xff9b, 0, 0, 0, 0),
        96,
        "an IPv4 address by NAT64 (RFC 6052)",
    ),
    (
        v6(0x64, 0xff9b, 1, 0, 0, 0),
        48,
        "an IPv4 address by NAT64 (RFC 8215)",
    ),
    (v6(0x100, 0, 0, 0, 0, 0), 64, "discarded (RFC 6666)"),
    (v6(0x2001, 0, 0, 0, 0, 0), 32, "Teredo (RFC 4380)"),
    (
        v6(0x2001, 0, 0, 0, 0, 0),
        23,
        "protocol assignments (RFC 2928)",
    ),
    (
        v6(0x2001, 0xdb8, 0, 0, 0, 0),
        32,
        "documentation (RFC 3849)",
    ),
    (v6(0x2002, 0, 0, 0, 0, 0), 16, "6to4 (RFC 3056)"),
    (v6(0x3fff, 0, 0, 0, 0, 0), 20, "documentation (RFC 9637)"),
    (
        v6(0xfc00, 0, 0, 0, 0, 0),
        7,
        "unique local, instance metadata (RFC 4193)",
    ),
    (v6(0xfe80, 0, 0, 0, 0, 0), 10, "link-local (RFC 4291)"),
    (v6(0xfec0, 0, 0, 0, 0, 0), 10, "site-local (RFC 3879)"),
    (v6(0xff00, 0, 0, 0, 0, 0), 8, "multicast (RFC 4291)"),
];

/// The first six groups; the last two are zero.
const fn v6(a: u16, b: u16, c: u16, d: u16, e: u16, f: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, d, e, f, 0, 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests;
