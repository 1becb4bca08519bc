//! What an offer says beside its terms: which key is expected, and under which name its block is dropped.

use serde::Deserialize;

use super::{Offer, WrapError};
use crate::open::{key_bytes, sha256};
use crate::tr31::Draft;
use crate::{Certified, PrivateKey};

/// The key that is expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expected {
    /// Such as `AES_128`.
    pub algorithm: String,
    /// `K0`, say.
    pub usage: String,
    /// `B`, say.
    pub modes: String,
    pub exportability: String,
    pub optional_blocks: Vec<OptionalBlock>,
}

/// One that the key block is to have.
#[derive(Clone, Debug, Deserialize)]
pub struct OptionalBlock {
    pub id: String,
    pub data: String,
}

impl Expected {
    /// What a header says of the key: `K0AB00N`, say.
    pub fn says(&self) -> String {
        let Self {
            algorithm,
            usage,
            modes,
            exportability,
            ..
        } = self;
        let letter = &algorithm[..1];
        format!("{usage}{letter}{modes}00{exportability}")
    }

    /// The header of a TR-34 block, whose length and version say nothing.
    pub fn tr34_header(&self) -> String {
        format!("D0112{}0000", self.says())
    }
}

/// `request`, as far as the name of a block depends on it.
#[derive(Deserialize)]
struct Request {
    folder: Folder,
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Folder {
    partner: String,
    environment: String,
    data_type: String,
}

impl Offer {
    /// Its name: the first digits of the digest that `jq -cjS . offer.json | openssl dgst -sha256` tells.
    pub fn id(&self) -> String {
        let mut digest = sha256(self.document.to_string().as_bytes());
        digest.truncate(16);
        digest
    }

    pub fn expected(&self) -> Result<Expected, WrapError> {
        self.member("expected")
    }

    /// The inbox key under which its block is dropped.
    pub fn block_key(&self) -> Result<String, WrapError> {
        let form = match self.method() {
            "ecdh" => "tr31",
            "tr34" => "tr34",
            "rsa-oaep" => "oaep",
            _ => return Err(WrapError::Unknown("the method")),
        };
        self.answer_key(form)
    }

    /// That of the file by which the check value of the key that came is confirmed.
    pub fn confirmation_key(&self) -> Result<String, WrapError> {
        self.answer_key("kcv")
    }

    fn answer_key(&self, form: &str) -> Result<String, WrapError> {
        let Request { folder, name } = self.member("request")?;
        let Folder {
            partner,
            environment,
            data_type,
        } = folder;
        let id = self.id();
        Ok(format!(
            "{partner}/{environment}/{data_type}/blocks/{name}.{id}.{form}"
        ))
    }

    /// The file to drop: the key as the offer expects it, by whichever method.
    pub fn wraps(&self, own: Option<&Certified>, key: &[u8]) -> Result<Vec<u8>, WrapError> {
        let expected = self.expected()?;
        let algorithm = expected.algorithm.clone();
        let length = key_bytes(&algorithm).ok_or(WrapError::Unknown("the algorithm"))?;
        if key.len() != length {
            return Err(WrapError::KeyLength {
                found: key.len(),
                expected: length,
                algorithm,
            });
        }
        let proven = || self.holder(own);
        let text = match self.method() {
            "ecdh" => self.as_expected_by_ecdh(&expected, proven()?.key(), key)?,
            "tr34" => hex::encode_upper(self.tr34(proven()?)?.wrap(&expected.tr34_header(), key)?),
            "rsa-oaep" => hex::encode_upper(self.by_rsa_oaep(key)?),
            _ => return Err(WrapError::Unknown("the method")),
        };
        Ok(format!("{text}\n").into_bytes())
    }

    /// The partner, if the offer is for it.
    fn holder<'a>(&self, own: Option<&'a Certified>) -> Result<&'a Certified, WrapError> {
        let own = own.ok_or(WrapError::Unsigned)?;
        match &self.terms.partner_certificate_sha256 {
            Some(theirs) if *theirs != own.sha256() => Err(WrapError::OtherPartner(theirs.clone())),
            Some(_) => Ok(own),
            None => Err(WrapError::Unknown("the partner's certificate")),
        }
    }

    fn as_expected_by_ecdh(
        &self,
        expected: &Expected,
        own: &PrivateKey,
        key: &[u8],
    ) -> Result<String, WrapError> {
        let blocks = expected.optional_blocks.iter();
        let blocks: Vec<_> = blocks
            .map(|block| (block.id.as_str(), block.data.as_str()))
            .collect();
        let says = expected.says();
        let draft = Draft {
            optional_blocks: &blocks,
            ..Draft::new(&says)
        };
        self.by_ecdh(own, &draft, key)
    }

    fn member<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, WrapError> {
        let member = serde_json::from_value(self.document[name].clone());
        member.map_err(|error| WrapError::Offer(format!("{name}: {error}")))
    }
}
