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
    /// Reads a document as the step's input and writes it again, if such an input may be written.
    pub input: fn(Value) -> Result<Value, String>,
    /// The same for what the step returns.
    pub output: fn(Value) -> Result<Value, String>,
}

macro_rules! steps {
    (@input $krate:ident) => { round_trip::<$krate::Input> };
    (@input $krate:ident only_read) => { only_read::<$krate::Input> };
    ($($state:literal = $krate:ident $($only_read:ident)?),+ $(,)?) => {
        /// One line per step, whichever machines it serves.
        pub const STEPS: &[Step] = &[$(Step {
            state: $state,
            crate_name: stringify!($krate),
            errors: $krate::Error::names,
            input: steps!(@input $krate $($only_read)?),
            output: round_trip::<Recorded<$krate::Output>>,
        }),+];
    };
}

steps!(
    "AwaitAnswer" = await_answer only_read,
    "CheckBlock" = check_block,
    "CheckConfirmation" = check_confirmation,
    "CheckRevocation" = check_revocation,
    "CreateKek" = create_kek,
    "EstablishKek" = establish_kek,
    "ExportInitialKeys" = export_initial_keys,
    "ExportInitialKeysTr34" = export_initial_keys_tr34,
    "ExportKeys" = export_keys,
    "FetchBlocks" = fetch_blocks,
    "FetchCerts" = fetch_certs,
    "FetchImport" = fetch_import,
    "FetchRequest" = fetch_request,
    "FindBdk" = find_bdk,
    "FindEstablishedKek" = find_established_kek,
    "FindKek" = find_kek,
    "GatherInitialKeys" = gather_initial_keys,
    "FetchEnrolment" = fetch_enrolment,
    "ImportCa" = import_ca,
    "ImportKek" = import_kek,
    "ImportKeys" = import_keys,
    "InspectKeys" = inspect_keys,
    "InstallCertificate" = install_certificate,
    "ListAliases" = list_aliases,
    "ListKeys" = list_keys,
    "MakeKeys" = make_keys,
    "MakeOffer" = make_offer,
    "PackageKek" = package_kek,
    "PackageKeys" = package_keys,
    "PackageOffer" = package_offer,
    "PackageReceipt" = package_receipt,
    "PackageResults" = package_results,
    "ProveEnrolment" = prove_enrolment,
    "Publish" = publish,
    "PublishPart" = publish_part,
    "ReadRecords" = read_records,
    "Reconcile" = reconcile,
    "RecordFailure" = record_failure,
    "SettleKek" = settle_kek,
    "Sign" = sign,
    "SignPackage" = sign_package,
    "SplitInventory" = split_inventory,
    "SwitchKek" = switch_kek,
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

/// Of an input that can be written nowhere, since it has a task token.
fn only_read<T: DeserializeOwned>(document: Value) -> Result<Value, String> {
    let _: T = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    Ok(document)
}
