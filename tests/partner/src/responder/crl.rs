//! Certificate revocation lists (RFC 5280 section 5).

use der::asn1::{BitString, Ia5String, ObjectIdentifier, OctetString, Uint};
use der::pem::LineEnding;
use der::{Encode, Sequence};
use time::{Duration, OffsetDateTime};
use x509_cert::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::IssuingDistributionPoint;
use x509_cert::ext::pkix::crl::dp::Reasons;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};

use super::authority::Authority;
use super::behaviour::Crl;
use super::book::{Asked, Book, Revocation};
use super::encoding::{crl_time, extension, malformed, serial, unknown_critical_extension};
use super::ocsp::broken;
use super::server::Reply;

const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const CRL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.20");
const REASON_CODE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const DELTA_CRL_INDICATOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
const CONTENT_TYPE: &str = "application/pkix-crl";
/// How long a list is good for.
const VALIDITY: Duration = Duration::DAY;

/// The CRL of the authority with this id, which was fetched from `url`.
pub(crate) fn answer(book: &mut Book, id: &str, url: &str) -> Reply {
    let Some(authority) = book.authority(id) else {
        return Reply::NotFound;
    };
    let path = format!("/crl/{id}.crl");
    book.note(Asked::Crl { path });
    let behaviour = book.next_crl(id);
    let bytes = match behaviour {
        Crl::Wire(wire) => return Reply::Wire(wire),
        Crl::Malformed => malformed(),
        behaviour => list(book, &authority, &behaviour, url),
    };
    Reply::Document {
        content_type: CONTENT_TYPE,
        body: bytes,
    }
}

fn list(book: &Book, authority: &Authority, behaviour: &Crl, url: &str) -> Vec<u8> {
    let signer = match behaviour {
        Crl::SignedBy(signer) => Authority::of(signer),
        Crl::Forged => authority.forged(),
        _ => authority.clone(),
    };
    let now = OffsetDateTime::now_utc();
    let (this_update, next_update) = match behaviour {
        Crl::Stale => (now - Duration::DAY * 2, Some(now - Duration::DAY)),
        Crl::NotYetValid => (now + Duration::HOUR, Some(now + Duration::DAY)),
        Crl::WithoutNextUpdate => (now, None),
        _ => (now, Some(now + VALIDITY)),
    };
    let revoked = entries(book, behaviour, now);
    let tbs = TbsCertList {
        version: Version::V2,
        signature: signer.signature_algorithm(),
        issuer: signer.certificate.tbs_certificate.subject.clone(),
        this_update: crl_time(this_update),
        next_update: next_update.map(crl_time),
        revoked_certificates: (!revoked.is_empty()).then_some(revoked),
        crl_extensions: Some(extensions(&signer, behaviour, url, now)),
    };
    let signature = signer.sign(&tbs.to_der().expect("a list in DER"));
    let signature = match behaviour {
        Crl::BrokenSignature => broken(&signature),
        _ => signature,
    };
    encoded(tbs, signature, behaviour)
}

fn encoded(tbs: TbsCertList, signature: BitString, behaviour: &Crl) -> Vec<u8> {
    let list = CertificateList {
        signature_algorithm: tbs.signature.clone(),
        tbs_cert_list: tbs,
        signature,
    };
    let mut bytes = list.to_der().expect("a list in DER");
    match behaviour {
        Crl::Truncated => bytes.truncate(bytes.len() / 2),
        Crl::TrailingBytes => bytes.extend([0; 3]),
        Crl::Pem => {
            let pem = der::pem::encode_string("X509 CRL", LineEnding::LF, &bytes);
            bytes = pem.expect("a list in PEM").into_bytes();
        }
        _ => {}
    }
    bytes
}

