//! Who takes part in a key transport. Their keys are made when the tests start.

use std::sync::LazyLock;

use keyblock::SecretBytes;
use keyblock::tr34::{Recipient, Sender};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize, SerialNumber};

pub static SENDER: LazyLock<Party> = LazyLock::new(|| Party::new("Sender", RsaKeySize::_2048));
pub static RECIPIENT: LazyLock<Party> =
    LazyLock::new(|| Party::new("Recipient", RsaKeySize::_2048));

/// RSA-3072, as AES keys want it.
pub static STRONG_SENDER: LazyLock<Party> =
    LazyLock::new(|| Party::new("Strong sender", RsaKeySize::_3072));
pub static STRONG_RECIPIENT: LazyLock<Party> =
    LazyLock::new(|| Party::new("Strong recipient", RsaKeySize::_3072));

pub struct Party {
    pub certificate: Vec<u8>,
    pub private_key: SecretBytes,
}

impl Party {
    fn new(name: &str, size: RsaKeySize) -> Self {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).unwrap();
        Self {
            certificate: certificate(name, 1, &key),
            private_key: key.serialize_der().into(),
        }
    }

    /// The same key with another certificate: the authority is the same, the number is not.
    pub fn renewed(&self, name: &str) -> Self {
        let key = rcgen::KeyPair::try_from(self.private_key.expose()).unwrap();
        Self {
            certificate: certificate(name, 2, &key),
            private_key: self.private_key.clone(),
        }
    }

    pub fn as_sender(&self) -> Sender<'_> {
        Sender {
            certificate: &self.certificate,
            private_key: &self.private_key,
        }
    }

    pub fn as_recipient(&self) -> Recipient<'_> {
        Recipient {
            certificate: &self.certificate,
            private_key: &self.private_key,
        }
    }
}

fn certificate(name: &str, serial_number: u64, key: &KeyPair) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::OrganizationName, "Key Ceremony tests");
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(serial_number));
    params.self_signed(key).unwrap().der().to_vec()
}
