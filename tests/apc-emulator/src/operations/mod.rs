//! The operations of the control plane, one function each: take the input apart, check, do the
//! work, give the output.

pub mod agreement;
pub mod aliases;
pub mod authorities;
pub mod call;
pub mod export;
pub mod import;
pub mod issuers;
pub mod key_encryption_keys;
pub mod key_pairs;
pub mod keys;
pub mod lifecycle;
pub mod mpa;
pub mod paging;
pub mod parameters;
pub mod policies;
pub mod public_keys;
pub mod replication;
pub mod tags;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::operations::call::Call;
use crate::protocol::error::ServiceError;
use crate::protocol::input::parse_input;
use crate::protocol::operation::Operation;

/// Runs an operation.
pub fn run(call: &mut Call<'_>, operation: Operation, body: Value) -> Result<Value, ServiceError> {
    match operation {
        Operation::AddKeyReplicationRegions => with(call, body, replication::add_regions),
        Operation::AssociateMpaTeam => with(call, body, mpa::associate_mpa_team),
        Operation::CreateAlias => with(call, body, aliases::create_alias),
        Operation::CreateKey => with(call, body, keys::create_key),
        Operation::DeleteAlias => with(call, body, aliases::delete_alias),
        Operation::DeleteKey => with(call, body, lifecycle::delete_key),
        Operation::DeleteResourcePolicy => with(call, body, policies::delete_resource_policy),
        Operation::DisableDefaultKeyReplicationRegions => {
            with(call, body, replication::disable_default_regions)
        }
        Operation::DisassociateMpaTeam => with(call, body, mpa::disassociate_mpa_team),
        Operation::EnableDefaultKeyReplicationRegions => {
            with(call, body, replication::enable_default_regions)
        }
        Operation::ExportKey => with(call, body, export::export_key),
        Operation::GetAlias => with(call, body, aliases::get_alias),
        Operation::GetCertificateSigningRequest => {
            with(call, body, public_keys::get_certificate_signing_request)
        }
        Operation::GetDefaultKeyReplicationRegions => {
            with(call, body, replication::get_default_regions)
        }
        Operation::GetKey => with(call, body, keys::get_key),
        Operation::GetMpaTeamAssociation => with(call, body, mpa::get_mpa_team_association),
        Operation::GetParametersForExport => {
            with(call, body, parameters::get_parameters_for_export)
        }
        Operation::GetParametersForImport => {
            with(call, body, parameters::get_parameters_for_import)
        }
        Operation::GetPublicKeyCertificate => {
            with(call, body, public_keys::get_public_key_certificate)
        }
        Operation::GetResourcePolicy => with(call, body, policies::get_resource_policy),
        Operation::ImportKey => with(call, body, import::import_key),
        Operation::ListAliases => with(call, body, aliases::list_aliases),
        Operation::ListKeys => with(call, body, keys::list_keys),
        Operation::ListTagsForResource => with(call, body, tags::list_tags_for_resource),
        Operation::PutResourcePolicy => with(call, body, policies::put_resource_policy),
        Operation::RemoveKeyReplicationRegions => with(call, body, replication::remove_regions),
        Operation::RestoreKey => with(call, body, lifecycle::restore_key),
        Operation::StartKeyUsage => with(call, body, lifecycle::start_key_usage),
        Operation::StopKeyUsage => with(call, body, lifecycle::stop_key_usage),
        Operation::TagResource => with(call, body, tags::tag_resource),
        Operation::UntagResource => with(call, body, tags::untag_resource),
        Operation::UpdateAlias => with(call, body, aliases::update_alias),
    }
}

/// JSON in, one typed function, JSON out.
fn with<I: DeserializeOwned, O: Serialize>(
    call: &mut Call<'_>,
    body: Value,
    operation: fn(&mut Call<'_>, I) -> Result<O, ServiceError>,
) -> Result<Value, ServiceError> {
    let output = operation(call, parse_input(body)?)?;
    serde_json::to_value(output).map_err(|error| ServiceError::InternalServer(error.to_string()))
}
