//! A URL that may be asked at all.

use url::{Host, Url};

use crate::FetchError;

/// RFC 9110 §4.1 recommends 8,000 bytes; a certificate as a whole may have 8 KiB.
const MAX_URL_BYTES: usize = 2_048;

/// An http or https URL that names a host and nothing secret.
#[derive(Debug)]
pub(super) struct Target {
    url: Url,
}

impl Target {
    pub(super) fn parse(url: &str) -> Result<Self, FetchError> {
        let refuse = |why: &str| FetchError::unusable(format!("the URL {why}"));
        if url.len() > MAX_URL_BYTES {
            return Err(refuse("is longer than 2,048 bytes"));
        }
        // The parser repairs what browsers repair: leading blanks, tabs within, backslashes.
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains('\\') {
            return Err(refuse("has characters that no URL has"));
        }
        let parsed = Url::parse(url).map_err(|error| refuse(&format!("is wrong: {error}")))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refuse("is neither http nor https"));
        }
        // Also where they are empty, as in `http://@host/`.
        let authority = authority(url)
            .filter(|authority| !authority.is_empty())
            .ok_or_else(|| refuse("has no authority"))?;
        let has_user = !parsed.username().is_empty() || parsed.password().is_some();
        if has_user || authority.contains('@') {
            return Err(refuse("has a user or a password in it"));
        }
        if parsed.fragment().is_some() {
            return Err(refuse("has a fragment"));
        }
        if parsed.port() == Some(0) {
            return Err(refuse("has port 0"));
        }
        if parsed.host().is_none() {
            return Err(refuse("has no host"));
        }
        Ok(Self { url: parsed })
    }

    pub(super) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// In lower case; an IPv6 address in brackets.
    pub(super) fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// However an IPv4 address was spelled (`0x7f.1`, `2130706433`), it is one here.
    pub(super) fn parsed_host(&self) -> Option<Host<&str>> {
        self.url.host()
    }

    pub(super) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(80)
    }

    /// What stands in the Host field: the port only if it is not the usual one (RFC 9110 §7.2).
    pub(super) fn authority(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.host()),
            None => self.host().to_owned(),
        }
    }

    /// The origin form (RFC 9112 §3.2.1).
    pub(super) fn path_and_query(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }
}

/// Between `//` and the next delimiter (RFC 3986 §3.2).
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once(':')?;
    rest.strip_prefix("//")?.split(['/', '?', '#']).next()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_plain_url_is_taken_apart() {
        let target = Target::parse("HTTP://OCSP.Example:8080/a/b?c=d").unwrap();
        assert_eq!(target.host(), "ocsp.example");
        assert_eq!(target.authority(), "ocsp.example:8080");
        assert_eq!(target.path_and_query(), "/a/b?c=d");
        assert_eq!(target.port(), 8080);
        assert!(!target.is_https());
        let target = Target::parse("https://crl.example").unwrap();
        assert_eq!(
            (target.port(), target.authority().as_str()),
            (443, "crl.example")
        );
        assert_eq!(target.path_and_query(), "/");
        let target = Target::parse("http://[2001:4860::1]:80/x").unwrap();
        assert_eq!(target.authority(), "[2001:4860::1]");
    }

    #[test]
    fn a_url_that_is_more_than_an_address_is_refused() {
        for (url, why) in [
            ("ftp://a.example/", "neither http nor https"),
            ("file:///etc/passwd", "neither http nor https"),
            ("gopher://a.example:70/1", "neither http nor https"),
            ("http://user@a.example/", "a user or a password"),
            ("http://user:secret@a.example/", "a user or a password"),
            ("http://@a.example/", "a user or a password"),
            ("http://a.example@127.0.0.1/", "a user or a password"),
            ("http://a.example/#fragment", "a fragment"),
            ("http://a.example/#", "a fragment"),
            ("http://a.example:0/", "port 0"),
            ("http://a.example:65536/", "is wrong"),
            ("http:///path", "no authority"),
            ("http:////a.example/", "no authority"),
            ("http:/user:secret@a.example/?b=://c", "no authority"),
            ("http:a.example/?://b", "no authority"),
            ("http://", "is wrong"),
            ("http:a.example", "no authority"),
            ("http:/a.example/", "no authority"),
            ("a.example/crl", "is wrong"),
            ("", "is wrong"),
            (" http://a.example/", "characters that no URL has"),
            (
                "http://a.example/\r\nHost: b.example",
                "characters that no URL has",
            ),
            ("http://a.exa\tmple/", "characters that no URL has"),
            (
                "http://a.example\\@b.example/",
                "characters that no URL has",
            ),
            ("http://ａ.example/", "characters that no URL has"),
            ("http://[::1/", "is wrong"),
            ("http://1.2.3.256/", "is wrong"),
            ("http://0x100000000/", "is wrong"),
        ] {
            let error = match Target::parse(url) {
                Err(FetchError::Unusable(error)) => error,
                other => panic!("{url}: {other:?}"),
            };
            assert!(error.contains(why), "{url}: {error}");
        }
        let long = format!("http://a.example/{}", "a".repeat(MAX_URL_BYTES));
        assert!(Target::parse(&long).is_err());
    }
}