fn entries(book: &Book, behaviour: &Crl, now: OffsetDateTime) -> Vec<RevokedCert> {
    let some_day = Revocation {
        at: now - Duration::days(7),
        reason: None,
    };
    let mut entries = Vec::new();
    match behaviour {
        Crl::Long(others) => {
            // As long as those of the partner's certificates, and never one of them: those begin
            // with a digit from 4 to 7.
            entries.extend((0..*others as u64).map(|number| {
                let mut bytes = [0x11; 16];
                bytes[8..].copy_from_slice(&number.to_be_bytes());
                entry(&bytes, some_day)
            }));
        }
        Crl::UnknownCriticalEntryExtension => {
            let mut other = entry(&[0x11; 16], some_day);
            other.crl_entry_extensions = Some(vec![unknown_critical_extension()]);
            entries.push(other);
        }
        _ => {}
    }
    let revoked = book.revoked();
    entries.extend(
        revoked
            .iter()
            .map(|(number, revocation)| entry(number.bytes(), *revocation)),
    );
    entries
}

fn entry(number: &[u8], revocation: Revocation) -> RevokedCert {
    let reason = revocation.reason.map(|reason| reason.code());
    RevokedCert {
        serial_number: serial(number),
        revocation_date: crl_time(revocation.at),
        crl_entry_extensions: reason.map(|reason| vec![extension(REASON_CODE, false, &reason)]),
    }
}

fn extensions(
    signer: &Authority,
    behaviour: &Crl,
    url: &str,
    now: OffsetDateTime,
) -> Vec<Extension> {
    let mut extensions: Vec<Extension> = authority_key_identifier(signer).into_iter().collect();
    // Higher for every later list, as it has to be.
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
    let number = Uint::new(&seconds.to_be_bytes()).expect("a number");
    match behaviour {
        Crl::WithoutNumber => {}
        Crl::CriticalNumber => extensions.push(extension(CRL_NUMBER, true, &number)),
        _ => extensions.push(extension(CRL_NUMBER, false, &number)),
    }
    if let Some(point) = issuing_distribution_point(behaviour, url) {
        extensions.push(extension(ISSUING_DISTRIBUTION_POINT, true, &point));
    }
    match behaviour {
        Crl::Delta => {
            let base = Uint::new(&[1]).expect("a number");
            extensions.push(extension(DELTA_CRL_INDICATOR, true, &base));
        }
        Crl::UnknownCriticalExtension => extensions.push(unknown_critical_extension()),
        _ => {}
    }
    extensions
}

/// With the signer's own SubjectKeyIdentifier.
fn authority_key_identifier(signer: &Authority) -> Option<Extension> {
    #[derive(Sequence)]
    struct AuthorityKeyIdentifier {
        #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
        key_identifier: OctetString,
    }
    let mut extensions = signer
        .certificate
        .tbs_certificate
        .extensions
        .iter()
        .flatten();
    let subject = extensions.find(|known| known.extn_id == SUBJECT_KEY_IDENTIFIER)?;
    let key_identifier = der::Decode::from_der(subject.extn_value.as_bytes()).ok()?;
    let value = AuthorityKeyIdentifier { key_identifier };
    Some(extension(AUTHORITY_KEY_IDENTIFIER, false, &value))
}

fn issuing_distribution_point(behaviour: &Crl, url: &str) -> Option<IssuingDistributionPoint> {
    let mut point = IssuingDistributionPoint {
        distribution_point: None,
        only_contains_user_certs: false,
        only_contains_ca_certs: false,
        only_some_reasons: None,
        indirect_crl: false,
        only_contains_attribute_certs: false,
    };
    match behaviour {
        Crl::ItsDistributionPoint => point.distribution_point = Some(full_name(url)),
        Crl::OtherDistributionPoint => {
            point.distribution_point = Some(full_name("http://localhost/other.crl"));
        }
        Crl::OnlyUserCerts => point.only_contains_user_certs = true,
        Crl::OnlyCaCerts => point.only_contains_ca_certs = true,
        Crl::OnlyAttributeCerts => point.only_contains_attribute_certs = true,
        Crl::OnlySomeReasons => point.only_some_reasons = Some(Reasons::KeyCompromise.into()),
        Crl::Indirect => point.indirect_crl = true,
        _ => return None,
    }
    Some(point)
}

fn full_name(url: &str) -> DistributionPointName {
    let url = Ia5String::new(url).expect("a URL is ASCII");
    DistributionPointName::FullName(vec![GeneralName::UniformResourceIdentifier(url)])
}
