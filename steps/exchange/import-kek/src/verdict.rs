//! What the service says of the key that came, held to what was expected.

use aws_sdk_paymentcryptography::types::{
    Key, KeyCheckValueAlgorithm, KeyModesOfUse, KeyOrigin, KeyState,
};
use ceremony::algorithms::KcvAlgorithm;
use ceremony::key_import::request::{ExpectedKek, ImportRequest};

use crate::material::{attributes, is_exportable};
use crate::refused::Refused;

/// Why the key is a wrong one, if it is. Whether it can be used is another question, with an answer that may
/// change; this one may be asked of a deleted key too.
pub(crate) fn fault(key: &Key, request: &ImportRequest) -> Option<Refused> {
    let key_arn = key.key_arn.clone();
    if let Some(difference) = difference(key, &request.expected) {
        return Some(Refused::KekDiffers {
            difference,
            key_arn,
        });
    }
    let announced = request.kcv.as_ref()?.as_str();
    let found = &key.key_check_value;
    (!found.eq_ignore_ascii_case(announced)).then(|| Refused::KcvDiffers {
        found: found.to_ascii_uppercase(),
        announced: announced.to_owned(),
        key_arn,
    })
}

/// The first attribute by which it is not the expected one.
fn difference(key: &Key, expected: &ExpectedKek) -> Option<String> {
    let wanted = attributes(expected);
    let Some(found) = &key.key_attributes else {
        return Some("the service does not say what it is".to_owned());
    };
    let (exportable, kcv) = (is_exportable(expected), kcv_algorithm(expected));
    let fields = [
        (
            "algorithm",
            found.key_algorithm.to_string(),
            wanted.key_algorithm.to_string(),
        ),
        (
            "class",
            found.key_class.to_string(),
            wanted.key_class.to_string(),
        ),
        (
            "usage",
            found.key_usage.to_string(),
            wanted.key_usage.to_string(),
        ),
        (
            "modes of use",
            in_words(found.key_modes_of_use.as_ref()),
            in_words(wanted.key_modes_of_use.as_ref()),
        ),
        (
            "exportable",
            key.exportable.to_string(),
            exportable.to_string(),
        ),
        (
            "origin",
            key.key_origin.to_string(),
            KeyOrigin::External.to_string(),
        ),
        (
            "check value's algorithm",
            key.key_check_value_algorithm.to_string(),
            kcv.to_string(),
        ),
    ];
    let mut different = fields
        .into_iter()
        .filter(|(_, found, wanted)| found != wanted);
    let (field, found, wanted) = different.next()?;
    Some(format!("its {field} is {found}, and not {wanted}"))
}

fn in_words(modes: Option<&KeyModesOfUse>) -> String {
    let Some(modes) = modes else {
        return "none".to_owned();
    };
    let named = [
        ("encrypt", modes.encrypt),
        ("decrypt", modes.decrypt),
        ("wrap", modes.wrap),
        ("unwrap", modes.unwrap),
        ("generate", modes.generate),
        ("sign", modes.sign),
        ("verify", modes.verify),
        ("derive", modes.derive_key),
        ("no restriction", modes.no_restrictions),
    ];
    let allowed = named.into_iter().filter(|(_, allowed)| *allowed);
    let allowed: Vec<&str> = allowed.map(|(name, _)| name).collect();
    allowed.join(" and ")
}

/// As the service spells it.
pub(crate) fn kcv_algorithm(expected: &ExpectedKek) -> KeyCheckValueAlgorithm {
    match expected.algorithm.kcv_algorithm() {
        KcvAlgorithm::ANSI_X9_24 => KeyCheckValueAlgorithm::AnsiX924,
        KcvAlgorithm::CMAC => KeyCheckValueAlgorithm::Cmac,
    }
}

pub(crate) fn is_deleted(key: &Key) -> bool {
    matches!(
        key.key_state,
        KeyState::DeletePending | KeyState::DeleteComplete
    )
}

/// Why nothing could be done with it at present.
pub(crate) fn why_out_of_use(key: &Key) -> Option<String> {
    if key.key_state != KeyState::CreateComplete {
        let state = &key.key_state;
        return Some(format!("its state is {state}, CREATE_COMPLETE is needed"));
    }
    (!key.enabled).then(|| "it is not enabled".to_owned())
}

