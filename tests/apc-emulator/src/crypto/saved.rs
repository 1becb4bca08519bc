//! How key material and other secrets look in a saved state, and nowhere else: the types themselves
//! cannot be serialized, so that none of them gets into an answer or a log.

use keyblock::{ClearKey, SecretBytes};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::crypto::certificates::Certificate;
use crate::crypto::material::KeyMaterial;
use crate::model::attributes::KeyAlgorithm;

/// For `#[serde(with = "…")]` on [`KeyMaterial`].
pub mod material {
    use super::*;

    pub fn serialize<S: Serializer>(material: &KeyMaterial, to: S) -> Result<S::Ok, S::Error> {
        match material {
            KeyMaterial::Certificate(certificate) => Saved::Certificate {
                certificate: hex::encode(certificate.der()),
            },
            KeyMaterial::Gone => Saved::Gone,
            KeyMaterial::Pair {
                private_key,
                public_key,
            } => Saved::Pair {
                private_key: Secret(private_key.clone()),
                public_key: hex::encode(public_key),
            },
            KeyMaterial::Symmetric(key) => Saved::Symmetric {
                algorithm: KeyAlgorithm::of_symmetric(key.algorithm()),
                key: Secret(key.bytes().clone()),
            },
        }
        .serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<KeyMaterial, D::Error> {
        let malformed = || serde::de::Error::custom("key material that does not fit its kind");
        match Saved::deserialize(from)? {
            Saved::Certificate { certificate } => {
                let der = hex::decode(certificate).map_err(|_| malformed())?;
                let certificate = Certificate::from_der(&der).map_err(|_| malformed())?;
                Ok(KeyMaterial::Certificate(certificate))
            }
            Saved::Gone => Ok(KeyMaterial::Gone),
            Saved::Pair {
                private_key,
                public_key,
            } => Ok(KeyMaterial::Pair {
                private_key: private_key.0,
                public_key: hex::decode(public_key).map_err(|_| malformed())?,
            }),
            Saved::Symmetric { algorithm, key } => {
                let algorithm = algorithm.symmetric().ok_or_else(malformed)?;
                let key = ClearKey::new(algorithm, key.0).map_err(|_| malformed())?;
                Ok(KeyMaterial::Symmetric(key))
            }
        }
    }

    #[derive(Deserialize, Serialize)]
    enum Saved {
        Certificate {
            certificate: String,
        },
        Gone,
        Pair {
            private_key: Secret,
            public_key: String,
        },
        Symmetric {
            algorithm: KeyAlgorithm,
            key: Secret,
        },
    }
}

/// For `#[serde(with = "…")]` on a secret that may have been wiped.
pub mod optional_secret {
    use super::*;

    pub fn serialize<S: Serializer>(
        secret: &Option<SecretBytes>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        secret.clone().map(Secret).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SecretBytes>, D::Error> {
        let secret = Option::<Secret>::deserialize(from)?;
        Ok(secret.map(|Secret(bytes)| bytes))
    }
}

/// For `#[serde(with = "…")]` on [`SecretBytes`].
pub mod secret {
    use super::*;

    pub fn serialize<S: Serializer>(secret: &SecretBytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(hex::encode(secret.expose())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SecretBytes, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        hex::decode(&*text)
            .map(SecretBytes::new)
            .map_err(|_| serde::de::Error::custom("a secret that is not hexadecimal"))
    }
}

/// A secret among other things that are saved.
struct Secret(SecretBytes);

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        secret::serialize(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        secret::deserialize(from).map(Self)
    }
}
