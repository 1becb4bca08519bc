//! What the READMEs of working keys have in common, whichever way the keys went.

use ceremony::algorithms::KcvAlgorithm;
use ceremony::working_keys::order::EstablishedKek;

/// After "the key-encrypting key (KEK)": which one it is.
pub fn which_kek(established: EstablishedKek) -> &'static str {
    match established {
        EstablishedKek::Current => "that we sent you last for this folder",
        EstablishedKek::Received => "that you sent us for this folder",
    }
}

/// How a check value is computed, in a word.
pub fn kcv_method(algorithm: KcvAlgorithm) -> &'static str {
    match algorithm {
        KcvAlgorithm::CMAC => "CMAC",
        KcvAlgorithm::ANSI_X9_24 => "ANSI X9.24",
    }
}

/// And in a sentence for each of those by which check values of the package are computed.
pub fn kcv_methods(of_keys: impl Iterator<Item = KcvAlgorithm> + Clone) -> String {
    let sentences = [
        (
            KcvAlgorithm::CMAC,
            "Of AES keys it is the first three bytes of the CMAC over sixteen zero bytes.",
        ),
        (
            KcvAlgorithm::ANSI_X9_24,
            "Of TDES keys it is the first three bytes of eight zero bytes, encrypted.",
        ),
    ];
    let told = sentences
        .into_iter()
        .filter(|(algorithm, _)| of_keys.clone().any(|it| it == *algorithm));
    let told: Vec<&str> = told.map(|(_, sentence)| sentence).collect();
    told.join(" ")
}
