//! One ExportKey.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportAttributes, ExportDukptInitialKey, ExportKeyMaterial, ExportTr31KeyBlock,
    KeyBlockHeaders, KeyState,
};
use ceremony::fleet::{Derivation, Outcome, SerialNumber};
use payment_keys::{Pace, inspect, is_bdk};
use step::ServiceError;

use crate::{Error, block};

/// What becomes of one terminal. An error is none of the terminal's own, and ends the batch.
pub(crate) async fn one(
    client: &Client,
    derivation: &Derivation,
    number: &SerialNumber,
) -> Result<Outcome, Error> {
    let (attributes, material) = (attributes(number), material(derivation, number));
    let answer = Pace::patient()
        .repeat(async || {
            let request = client
                .export_key()
                .export_key_identifier(&derivation.bdk.key_arn)
                .export_attributes(attributes.clone())
                .key_material(material.clone());
            let answer = request.send().await;
            answer.map_err(|error| ServiceError::new("payment-cryptography:ExportKey", &error))
        })
        .await;
    let failed = |reason: String| Outcome::Failed {
        ksn: number.clone(),
        failed: reason,
    };
    let answer = match answer {
        Ok(answer) => answer,
        // If the keys are right, which is looked at when the batch is through, it is the serial number that
        // is not taken. The words are left out, as they may repeat it, and every reason would be another.
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ValidationException" => {
            return Ok(failed(format!("ExportKey was refused with {code}")));
        }
        Err(refused @ ServiceError::ServiceRefused { .. }) => {
            return Err(Error::ExportRefused(refused.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    // A block that is another than was asked for is no terminal's own fault.
    let (key_block, kcv) = block::checked(answer.wrapped_key, derivation, number)?;
    Ok(Outcome::Exported {
        ksn: number.clone(),
        key_block,
        kcv,
    })
}

/// Whether both keys are as they were found. If not, what the service did not take says nothing of the
/// terminals: AWS documents ValidationException for both.
pub(crate) async fn keys_are_usable(client: &Client, derivation: &Derivation) -> Result<(), Error> {
    let pace = Pace::patient();
    let unusable = |key: &str, why: &str| Error::ExportRefused(format!("{key}: {why}"));
    let Derivation { bdk, kek, .. } = derivation;
    let facts = inspect(client, &bdk.key_arn, &pace).await?;
    is_bdk(&facts, bdk.algorithm).map_err(|why| unusable(&bdk.key_arn, &why.to_string()))?;
    let facts = inspect(client, &kek.key_arn, &pace).await?;
    if facts.state != KeyState::CreateComplete || !facts.enabled {
        return Err(unusable(&kek.key_arn, "the KEK is disabled, or deleted"));
    }
    Ok(())
}

fn attributes(number: &SerialNumber) -> ExportAttributes {
    let initial_key = ExportDukptInitialKey::builder().key_serial_number(number.as_str());
    let initial_key = initial_key.build().expect("every required member is set");
    ExportAttributes::builder()
        .export_dukpt_initial_key(initial_key)
        .build()
}

fn material(derivation: &Derivation, number: &SerialNumber) -> ExportKeyMaterial {
    let mut block = ExportTr31KeyBlock::builder();
    block = block.wrapping_key_identifier(&derivation.kek.key_arn);
    if derivation.serial_number_in_block {
        let (id, data) = derivation.bdk.algorithm.optional_block(number);
        let headers = KeyBlockHeaders::builder().optional_blocks(id, data);
        block = block.key_block_headers(headers.build());
    }
    ExportKeyMaterial::Tr31KeyBlock(block.build().expect("every required member is set"))
}
