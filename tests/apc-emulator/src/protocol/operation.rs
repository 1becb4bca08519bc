//! The operations of the control plane.

use crate::model::attributes::wire_enum;
use crate::protocol::error::ServiceError;

wire_enum! {
    /// All 32 operations of API version 2021-09-14.
    Operation {
        AddKeyReplicationRegions = "AddKeyReplicationRegions",
        AssociateMpaTeam = "AssociateMpaTeam",
        CreateAlias = "CreateAlias",
        CreateKey = "CreateKey",
        DeleteAlias = "DeleteAlias",
        DeleteKey = "DeleteKey",
        DeleteResourcePolicy = "DeleteResourcePolicy",
        DisableDefaultKeyReplicationRegions = "DisableDefaultKeyReplicationRegions",
        DisassociateMpaTeam = "DisassociateMpaTeam",
        EnableDefaultKeyReplicationRegions = "EnableDefaultKeyReplicationRegions",
        ExportKey = "ExportKey",
        GetAlias = "GetAlias",
        GetCertificateSigningRequest = "GetCertificateSigningRequest",
        GetDefaultKeyReplicationRegions = "GetDefaultKeyReplicationRegions",
        GetKey = "GetKey",
        GetMpaTeamAssociation = "GetMpaTeamAssociation",
        GetParametersForExport = "GetParametersForExport",
        GetParametersForImport = "GetParametersForImport",
        GetPublicKeyCertificate = "GetPublicKeyCertificate",
        GetResourcePolicy = "GetResourcePolicy",
        ImportKey = "ImportKey",
        ListAliases = "ListAliases",
        ListKeys = "ListKeys",
        ListTagsForResource = "ListTagsForResource",
        PutResourcePolicy = "PutResourcePolicy",
        RemoveKeyReplicationRegions = "RemoveKeyReplicationRegions",
        RestoreKey = "RestoreKey",
        StartKeyUsage = "StartKeyUsage",
        StopKeyUsage = "StopKeyUsage",
        TagResource = "TagResource",
        UntagResource = "UntagResource",
        UpdateAlias = "UpdateAlias",
    }
}

impl Operation {
    /// The operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.as_str() == name)
    }

    /// Whether there may be something new to keep afterwards. Of those that only seem to read, two
    /// make key pairs and one makes certificates.
    pub fn changes_state(self) -> bool {
        match self {
            Self::ExportKey
            | Self::GetAlias
            | Self::GetCertificateSigningRequest
            | Self::GetDefaultKeyReplicationRegions
            | Self::GetKey
            | Self::GetMpaTeamAssociation
            | Self::GetResourcePolicy
            | Self::ListAliases
            | Self::ListKeys
            | Self::ListTagsForResource => false,
            Self::AddKeyReplicationRegions
            | Self::AssociateMpaTeam
            | Self::CreateAlias
            | Self::CreateKey
            | Self::DeleteAlias
            | Self::DeleteKey
            | Self::DeleteResourcePolicy
            | Self::DisableDefaultKeyReplicationRegions
            | Self::DisassociateMpaTeam
            | Self::EnableDefaultKeyReplicationRegions
            | Self::GetParametersForExport
            | Self::GetParametersForImport
            | Self::GetPublicKeyCertificate
            | Self::ImportKey
            | Self::PutResourcePolicy
            | Self::RemoveKeyReplicationRegions
            | Self::RestoreKey
            | Self::StartKeyUsage
            | Self::StopKeyUsage
            | Self::TagResource
            | Self::UntagResource
            | Self::UpdateAlias => true,
        }
    }

    /// Reads `X-Amz-Target: PaymentCryptographyControlPlane.NAME`.
    pub fn from_target(target: Option<&str>) -> Result<Self, ServiceError> {
        let target = target.unwrap_or("a request without X-Amz-Target");
        target
            .strip_prefix("PaymentCryptographyControlPlane.")
            .and_then(Self::named)
            .ok_or_else(|| ServiceError::UnknownOperation(target.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_plane_has_32_operations() {
        assert_eq!(Operation::ALL.len(), 32);
    }

    #[test]
    fn the_target_names_the_operation() {
        let read = |target| Operation::from_target(Some(target));
        assert_eq!(
            read("PaymentCryptographyControlPlane.GetKey"),
            Ok(Operation::GetKey)
        );
        for wrong in [
            "GetKey",
            "PaymentCryptographyControlPlane.Get",
            "TrentService.GetKey",
            "",
        ] {
            assert_eq!(read(wrong).unwrap_err().name(), "UnknownOperationException");
        }
        assert!(Operation::from_target(None).is_err());
    }
}
