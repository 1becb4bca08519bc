//! The block ciphers a payment key can drive, behind one face, with the modes that key blocks and
//! derivations are made of.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::typenum::Unsigned;
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser,
    InnerIvInit, KeyInit,
};
use cmac::block_api::CmacCipher;
use cmac::digest::InnerInit;
use cmac::{Cmac, Mac};
use des::{TdesEde2, TdesEde3};
use zeroize::Zeroizing;

use crate::{ClearKey, SecretBytes, SymmetricAlgorithm};

/// The cipher of a key, ready for use; `None` for a key that is for no block cipher. The key
/// schedule is wiped when it is dropped.
pub(crate) fn of_key(key: &ClearKey) -> Option<Box<dyn Cipher>> {
    let bytes = key.bytes().expose();
    match key.algorithm() {
        SymmetricAlgorithm::Aes128 => keyed::<Aes128>(bytes),
        SymmetricAlgorithm::Aes192 => keyed::<Aes192>(bytes),
        SymmetricAlgorithm::Aes256 => keyed::<Aes256>(bytes),
        SymmetricAlgorithm::Hmac(_) => None,
        SymmetricAlgorithm::Tdes2Key => keyed::<TdesEde2>(bytes),
        SymmetricAlgorithm::Tdes3Key => keyed::<TdesEde3>(bytes),
    }
}

fn keyed<C: Cipher + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn Cipher>> {
    Some(Box::new(C::new_from_slice(key).ok()?))
}

pub(crate) trait Cipher {
    /// The length of a block, in bytes.
    fn block_length(&self) -> usize;

    /// Cipher block chaining (NIST SP 800-38A section 6.2), in place and without padding.
    fn cbc_encrypt(&self, iv: &[u8], data: &mut [u8]) -> Result<(), UnevenLength>;

    /// The inverse of [`Cipher::cbc_encrypt`].
    fn cbc_decrypt(&self, iv: &[u8], data: &mut [u8]) -> Result<(), UnevenLength>;

    /// CMAC (NIST SP 800-38B section 6.2) over the parts, one after another.
    fn cmac(&self, parts: &[&[u8]]) -> SecretBytes;
}

impl<C> Cipher for C
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser + CmacCipher + Clone,
{
    fn block_length(&self) -> usize {
        C::BlockSize::USIZE
    }

    fn cbc_encrypt(&self, iv: &[u8], data: &mut [u8]) -> Result<(), UnevenLength> {
        cbc::Encryptor::inner_iv_slice_init(self.clone(), iv)
            .map_err(|_| UnevenLength)?
            .encrypt_padded::<NoPadding>(data, data.len())
            .map_err(|_| UnevenLength)?;
        Ok(())
    }

    fn cbc_decrypt(&self, iv: &[u8], data: &mut [u8]) -> Result<(), UnevenLength> {
        cbc::Decryptor::inner_iv_slice_init(self.clone(), iv)
            .map_err(|_| UnevenLength)?
            .decrypt_padded::<NoPadding>(data)
            .map_err(|_| UnevenLength)?;
        Ok(())
    }

    fn cmac(&self, parts: &[&[u8]]) -> SecretBytes {
        let mut mac = Cmac::inner_init(self.clone());
        for part in parts {
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes()).to_vec().into()
    }
}

/// The data is no whole number of blocks, or the initialisation vector is not one block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UnevenLength;
