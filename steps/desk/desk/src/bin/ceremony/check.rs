//! `ceremony check`.

use std::path::PathBuf;
use std::process::ExitCode;

use ceremony::utc::Utc;
use ceremony::working_keys::place::AskedBy;
use desk::check::{self, Options, order};
use revocation::http::Http;

use crate::could_not_run;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The files of one drop folder: certificates in PEM, DER or PKCS#7
    #[arg(value_name = "FILE", required_unless_present_any = ["order", "request"])]
    files: Vec<PathBuf>,
    /// An order for working keys or initial keys instead, with its inventory beside it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "request", "time", "revocation"])]
    order: Option<PathBuf>,
    /// The same as a request of the partner's
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "time", "revocation"])]
    request: Option<PathBuf>,
    /// The profile of the folder: the JSON that is in its parameter, or is to be put there
    #[arg(long, value_name = "FILE")]
    profile: PathBuf,
    /// Look as if it were that time, RFC 3339: 2027-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Option<Utc>,
    /// Ask the OCSP responders and CRLs that the certificates name, now
    #[arg(long)]
    revocation: bool,
    /// Let this host be asked although its address is a private one (may be repeated)
    #[arg(long, value_name = "NAME", requires = "revocation")]
    allow_host: Vec<String>,
    /// Print a JSON document instead of a table
    #[arg(long)]
    json: bool,
}

fn time(text: &str) -> Result<Utc, String> {
    Utc::try_from(text.to_owned())
}

pub(crate) async fn run(arguments: Arguments) -> ExitCode {
    match (arguments.order.clone(), arguments.request.clone()) {
        (Some(document), _) => of_order(document, AskedBy::Requester, &arguments),
        (None, Some(document)) => of_order(document, AskedBy::Partner, &arguments),
        (None, None) => Box::pin(of_certificates(arguments)).await,
    }
}

fn of_order(document: PathBuf, asked_by: AskedBy, arguments: &Arguments) -> ExitCode {
    let options = order::Options {
        document,
        asked_by,
        profile: arguments.profile.clone(),
    };
    let report = match order::run(&options) {
        Ok(report) => report,
        Err(error) => return could_not_run(&error),
    };
    if arguments.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    ExitCode::from(u8::from(!report.goes_on))
}

async fn of_certificates(arguments: Arguments) -> ExitCode {
    let options = Options {
        files: arguments.files,
        profile: arguments.profile,
        at: arguments.time.unwrap_or_else(Utc::now),
    };
    let services = arguments
        .revocation
        .then(|| Http::new(arguments.allow_host));
    let report = match check::run(&options, services.as_ref()).await {
        Ok(report) => report,
        Err(error) => return could_not_run(&error),
    };
    if arguments.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    ExitCode::from(u8::from(!report.goes_on))
}
