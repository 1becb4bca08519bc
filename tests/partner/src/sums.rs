//! `SHA256SUMS`: which files make up the package, under the signer's key.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::open::{sha256, unknown_signature};
use crate::{OpenError, Package, signature};

pub(crate) const SUMS: &str = "SHA256SUMS";
pub(crate) const SUMS_SIGNATURE: &str = "SHA256SUMS.sig";

impl Package {
    /// The list is signed by this key (its SubjectPublicKeyInfo in DER), and the package holds what
    /// is on it: nothing missing, nothing changed, nothing more. Returns how many files that are.
    pub fn verify_sums(&self, algorithm: &str, public_key: &[u8]) -> Result<usize, OpenError> {
        let (list, signed) = (self.file(SUMS)?, self.file(SUMS_SIGNATURE)?);
        match signature::verify(algorithm, public_key, list, signed) {
            Some(true) => {}
            Some(false) => return Err(OpenError::SumsSignatureInvalid),
            None => return Err(unknown_signature(algorithm)),
        }
        let sums = read(list)?;
        for (file, sum) in &sums {
            if sha256(self.file(file)?) != *sum {
                let file = (*file).to_owned();
                return Err(OpenError::SumMismatch { file });
            }
        }
        let itself = [SUMS, SUMS_SIGNATURE];
        let unsigned = |name: &&str| !itself.contains(name) && !sums.contains_key(name);
        match self.names().find(unsigned) {
            Some(name) => Err(OpenError::FileUnsigned { file: name.into() }),
            None => Ok(sums.len()),
        }
    }
}

impl Package {
    /// The same by the key that comes with the package and the algorithm that its manifest names. Returns
    /// SHA-256 over that key, in hex: whose it is, the receiver knows from elsewhere.
    pub fn verify_own_sums(&self) -> Result<String, OpenError> {
        let manifest = serde_json::from_slice(self.file("manifest.json")?);
        let manifest: Signed = manifest.map_err(|error| OpenError::ManifestUnreadable {
            reason: error.to_string(),
        })?;
        let public_key = self.public_key()?;
        self.verify_sums(&manifest.signature.algorithm, &public_key)?;
        Ok(sha256(&public_key))
    }
}

/// What the manifests of all packages have.
#[derive(Deserialize)]
struct Signed {
    signature: By,
}

#[derive(Deserialize)]
struct By {
    algorithm: String,
}

/// Each file with its digest: 64 hex digits, two spaces, a name, a newline, and no name twice.
fn read(list: &[u8]) -> Result<BTreeMap<&str, &str>, OpenError> {
    let mut sums = BTreeMap::new();
    for (index, line) in list.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let unreadable = OpenError::SumsUnreadable { line: index + 1 };
        let parts = std::str::from_utf8(line)
            .ok()
            .and_then(|line| line.strip_suffix('\n'))
            .and_then(|line| line.split_once("  "));
        let Some((sum, file)) = parts else {
            return Err(unreadable);
        };
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if sum.len() != 64 || !sum.bytes().all(digits) || sums.insert(file, sum).is_some() {
            return Err(unreadable);
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_sha256sum_writes_it() {
        let sum = "0123456789abcdef".repeat(4);
        let list = format!("{sum}  README.md\n{sum}  a  b\n");
        let sums = read(list.as_bytes()).unwrap();
        assert_eq!(sums.keys().collect::<Vec<_>>(), [&"README.md", &"a  b"]);
        assert_eq!(read(b""), Ok(BTreeMap::new()));
    }

    #[test]
    fn a_line_of_another_form_is_refused() {
        let sum = "0123456789abcdef".repeat(4);
        let good = format!("{sum}  README.md\n");
        for wrong in [
            "\n".to_owned(),
            "x".to_owned(),
            format!("{sum}  kcv.txt"),
            format!("{sum} kcv.txt\n"),
            format!("{sum} *kcv.txt\n"),
            format!("\\{sum}  a\\nb\n"),
            format!("{}  kcv.txt\n", &sum[1..]),
            format!("{}  kcv.txt\n", sum.to_uppercase()),
            good.clone(),
        ] {
            let list = good.clone() + &wrong;
            let refused = OpenError::SumsUnreadable { line: 2 };
            assert_eq!(read(list.as_bytes()), Err(refused), "{wrong:?}");
        }
    }
}
