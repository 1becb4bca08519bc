//! The steps, as state machines know them.

use ceremony::evidence::Recorded;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use step::StepError;

/// A crate that is a step, and what it says of itself.
pub struct Step {
    /// The state: the crate's name in CamelCase.
    pub state: &'static str,
    pub crate_name: &'static str,
    pub errors: fn() -> Vec<&'static str>,
    /// Reads a document as the step's input and writes it again.
    pub input: fn(Value) -> Result<Value, String>,
    /// The same for what the step returns.
    pub output: fn(Value) -> Result<Value, String>,
}

macro_rules! steps {
    ($($state:literal = $krate:ident),+ $(,)?) => {
        /// One line per step, whichever machines it serves.
        pub const STEPS: &[Step] = &[$(Step {
            state: $state,
            crate_name: stringify!($krate),
            errors: $krate::Error::names,
            input: round_trip::<$krate::Input>,
            output: round_trip::<Recorded<$krate::Output>>,
        }),+];
    };
}

steps!(
    "CheckRevocation" = check_revocation,
    "CreateKek" = create_kek,
    "EstablishKek" = establish_kek,
    "ExportInitialKeys" = export_initial_keys,
    "ExportInitialKeysTr34" = export_initial_keys_tr34,
    "ExportKeys" = export_keys,
    "FetchCerts" = fetch_certs,
    "FetchRequest" = fetch_request,
    "FindBdk" = find_bdk,
    "FindKek" = find_kek,
    "GatherInitialKeys" = gather_initial_keys,
    "FetchEnrolment" = fetch_enrolment,
    "ImportCa" = import_ca,
    "InspectKeys" = inspect_keys,
    "InstallCertificate" = install_certificate,
    "ListAliases" = list_aliases,
    "ListKeys" = list_keys,
    "MakeKeys" = make_keys,
    "PackageKek" = package_kek,
    "PackageKeys" = package_keys,
    "ProveEnrolment" = prove_enrolment,
    "Publish" = publish,
    "ReadRecords" = read_records,
    "Reconcile" = reconcile,
    "RecordFailure" = record_failure,
    "Sign" = sign,
    "SignPackage" = sign_package,
    "SplitInventory" = split_inventory,
    "Validate" = validate,
    "WrapEcdh" = wrap_ecdh,
    "WrapRsa" = wrap_rsa,
    "WrapTr34" = wrap_tr34,
);

impl Step {
    /// The step of a state.
    ///
    /// # Panics
    ///
    /// Where there is none.
    pub fn of(state: &str) -> &'static Self {
        STEPS
            .iter()
            .find(|step| step.state == state)
            .unwrap_or_else(|| panic!("no step {state}"))
    }

    /// The four spellings: crate `create-kek`, module `create_kek`, state `CreateKek`,
    /// substitution `${CreateKekFunctionArn}`.
    pub fn folder(&self) -> String {
        self.crate_name.replace('_', "-")
    }

    pub fn state_from_crate(&self) -> String {
        self.crate_name
            .split('_')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect()
    }

    /// Whether it calls AWS, and so may be throttled or unanswered.
    pub fn calls_aws(&self) -> bool {
        (self.errors)().contains(&"ServiceThrottled")
    }
}

fn round_trip<T: DeserializeOwned + Serialize>(document: Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(document).map_err(|error| error.to_string())?;
    serde_json::to_value(typed).map_err(|error| error.to_string())
}
