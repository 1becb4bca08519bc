//! How a partner verifies a package: is it ours, and all of it?

use ceremony::algorithms::SignatureAlgorithm;
use ceremony::publication::{SIGNING_CERTIFICATES, SIGNING_KEY, SUMS, SUMS_SIGNATURE};

use crate::commands::{fingerprint_command, verify_command};

/// The section of the README, where it is not known yet whether the signing key is certified. `replaced` is
/// what somebody gains who replaces the whole package.
pub fn of_the_package(algorithm: SignatureAlgorithm, replaced: &str) -> String {
    let verify_list = verify_command(algorithm, SUMS_SIGNATURE);
    format!(
        r#"Whose key is it?

    openssl pkey -pubin -in {SIGNING_KEY} -outform DER | openssl dgst -sha256 -r

It must begin with the fingerprint of our signing key, as we told it to you over another channel than
the one by which this package came: by telephone under a number that you knew before, say, or on
paper. This comparison is what counts, and nothing in this folder can stand in for it. Whoever replaces
the whole package replaces the signing key with it, and every step below passes: {replaced}.

Where `{SIGNING_CERTIFICATES}` lies here, a CA that you trust can compare, too. With its root certificate in
`../ca.pem`, from that CA and not from us,
`openssl verify -CAfile ../ca.pem -untrusted {SIGNING_CERTIFICATES} {SIGNING_CERTIFICATES}` must print
`OK`, and `openssl x509 -in {SIGNING_CERTIFICATES} -noout -pubkey | cmp - {SIGNING_KEY}`
nothing.

Is the list of the files signed by that key?

    {verify_list} {SUMS}

It must print `Verified OK`. Is every file on the list there, and as it was?

    sha256sum -c {SUMS}

It must print `OK` for each. Is there a file that is not on the list?

    ! ls -Aq | grep -vxF -e {SUMS} -e {SUMS_SIGNATURE} -e "$(cut -c 67- {SUMS})"

It must print nothing. Now every byte of every file is under the signature, this one included. But
whoever changes a file on its way may have changed the commands here too: if you have verified a
package of ours before, use the commands that you used then.
"#
    )
}

/// The section in short, for a partner that has packages of ours already. `verify_list` is the command that
/// verifies the list, without the name of it.
pub fn in_short(verify_list: &str) -> String {
    format!(
        r#"Whose key is it?

    openssl pkey -pubin -in {SIGNING_KEY} -outform DER | openssl dgst -sha256 -r

It must begin with the fingerprint of our signing key, as we told it to you over another channel than
the one by which this package came. Is the list of the files signed by that key?

    {verify_list} {SUMS}

It must print `Verified OK`. Is every file on the list there, and as it was?

    sha256sum -c {SUMS}

It must print `OK` for each. Is there a file that is not on the list?

    ! ls -Aq | grep -vxF -e {SUMS} -e {SUMS_SIGNATURE} -e "$(cut -c 67- {SUMS})"

It must print nothing.
"#
    )
}

/// PCI PIN 8-4: the certificate of a key of the service's does not say whose it is. `sha256` is its
/// fingerprint, `in_document` the file of the package that has it too.
pub fn of_a_service_key(certificate: &str, chain: &str, sha256: &str, in_document: &str) -> String {
    format!(
        "It is a key of AWS Payment Cryptography, certified by the CA of AWS:

    openssl verify -CAfile {chain} {certificate}

It must print `OK`, which says that the two files belong together, and not whose they are: AWS issues
such certificates to all of its customers. That this one is ours you know because our signing key
signed the list on which it stands, in the step above. Is it the one of which `{in_document}` speaks?

    {fingerprint} \\
        | grep -of - {in_document}

It must print `{sha256}`.
Compare that with us over another channel, as you compared our signing key, before you wrap anything of production.
",
        fingerprint = fingerprint_command(certificate),
    )
}

/// The rows for the files that `sign-package` adds, in the README's table of files.
pub fn rows(algorithm: SignatureAlgorithm) -> String {
    format!(
        "\
| `{SUMS}` | the SHA-256 of every file but itself and the next |
| `{SUMS_SIGNATURE}` | {algorithm} over `{SUMS}` |
| `{SIGNING_KEY}` | the key that verifies it |
| `{SIGNING_CERTIFICATES}` | where one was enrolled: that key's certificate, and those of its issuers |
"
    )
}
