//! One terminal.

use aws_sdk_paymentcryptography::Client;
use aws_sdk_paymentcryptography::types::{ExportKeyMaterial, ExportTr31KeyBlock, KeyBlockHeaders};
use ceremony::fleet::run::Kek;
use ceremony::fleet::{Derivation, Outcome, SerialNumber};
use fleets::Answer;
use step::ServiceError;

use crate::{Error, block};

/// What becomes of one terminal. An error is none of the terminal's own, and ends the batch.
pub(crate) async fn one(
    client: &Client,
    derivation: &Derivation,
    kek: &Kek,
    number: &SerialNumber,
) -> Result<Outcome, Error> {
    let material = material(derivation, kek, number);
    let answer = fleets::ask(client, &derivation.bdk, number, &material).await;
    let failed = |reason: String| Outcome::Failed {
        ksn: number.clone(),
        failed: reason,
    };
    let wrapped = match answer {
        Ok(Answer::Wrapped(wrapped)) => wrapped,
        // If the keys are right, which is looked at when the batch is through, it is the serial number
        // that is not taken.
        Ok(Answer::NotTaken) => return Ok(failed(Answer::NOT_TAKEN.to_owned())),
        Err(refused @ ServiceError::ServiceRefused { .. }) => {
            return Err(Error::ExportRefused(refused.to_string()));
        }
        Err(error) => return Err(fleets::Error::from(error).into()),
    };
    // A block that is another than was asked for is no terminal's own fault.
    let (key_block, kcv) = block::checked(wrapped, derivation, kek, number)?;
    Ok(Outcome::Exported {
        ksn: number.clone(),
        key_block,
        kcv,
    })
}

fn material(derivation: &Derivation, kek: &Kek, number: &SerialNumber) -> ExportKeyMaterial {
    let mut block = ExportTr31KeyBlock::builder();
    block = block.wrapping_key_identifier(&kek.key_arn);
    if derivation.serial_number_in_block {
        let (id, data) = derivation.bdk.algorithm.optional_block(number);
        let headers = KeyBlockHeaders::builder().optional_blocks(id, data);
        block = block.key_block_headers(headers.build());
    }
    ExportKeyMaterial::Tr31KeyBlock(block.build().expect("every required member is set"))
}
