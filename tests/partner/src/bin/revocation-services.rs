//! An OCSP responder and CRLs for the authorities in a directory: what a partner's authority keeps,
//! for whoever rehearses a ceremony.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use partner::responder::DirectoryServices;

/// Answers OCSP requests and issues CRLs for authorities that this machine made for a rehearsal.
///
/// In the directory is one folder for each partner: certificates (NAME.pem), the keys of those that
/// are authorities (NAME.key), and a file `revoked` with a line for each certificate that is
/// revoked: its file or its serial number, and the reason, such as `leaf.pem keyCompromise`. All of
/// it is read anew for every request.
#[derive(Parser)]
#[command(name = "revocation-services", version)]
struct Arguments {
    #[arg(long, value_name = "DIR")]
    directory: PathBuf,
    /// Where to listen: an address of this machine's own, with a port or 0 for a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0", value_parser = loopback)]
    listen: SocketAddr,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match DirectoryServices::start(&arguments.directory, arguments.listen) {
        Ok(services) => {
            println!("listening on {}", services.url());
            // Until it is killed: there is nothing to end in order.
            loop {
                std::thread::park();
            }
        }
        Err(error) => {
            eprintln!("revocation-services: {error}");
            ExitCode::FAILURE
        }
    }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text
        .parse()
        .map_err(|_| "an address and a port are expected, such as 127.0.0.1:8080".to_owned())?;
    if address.ip().is_loopback() {
        Ok(address)
    } else {
        Err("authorities that were made for a rehearsal are for this machine alone".to_owned())
    }
}
