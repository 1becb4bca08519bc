//! One ExportKey.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{
    ExportAttributes, ExportDukptInitialKey, ExportKeyMaterial, ExportTr31KeyBlock, KeyBlockHeaders,
};
use ceremony::fleet::{Derivation, Outcome, SerialNumber};
use payment_keys::Pace;
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
        // The keys are right, as an earlier step has seen: it is the serial number that is not taken. Its
        // words are left out, as they may repeat it, and every reason would be another one.
        Err(ServiceError::ServiceRefused { code, .. }) if code == "ValidationException" => {
            return Ok(failed(format!("ExportKey was refused with {code}")));
        }
        Err(refused @ ServiceError::ServiceRefused { .. }) => {
            return Err(Error::ExportRefused(refused.to_string()));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(
        match block::checked(answer.wrapped_key, derivation, number) {
            Ok((key_block, kcv)) => Outcome::Exported {
                ksn: number.clone(),
                key_block,
                kcv,
            },
            Err(why) => failed(why.to_string()),
        },
    )
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
