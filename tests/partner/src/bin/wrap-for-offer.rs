//! A key that is in the clear, wrapped for an offer: for people who rehearse with throw-away keys and have
//! no HSM at hand.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use partner::wrap::Offer;
use partner::{Certified, PrivateKey, check_value};

const WARNING: &str = "\
warning: whoever sees this machine sees the key. This is for throw-away keys, in tests and rehearsals alone: \
a real key is wrapped by the HSM that it is in, and is nowhere else.";

/// Wraps a throw-away key for an offer, by ECDH with TR-31, TR-34 or RSA-OAEP, as offer.json says.
///
/// The key is read as hex digits from a file or from standard input, never from the command line, where
/// everybody on the machine would see it. The block is written to standard output, or to a file; the name
/// under which to drop it is told, and so is the key's check value. Offers by ECDH and TR-34 take the
/// partner's certificate and its private key too.
///
/// openssl rand -hex 16 | wrap-for-offer --offer offer.json --key-file - --out block
#[derive(Parser)]
#[command(name = "wrap-for-offer", version)]
struct Arguments {
    /// The offer, out of a package that was verified as its README says
    #[arg(long, value_name = "FILE")]
    offer: PathBuf,
    /// Hex digits of the key in the clear; `-` is standard input
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
    /// The partner's certificate, in PEM: the one that lies beside the request
    #[arg(long, value_name = "FILE", requires = "private_key")]
    certificate: Option<PathBuf>,
    /// The private key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    private_key: Option<PathBuf>,
    /// Where the block goes; standard output if it is not said
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    eprintln!("{WARNING}");
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wrap-for-offer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let offer = Offer::read(&text(&arguments.offer)?).map_err(|error| error.to_string())?;
    let own = own(arguments)?;
    let key = key(&arguments.key_file)?;
    let told = |error: partner::wrap::WrapError| error.to_string();
    let block = offer.wraps(own.as_ref(), &key).map_err(told)?;
    let algorithm = offer.expected().map_err(told)?.algorithm;
    let kcv = check_value(&algorithm, &key).map_err(|error| error.to_string())?;
    match &arguments.out {
        Some(path) => {
            let written = std::fs::write(path, &block);
            written.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        None => {
            let written = std::io::stdout().write_all(&block);
            written.map_err(|error| format!("standard output: {error}"))?;
        }
    }
    eprintln!("key check value: {kcv}");
    eprintln!("drop the block as: {}", offer.block_key().map_err(told)?);
    Ok(())
}

/// The partner's certificate with its key, where both are given.
fn own(arguments: &Arguments) -> Result<Option<Certified>, String> {
    let (Some(certificate), Some(private_key)) = (&arguments.certificate, &arguments.private_key)
    else {
        return Ok(None);
    };
    let key = PrivateKey::read(&text(private_key)?).ok_or_else(|| {
        format!(
            "{}: no private key on P-256, P-384 or P-521, or of RSA with 2048, 3072 or 4096 bits",
            private_key.display()
        )
    })?;
    let own = Certified::read(&text(certificate)?, key).ok_or_else(|| {
        format!(
            "{}: no certificate of the key in {}",
            certificate.display(),
            private_key.display()
        )
    })?;
    Ok(Some(own))
}

/// Nothing of it is in an error.
fn key(path: &Path) -> Result<Vec<u8>, String> {
    let mut digits = if path == Path::new("-") {
        let mut digits = String::new();
        let read = std::io::stdin().read_to_string(&mut digits);
        read.map_err(|_| "standard input: no text".to_owned())?;
        digits
    } else {
        text(path)?
    };
    digits.retain(|c| !c.is_ascii_whitespace());
    hex::decode(&digits).map_err(|_| format!("{}: hex digits are expected", path.display()))
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
