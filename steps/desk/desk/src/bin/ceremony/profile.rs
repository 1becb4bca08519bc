//! `ceremony profile`.

use std::path::PathBuf;
use std::process::ExitCode;

use ceremony::algorithms::{KekAlgorithm, OaepHash, SignatureAlgorithm};
use ceremony::exchange::{KeyDerivationFunction, KeyDerivationHash, Method, Passes, Tr34Signer};
use ceremony::identifiers::{DataType, Environment, PartnerId};
use ceremony::profile::{
    CEREMONIES_PER_DAY, DERIVED_KEY, Exchange, Kek, KekExport, MINIMUM_REMAINING_DAYS, Profile,
    Signature,
};
use ceremony::revocation::{Order, Requirement, Rules};
use ceremony::signed_prefix::SignedPrefix;
use ceremony::utc::Utc;
use desk::profile::{check, new};
use desk::terminal::plain;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};

use crate::could_not_run;
use crate::working_keys::{WorkingKeys, WrongWorkingKeys};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Write a valid profile, with the fingerprints of the roots in it
    ///
    /// The profile goes to the standard output or to a new file; what to compare, and how to put it
    /// into its parameter, goes to the standard error. Exit code: 0 if it was written, 2 if not.
    New(Box<New>),
    /// Look whether a profile is valid and fits, and tell what it allows
    ///
    /// Exit code: 0 if nothing failed, 1 if something did, 2 if the file could not be read.
    Check(Check),
}

