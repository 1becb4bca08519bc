//! `FetchBlocks`: the execution's file becomes blocks of working keys that may be imported.
//!
//! Reads exactly the object version that the input names, holds it to its digest, loads the folder's
//! profile, and holds every line to what the profile allows, by the header that the block has in clear. A
//! line that is refused is handed on as one, with the reason, and stops none of the others. Touches no key,
//! and leaves nothing behind.

mod error;

use ceremony::digest::Sha256;
use ceremony::enrolment::{Installed, OwnKey};
use ceremony::evidence::Recordable;
use ceremony::execution::{DroppedObject, Start};
use ceremony::identifiers::Folder;
use ceremony::text::shown;
use ceremony::utc::Utc;
use ceremony::working_key_import::file::lines;
use ceremony::working_key_import::place::{KeysPlace, KeysRole};
use ceremony::working_key_import::rules::KeyImportPolicy;
use ceremony::working_key_import::run::{HeldLine, KeysFile};
use ceremony::working_keys::order::KeyName;
use serde::{Deserialize, Serialize};
use storage::{LoadedProfile, installed_until, load_profile, read_dropped};

pub use error::Error;

/// The file is its only object.
pub type Input = Start;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Output {
    pub file: KeysFile,
    pub policy: KeyImportPolicy,
    /// In their order.
    pub lines: Vec<HeldLine>,
    /// The aliases in Payment Cryptography under which this ceremony may make keys: where to look if a step
    /// is killed.
    pub aliases: Vec<String>,
    /// The key that signs the package, if a certificate is installed for it.
    pub package_signer: Option<Installed>,
}

/// Key material, wrapped or not, is not evidence: of a block there is its digest.
impl Recordable for Output {
    fn recordable(&self) -> impl Serialize {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a> {
            file: &'a KeysFile,
            policy: &'a KeyImportPolicy,
            lines: Vec<LineView<'a>>,
            package_signer: Option<&'a Installed>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct LineView<'a> {
            line: usize,
            name: Option<&'a KeyName>,
            block_sha256: Option<&'a Sha256>,
            refused: Option<&'a str>,
        }
        let lines = self.lines.iter().map(|line| LineView {
            line: line.line,
            name: line.name.as_ref(),
            block_sha256: line.block_sha256.as_ref(),
            refused: line.refused.as_ref().map(|refusal| refusal.error.as_str()),
        });
        View {
            file: &self.file,
            policy: &self.policy,
            lines: lines.collect(),
            package_signer: self.package_signer.as_ref(),
        }
    }
}

/// What the step works with, made once at cold start.
pub struct Context {
    pub s3: aws_sdk_s3::Client,
    pub ssm: aws_sdk_ssm::Client,
    pub inbox_bucket: String,
    /// Of the key that signs packages: `RSA_2048`, say.
    pub signing_key_spec: String,
}

pub async fn handle(context: &Context, input: Input, now: Utc) -> Result<Output, Error> {
    let (place, object) = file_of(&input)?;
    let bytes = read_dropped(&context.s3, &context.inbox_bucket, object).await?;
    let LoadedProfile { profile, version } = load_profile(&context.ssm, &place.folder).await?;
    let policy = profile.key_import_policy(version)?;
    let (algorithm, key_spec) = (policy.signature.algorithm, &context.signing_key_spec);
    // `SignPackage` would find it too, when keys have been imported.
    if !algorithm.fits(key_spec) {
        let key_spec = key_spec.clone();
        return Err(Error::SignatureAlgorithmUnfit {
            algorithm,
            key_spec,
        });
    }
    let read = lines(&place, &bytes, policy.max_keys)?;
    let lines = read.into_iter().map(|line| HeldLine::new(line, &policy));
    let lines: Vec<HeldLine> = lines.collect();
    let signer = OwnKey::PackageSigning;
    let package_signer = installed_until(&context.ssm, signer, now, now).await?;
    Ok(Output {
        aliases: aliases(&place.folder, &lines),
        file: KeysFile {
            name: place.name,
            form: place.form,
            object: object.clone(),
        },
        policy,
        lines,
        package_signer,
    })
}

/// Of each block, since a key that lost its maker has no other.
fn aliases(folder: &Folder, lines: &[HeldLine]) -> Vec<String> {
    let taken = lines.iter().filter(|line| line.block.is_some());
    let alias = |line: &HeldLine| {
        let (name, block) = (line.name.as_ref()?, line.block_sha256.as_ref()?);
        Some(folder.received_block_alias(name, block))
    };
    taken.filter_map(alias).collect()
}

/// The file, and where it lies: in the folder of this ceremony, whoever wrote the input.
fn file_of(input: &Input) -> Result<(KeysPlace, &DroppedObject), Error> {
    let malformed = |detail: String| Error::InputMalformed { detail };
    input.check().map_err(malformed)?;
    let [object] = &input.objects[..] else {
        let found = input.objects.len();
        return Err(malformed(format!(
            "it names {found} objects, one is expected"
        )));
    };
    match KeysPlace::of_inbox_key(&object.key) {
        Some(KeysRole::Keys(place)) if place.folder == input.ceremony.folder() => {
            Ok((place, object))
        }
        _ => {
            let key = shown(&object.key);
            Err(malformed(format!(
                "`{key}` is no file with keys of this folder"
            )))
        }
    }
}