#[cfg(test)]
mod tests {
    use aws_sdk_paymentcryptography::primitives::DateTime;
    use aws_sdk_paymentcryptography::types::{KeyAlgorithm, KeyAttributes, KeyUsage};

    use super::*;

    fn request(asked: &str) -> ImportRequest {
        let document = format!(r#"{{ "version": 1, "kekImport": {{ {asked} }} }}"#);
        ImportRequest::parse(&document).unwrap()
    }

    fn aes() -> ImportRequest {
        request(r#""method": "ecdh", "algorithm": "AES_128", "kcv": "7AD386""#)
    }

    fn key(attributes: KeyAttributes) -> Key {
        let key = Key::builder()
            .key_arn("arn")
            .key_attributes(attributes)
            .key_check_value("7ad386")
            .key_check_value_algorithm(KeyCheckValueAlgorithm::Cmac)
            .enabled(true)
            .exportable(false)
            .key_state(KeyState::CreateComplete)
            .key_origin(KeyOrigin::External)
            .create_timestamp(DateTime::from_secs(0));
        key.build().unwrap()
    }

    fn right() -> Key {
        key(attributes(&aes().expected))
    }

    #[test]
    fn the_expected_key_has_no_fault() {
        assert_eq!(fault(&right(), &aes()), None);
        assert_eq!(why_out_of_use(&right()), None);
        let unannounced = request(r#""method": "ecdh", "algorithm": "AES_128""#);
        assert_eq!(fault(&right(), &unannounced), None);
    }

    #[test]
    fn a_key_that_differs_in_anything_is_another() {
        type Change = fn(&mut Key);
        let attributes_of = |key: &mut Key, change: fn(&mut KeyAttributes)| {
            change(key.key_attributes.as_mut().unwrap());
        };
        let cases: [(&str, Change); 4] = [
            ("exportable is true", |key| key.exportable = true),
            ("origin is AWS_PAYMENT_CRYPTOGRAPHY", |key| {
                key.key_origin = KeyOrigin::AwsPaymentCryptography;
            }),
            ("algorithm is ANSI_X9_24", |key| {
                key.key_check_value_algorithm = KeyCheckValueAlgorithm::AnsiX924;
            }),
            ("does not say", |key| key.key_attributes = None),
        ];
        let differs = |key: &Key, part: &str| {
            let refusal = fault(key, &aes()).unwrap().into_refusal();
            assert_eq!(refusal.error, "KekDiffers");
            assert!(refusal.what.contains(part), "{}", refusal.what);
        };
        for (part, change) in cases {
            let mut key = right();
            change(&mut key);
            differs(&key, part);
        }
        let mut key = right();
        attributes_of(&mut key, |it| it.key_algorithm = KeyAlgorithm::Aes192);
        differs(&key, "AES_192, and not AES_128");
        let mut key = right();
        attributes_of(&mut key, |it| {
            it.key_usage = KeyUsage::Tr31K1KeyBlockProtectionKey;
        });
        differs(&key, "usage is TR31_K1");
        let one_way = request(r#""method": "ecdh", "algorithm": "AES_128", "modes": "D""#);
        differs(
            &self::key(attributes(&one_way.expected)),
            "decrypt and unwrap, and not",
        );
    }

    #[test]
    fn another_check_value_is_another_key() {
        let mut key = right();
        key.key_check_value = "7AD387".to_owned();
        let refusal = fault(&key, &aes()).unwrap().into_refusal();
        assert_eq!(refusal.error, "KcvDiffers");
        assert!(refusal.what.contains("7AD387, and 7AD386 was announced"));
    }

    #[test]
    fn a_key_is_out_of_use_by_its_state_or_because_somebody_stopped_it() {
        let mut key = right();
        key.enabled = false;
        assert!(why_out_of_use(&key).is_some() && !is_deleted(&key));
        key.key_state = KeyState::DeletePending;
        assert!(why_out_of_use(&key).is_some() && is_deleted(&key));
        assert_eq!(fault(&key, &aes()), None, "it is the right one still");
    }
}