#[derive(clap::Args)]
pub(crate) struct New {
    /// The partner's id: up to 32 lower-case letters, digits and hyphens
    #[arg(long, value_name = "NAME", value_parser = word::<PartnerId>)]
    partner: PartnerId,
    /// production or non-production
    #[arg(long, value_name = "ENVIRONMENT", value_parser = word::<Environment>)]
    environment: Environment,
    /// cardholder or pin
    #[arg(long, value_name = "DATA-TYPE", value_parser = word::<DataType>)]
    data_type: DataType,
    /// A file with a root certificate that chains may end in (may be repeated)
    #[arg(long, value_name = "FILE", required = true)]
    root: Vec<PathBuf>,
    /// The identity (UID) that the partner's leaves carry, or CN= and their common name
    #[arg(long, value_name = "UID")]
    identity: String,
    /// How the KEK travels: rsa-oaep, tr34 or ecdh
    #[arg(long, value_name = "METHOD", default_value = "rsa-oaep", value_parser = word::<Method>)]
    method: Method,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    working_keys: WorkingKeys,
    /// The KEK: AES_128, TDES_2KEY or TDES_3KEY; by ecdh AES_192 and AES_256 too
    #[arg(long, value_name = "ALGORITHM", default_value = "AES_128", value_parser = word::<KekAlgorithm>)]
    kek: KekAlgorithm,
    /// How packages are signed; the signing key must be able to
    #[arg(long, value_name = "ALGORITHM", default_value = "RSASSA_PKCS1_V1_5_SHA_256", value_parser = word::<SignatureAlgorithm>)]
    signature: SignatureAlgorithm,
    /// Proof that nothing is revoked: required, when-available, or off (not for production)
    #[arg(long, value_name = "POLICY", default_value = "required", value_parser = word::<Requirement>)]
    revocation: Requirement,
    /// Who is asked for it: ocsp-then-crl, crl-then-ocsp, ocsp-only or crl-only
    #[arg(long, value_name = "ORDER", default_value = "ocsp-then-crl", value_parser = word::<Order>)]
    revocation_order: Order,
    /// Put the root certificates in, so that the partner need not send them
    #[arg(long)]
    with_root: bool,
    /// Write it to this file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What belongs to one method of exchange.
#[derive(clap::Args)]
struct By {
    /// rsa-oaep: what is signed in front of the wrapped KEK, as text: 10000TPAEAY
    #[arg(long, value_name = "TEXT", value_parser = prefix)]
    signed_prefix: Option<SignedPrefix>,
    /// rsa-oaep: hash of RSAES-OAEP, SHA_256 (default) or SHA_512
    #[arg(long, value_name = "HASH", value_parser = word::<OaepHash>)]
    oaep_hash: Option<OaepHash>,
    /// tr34: whose key signs the block, service or own (the one that is enrolled)
    #[arg(long, value_name = "SIGNER", value_parser = word::<Tr34Signer>)]
    signer: Option<Tr34Signer>,
    /// tr34: one (default) or two, where the partner sends a random nonce first
    #[arg(long, value_name = "PASSES", value_parser = word::<Passes>)]
    passes: Option<Passes>,
    /// ecdh: how the key is derived, NIST_SP800 (default) or ANSI_X963
    #[arg(long, value_name = "FUNCTION", value_parser = word::<KeyDerivationFunction>)]
    kdf: Option<KeyDerivationFunction>,
    /// ecdh: hash of the derivation, SHA_256, SHA_384 or SHA_512 (default)
    #[arg(long, value_name = "HASH", value_parser = word::<KeyDerivationHash>)]
    kdf_hash: Option<KeyDerivationHash>,
    /// ecdh: the key that is derived, no weaker than the KEK: AES_256 (default), say
    #[arg(long, value_name = "ALGORITHM", value_parser = word::<KekAlgorithm>)]
    derived_key: Option<KekAlgorithm>,
}

#[derive(clap::Args)]
pub(crate) struct Check {
    /// The profile: the JSON that is in the folder's parameter, or is to be put there
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// A word of a profile, as a profile spells it.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    T::deserialize(StrDeserializer::<Error>::new(text)).map_err(|error| error.to_string())
}

fn prefix(text: &str) -> Result<SignedPrefix, String> {
    let digits = text.bytes().map(|byte| format!("{byte:02X}"));
    SignedPrefix::try_from(digits.collect::<String>())
        .map_err(|_| "1 to 256 printable ASCII characters are expected".to_owned())
}

pub(crate) fn run(command: Command) -> ExitCode {
    match command {
        Command::New(arguments) => write(*arguments),
        Command::Check(Check { file }) => match check::look_at(&file, Utc::now()) {
            Ok(looked) => {
                print!("{}", looked.table(&file));
                ExitCode::from(u8::from(looked.failed()))
            }
            Err(error) => could_not_run(&error),
        },
    }
}

fn write(arguments: New) -> ExitCode {
    let out = arguments.out.clone();
    let draft = match draft(arguments) {
        Ok(draft) => draft,
        Err(error) => return could_not_run(&error),
    };
    let written = match new::write(draft, Utc::now()) {
        Ok(written) => written,
        Err(error) => return could_not_run(&error),
    };
    match &out {
        Some(file) => {
            if let Err(error) = written.to_file(file) {
                return could_not_run(&error);
            }
        }
        None => print!("{}", written.json),
    }
    eprint!("{}", plain(&written.told(out.as_deref())));
    ExitCode::SUCCESS
}

impl By {
    /// The exchange by this method. What belongs to another must not be there: whoever typed it meant
    /// something by it.
    fn exchange(self, method: Method) -> Result<Exchange, WrongOptions> {
        let Self {
            signed_prefix,
            oaep_hash,
            signer,
            passes,
            kdf,
            kdf_hash,
            derived_key,
        } = self;
        let given = [
            (Method::RsaOaep, "--signed-prefix", signed_prefix.is_some()),
            (Method::RsaOaep, "--oaep-hash", oaep_hash.is_some()),
            (Method::Tr34, "--signer", signer.is_some()),
            (Method::Tr34, "--passes", passes.is_some()),
            (Method::Ecdh, "--kdf", kdf.is_some()),
            (Method::Ecdh, "--kdf-hash", kdf_hash.is_some()),
            (Method::Ecdh, "--derived-key", derived_key.is_some()),
        ];
        let others = |(of, _, is_given): &&(Method, _, bool)| *is_given && *of != method;
        if let Some(&(of, option, _)) = given.iter().find(others) {
            return Err(WrongOptions::OfAnother { option, of, method });
        }
        let missing = |option| WrongOptions::Missing { option, method };
        Ok(match method {
            Method::RsaOaep => Exchange::RsaOaep {
                hash: oaep_hash.unwrap_or_default(),
                signed_prefix: signed_prefix.ok_or(missing("--signed-prefix"))?,
            },
            Method::Tr34 => Exchange::Tr34 {
                signer: signer.ok_or(missing("--signer"))?,
                passes: passes.unwrap_or_default(),
            },
            Method::Ecdh => Exchange::Ecdh {
                key_derivation_function: kdf.unwrap_or_default(),
                key_derivation_hash: kdf_hash.unwrap_or_default(),
                derived_key: derived_key.unwrap_or(DERIVED_KEY),
            },
        })
    }
}

/// Options that make no exchange.
#[derive(Debug, thiserror::Error)]
enum WrongOptions {
    #[error("`{option}` is needed for the method {method}")]
    Missing {
        option: &'static str,
        method: Method,
    },
    #[error("`{option}` is for the method {of}, and the method is {method}")]
    OfAnother {
        option: &'static str,
        of: Method,
        method: Method,
    },
    #[error(transparent)]
    WorkingKeys(#[from] WrongWorkingKeys),
}

fn draft(arguments: New) -> Result<new::Draft, WrongOptions> {
    let signature = Signature {
        algorithm: arguments.signature,
    };
    let kek_export = KekExport {
        kek: Kek {
            algorithm: arguments.kek,
            key_arn: None,
        },
        exchange: arguments.by.exchange(arguments.method)?,
        signature,
    };
    Ok(new::Draft {
        profile: Profile {
            partner: arguments.partner,
            environment: arguments.environment,
            data_type: arguments.data_type,
            trust_anchors: Vec::new(),
            root_certificates: Vec::new(),
            identity: arguments.identity,
            ca_key_arns: Default::default(),
            revocation: Rules {
                policy: arguments.revocation,
                order: arguments.revocation_order,
                ..Rules::default()
            },
            minimum_remaining_days: MINIMUM_REMAINING_DAYS,
            max_ceremonies_per_day: CEREMONIES_PER_DAY,
            kek_export: Some(kek_export),
            working_key_export: arguments.working_keys.section(signature)?,
            // An operator writes it: it is part of what is agreed on with the partner.
            kek_import: None,
            working_key_import: None,
        },
        roots: arguments.root,
        with_root: arguments.with_root,
    })
}
