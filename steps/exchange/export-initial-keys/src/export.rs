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
        // The keys are right, as an earlier step has seen: it is the serial number that is not taken.
        Ok(Answer::NotTaken) => return Ok(failed(Answer::NOT_TAKEN.to_owned())),
        Err(refused @ ServiceError::ServiceRefused { .. }) => {
            return Err(Error::ExportRefused(refused.to_string()));
        }
        Err(error) => return Err(fleets::Error::from(error).into()),
    };
    Ok(match block::checked(wrapped, derivation, kek, number) {
        Ok((key_block, kcv)) => Outcome::Exported {
            ksn: number.clone(),
            key_block,
            kcv,
        },
        Err(why) => failed(why.to_string()),
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
