//! Certificates that the service has issued for a key, as it answers them (GetPublicKeyCertificate,
//! GetParametersForImport).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ceremony::bundle::certificates_in;
use ceremony::certificate::Certificate;
use ceremony::utc::Utc;

/// A certificate with its issuers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Issued {
    pub certificate: Certificate,
    /// From its issuer upwards.
    pub chain: Vec<Certificate>,
}

/// Reads the two members of an answer, which hold together and are valid at `now`; or why they are of no
/// use.
pub fn read_issued(certificate: &str, chain: &str, now: Utc) -> Result<Issued, String> {
    let certificates = read(certificate)?;
    let [certificate] = &certificates[..] else {
        let count = certificates.len();
        return Err(format!("there are {count} where one is expected"));
    };
    let chain = read(chain)?;
    holds_together(certificate, &chain, now)?;
    Ok(Issued {
        certificate: certificate.clone(),
        chain,
    })
}

/// Base64 of PEM, as the service has certificates in requests and answers.
fn read(text: &str) -> Result<Vec<Certificate>, String> {
    let pem = STANDARD.decode(text);
    let pem = pem.map_err(|_| "it is not Base64".to_owned())?;
    certificates_in(&pem).map_err(|error| error.to_string())
}

/// Each is signed by the next, which is a CA, and all are valid at `now`. The chain need not end in a
/// root: whether the partner trusts it is for the partner to say, by its fingerprint.
fn holds_together(
    certificate: &Certificate,
    chain: &[Certificate],
    now: Utc,
) -> Result<(), String> {
    let mut below = certificate;
    for issuer in chain {
        if !issuer.is_ca() || !below.is_signed_by(issuer) {
            return Err(format!(
                "`{below}` was not issued by `{issuer}`, which follows it"
            ));
        }
        below = issuer;
    }
    for one in std::iter::once(certificate).chain(chain) {
        let (start, end) = (one.not_before(), one.not_after());
        if now < start || end < now {
            return Err(format!(
                "`{one}` is valid from {start} to {end}, and it is {now}"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use emulated::{certificate, quick_chain};
    use partner::{KeyKind, PrivateKey, Profile};

    use super::*;

    #[test]
    fn a_chain_holds_together_link_by_link() {
        let (pki, now) = (quick_chain(), Utc::now());
        let [leaf, issuer, root] = [&pki.leaf, &pki.intermediates[0], &pki.root].map(certificate);
        let holds = |chain: &[&Certificate], now| {
            let chain: Vec<_> = chain.iter().map(|one| (*one).clone()).collect();
            holds_together(&leaf, &chain, now)
        };
        assert_eq!(holds(&[&issuer, &root], now), Ok(()));
        assert_eq!(holds(&[&issuer], now), Ok(()));

        let not_issued = |chain: &[&Certificate]| {
            let words = holds(chain, now).unwrap_err();
            assert!(words.contains("was not issued by"), "{words}");
        };
        not_issued(&[&root]);
        not_issued(&[&issuer, &leaf]);
        not_issued(&[&root, &issuer]);
        let key = PrivateKey::cached(KeyKind::EccP256, "quick/intermediate 0");
        let no_ca = Profile::intermediate("ACME Issuing CA 1").not_an_authority();
        not_issued(&[&certificate(&no_ca.issued_by(&pki.root, &key)), &root]);

        for seconds in [-86_400, 400 * 86_400] {
            let words = holds(&[&issuer, &root], now.plus_seconds(seconds)).unwrap_err();
            assert!(words.contains("is valid from"), "{words}");
        }
    }

    #[test]
    fn certificates_are_base64_of_pem() {
        let pki = quick_chain();
        let text = STANDARD.encode(pki.leaf.pem());
        assert_eq!(read(&text), Ok(vec![certificate(&pki.leaf)]));
        assert_eq!(read("?"), Err("it is not Base64".to_owned()));
        assert!(read(&pki.leaf.pem()).is_err());
        assert!(read(&STANDARD.encode("noise")).is_err());
    }

    #[test]
    fn an_answer_has_one_certificate_and_its_chain() {
        let (pki, now) = (quick_chain(), Utc::now());
        let [leaf, issuer, root] = [&pki.leaf, &pki.intermediates[0], &pki.root].map(|it| it.pem());
        let answer = |certificate: &str, chain: &str| {
            read_issued(&STANDARD.encode(certificate), &STANDARD.encode(chain), now)
        };
        let issuers = format!("{issuer}\n{root}");
        let issued = answer(&leaf, &issuers).unwrap();
        assert_eq!(issued.certificate, certificate(&pki.leaf));
        let expected = [certificate(&pki.intermediates[0]), certificate(&pki.root)];
        assert_eq!(issued.chain, expected);

        let words = answer(&format!("{leaf}\n{issuer}"), &root).unwrap_err();
        assert!(words.contains("there are 2"), "{words}");
        assert!(answer(&leaf, &root).is_err());
        assert!(answer(&leaf, "").is_err());
    }
}
