"""What the service refuses, and under which name: never with a server error, which SDKs retry."""

import datetime

from partner_crypto.certificates import Authority, name, private_key, wire
from service import (
    CONFLICT,
    NOT_FOUND,
    USAGES,
    VALIDATION,
    ServiceTest,
    attributes,
    authority_attributes,
    client,
    days_later,
    raw,
)


class Requests(ServiceTest):
    def test_unions_with_no_member_or_two(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        block = {"WrappingKeyIdentifier": arn}
        cryptogram = {
            "WrappingKeyIdentifier": arn,
            "As2805KeyVariant": "PIN_ENCRYPTION_KEY_VARIANT_28",
        }
        for material in ({}, {"Tr31KeyBlock": block, "As2805KeyCryptogram": cryptogram}):
            body = {"KeyMaterial": material, "ExportKeyIdentifier": arn}
            self.assertEqual(raw("ExportKey", body)[:2], (400, VALIDATION), list(material))
        block["WrappedKeyBlock"] = "D0112K0AB00E0000" + "0" * 96
        trusted = {
            "KeyAttributes": authority_attributes("RSA_2048"),
            "PublicKeyCertificate": "AAAA",
        }
        for material in ({}, {"Tr31KeyBlock": block, "RootCertificatePublicKey": trusted}):
            body = {"KeyMaterial": material}
            self.assertEqual(raw("ImportKey", body)[:2], (400, VALIDATION))

    def test_bodies_that_are_not_requests(self):
        for body in ("", "{", "[]", '"text"', '{"KeyIdentifier": 7}', "{}"):
            status, exception, _ = raw("GetKey", body)
            self.assertEqual(status, 400, body)
            self.assertIn(exception, (VALIDATION, "SerializationException"), body)

    def test_patterns_enumerations_and_maxima(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        for because, call in {
            "an alias without its prefix": lambda s: s.create_alias(AliasName="alias-without"),
            "a character that no alias has": lambda s: s.create_alias(AliasName="alias/a b"),
            "the service's own prefix": lambda s: s.create_alias(AliasName="alias/aws/mine"),
            "an alias too long": lambda s: s.create_alias(AliasName="alias/" + "a" * 251),
            "an unknown key state": lambda s: s.list_keys(KeyState="GONE"),
            "too many results": lambda s: s.list_keys(MaxResults=101),
            "a token of another list": lambda s: s.list_keys(NextToken="bm90LW91cnM"),
            "too few days": lambda s: s.delete_key(KeyIdentifier=arn, DeleteKeyInDays=2),
            "too many days": lambda s: s.delete_key(KeyIdentifier=arn, DeleteKeyInDays=181),
            "not an identifier": lambda s: s.get_key(KeyIdentifier="no-identifier"),
            "a tag value too long": lambda s: s.tag_resource(
                ResourceArn=arn, Tags=[{"Key": "k", "Value": "v" * 257}]
            ),
        }.items():
            # The smallest values botocore checks itself, so these two go around it.
            if because == "too few days":
                body = {"KeyIdentifier": arn, "DeleteKeyInDays": 2}
                self.assertEqual(raw("DeleteKey", body)[:2], (400, VALIDATION))
                continue
            with self.refused(because=because):
                call(self.service)

    def test_regions_and_accounts_do_not_see_each_other(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        elsewhere = client("us-east-2")
        with self.refused(NOT_FOUND, "another region"):
            elsewhere.get_key(KeyIdentifier=arn)
        with self.refused(NOT_FOUND, "an unknown key"):
            self.service.get_key(KeyIdentifier=arn[:-4] + "aaaa")
        with self.refused(NOT_FOUND, "an unknown alias"):
            self.service.get_key(KeyIdentifier="alias/unknown")
        self.service.create_alias(AliasName="alias/bare")
        with self.refused(NOT_FOUND, "an alias without a key"):
            self.service.get_key(KeyIdentifier="alias/bare")
        error = None
        try:
            self.service.get_key(KeyIdentifier="alias/bare")
        except self.service.exceptions.ResourceNotFoundException as caught:
            error = caught.response
        self.assertIn("ResourceId", error)


class Keys(ServiceTest):
    def test_attributes_that_do_not_go_together(self):
        for usage, algorithm, mode, key_class in [
            ("K0", "AES_128", "C", "SYMMETRIC_KEY"),
            ("K0", "HMAC_SHA256", "B", "SYMMETRIC_KEY"),
            ("K0", "RSA_2048", "B", "ASYMMETRIC_KEY_PAIR"),
            ("K0", "AES_128", "B", "ASYMMETRIC_KEY_PAIR"),
            ("B0", "AES_128", "B", "SYMMETRIC_KEY"),
            ("M0", "TDES_2KEY", "N", "SYMMETRIC_KEY"),
            ("M3", "AES_128", "C", "SYMMETRIC_KEY"),
            ("S0", "RSA_2048", "B", "ASYMMETRIC_KEY_PAIR"),
            ("K2", "ECC_NIST_P256", "B", "ASYMMETRIC_KEY_PAIR"),
            ("K3", "RSA_2048", "X", "ASYMMETRIC_KEY_PAIR"),
            ("S0", "RSA_2048", "V", "PUBLIC_KEY"),
        ]:
            with self.refused(because=f"{usage} {algorithm} {mode} {key_class}"):
                self.service.create_key(
                    KeyAttributes=attributes(usage, algorithm, mode, key_class), Exportable=True
                )
        half = {
            **attributes("D0", "AES_128", "B"),
            "KeyModesOfUse": {"Encrypt": True, "Decrypt": True},
        }
        with self.refused(because="half of the modes"):
            self.service.create_key(KeyAttributes=half, Exportable=True)
        with self.refused(because="key agreement for no usage"):
            self.create("K3", "ECC_NIST_P256", "X")

    def test_states(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        with self.refused(CONFLICT, "restore what was not deleted"):
            self.service.restore_key(KeyIdentifier=arn)
        self.service.delete_key(KeyIdentifier=arn)
        for because, call in {
            "delete again": self.service.delete_key,
            "start": self.service.start_key_usage,
            "stop": self.service.stop_key_usage,
        }.items():
            with self.refused(CONFLICT, because):
                call(KeyIdentifier=arn)
        with self.refused(CONFLICT, "an alias for it"):
            self.service.create_alias(AliasName="alias/for-deleted", KeyArn=arn)
        with days_later(8), self.refused(CONFLICT, "restore what is gone"):
            self.service.restore_key(KeyIdentifier=arn)

    def test_aliases(self):
        self.service.create_alias(AliasName="alias/once")
        with self.refused(CONFLICT, "an alias that exists"):
            self.service.create_alias(AliasName="alias/once")
        for call in (self.service.get_alias, self.service.update_alias, self.service.delete_alias):
            with self.refused(NOT_FOUND, "an unknown alias"):
                call(AliasName="alias/never")
        arn = self.create("K0", "AES_128")["KeyArn"]
        with self.refused(NOT_FOUND, "an unknown key"):
            self.service.update_alias(AliasName="alias/once", KeyArn=arn[:-4] + "aaaa")


class Authorities(ServiceTest):
    def refuse_root(self, because, authority=None, certificate=None, key_attributes=None):
        with self.refused(because=because):
            self.import_key(
                "RootCertificatePublicKey",
                {
                    "KeyAttributes": key_attributes or authority_attributes(authority.algorithm),
                    "PublicKeyCertificate": certificate or authority.wire(),
                },
            )

    def test_roots(self):
        root = Authority("RSA_2048")
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        self.refuse_root("another size", root, key_attributes=authority_attributes("RSA_3072"))
        self.refuse_root("another kind", root, key_attributes=authority_attributes("ECC_NIST_P256"))
        self.refuse_root(
            "a private key's class", root, key_attributes=attributes("S0", "RSA_2048", "V")
        )
        signs = attributes("S0", "RSA_2048", "S", "PUBLIC_KEY")
        self.refuse_root("a public key that signs", root, key_attributes=signs)
        self.refuse_root("not a certificate", root, certificate="bm90IGEgY2VydGlmaWNhdGU=")
        self.refuse_root("a leaf", root, certificate=root.leaf("RSA_2048").wire())
        expired = Authority(
            "RSA_2048", owner="Partner Root", not_before=now - 9 * day, not_after=now - day
        )
        self.refuse_root("expired", expired)
        early = Authority(
            "RSA_2048", owner="Partner Root", not_before=now + day, not_after=now + 9 * day
        )
        self.refuse_root("not yet valid", early)
        child = Authority("RSA_2048", "Partner Intermediate", parent=root)
        self.refuse_root("not signed by itself", child)

    def test_intermediates(self):
        root, stranger = Authority("RSA_2048"), Authority("RSA_2048", "Stranger")
        child = Authority("RSA_2048", "Partner Intermediate", parent=root)
        material = {
            "KeyAttributes": authority_attributes("RSA_2048"),
            "PublicKeyCertificate": child.wire(),
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(stranger),
        }
        with self.refused(because="signed by another authority"):
            self.import_key("TrustedCertificatePublicKey", material)
        stronger = Authority("RSA_3072", "Stronger", parent=root)
        material = {
            "KeyAttributes": authority_attributes("RSA_3072"),
            "PublicKeyCertificate": stronger.wire(),
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(root),
        }
        with self.refused(because="stronger than its authority"):
            self.import_key("TrustedCertificatePublicKey", material)
        with self.refused(NOT_FOUND, "an unknown authority"):
            arn = material["CertificateAuthorityPublicKeyIdentifier"]
            material["CertificateAuthorityPublicKeyIdentifier"] = arn[:-4] + "aaaa"
            self.import_key("TrustedCertificatePublicKey", material)

    def test_an_elliptic_curve_under_rsa(self):
        root = Authority("RSA_4096", "RSA Root")
        key = private_key("ECC_NIST_P256", "agreement")
        certificate = root.certify(key.public_key(), name("Agreement"))
        pair = self.create("K3", "ECC_NIST_P256", "X", DeriveKeyUsage=USAGES["K1"])
        arn = self.create("K0", "AES_128")["KeyArn"]
        material = {
            "PrivateKeyIdentifier": pair["KeyArn"],
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(root),
            "PublicKeyCertificate": wire(certificate),
            "DeriveKeyAlgorithm": "AES_128",
            "KeyDerivationFunction": "NIST_SP800",
            "KeyDerivationHashAlgorithm": "SHA_256",
            "DerivationData": {"SharedInformation": "0123456789"},
        }
        with self.refused(because="ECC under an RSA authority"):
            self.export_key(arn, "DiffieHellmanTr31KeyBlock", material)


class Parameters(ServiceTest):
    def test_kinds_of_material_that_need_no_parameters(self):
        for kind in (
            "TR31_KEY_BLOCK",
            "ROOT_PUBLIC_KEY_CERTIFICATE",
            "TRUSTED_PUBLIC_KEY_CERTIFICATE",
        ):
            with self.refused(because=kind):
                self.service.get_parameters_for_import(
                    KeyMaterialType=kind, WrappingKeyAlgorithm="RSA_2048"
                )
        for kind in ("KEY_CRYPTOGRAM", "TR31_KEY_BLOCK"):
            with self.refused(because=kind):
                self.service.get_parameters_for_export(
                    KeyMaterialType=kind, SigningKeyAlgorithm="RSA_2048"
                )

    def test_algorithms_that_wrap_nothing(self):
        for algorithm in ("AES_128", "ECC_NIST_P256", "TDES_2KEY"):
            with self.refused(because=algorithm):
                self.service.get_parameters_for_import(
                    KeyMaterialType="KEY_CRYPTOGRAM", WrappingKeyAlgorithm=algorithm
                )
            with self.refused(because=algorithm):
                self.service.get_parameters_for_export(
                    KeyMaterialType="TR34_KEY_BLOCK", SigningKeyAlgorithm=algorithm
                )

    def test_symmetric_keys_have_no_certificate(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        with self.refused(because="no public key"):
            self.service.get_public_key_certificate(KeyIdentifier=arn)
        with self.refused(because="no key pair"):
            self.service.get_certificate_signing_request(
                KeyIdentifier=arn, SigningAlgorithm="SHA256", CertificateSubject={"CommonName": "x"}
            )

    def test_subjects(self):
        arn = self.create("S0", "RSA_2048", "S")["KeyArn"]
        for because, subject in {
            "a name too long": {"CommonName": "x" * 65},
            "a country of three letters": {"CommonName": "x", "Country": "FRA"},
        }.items():
            with self.refused(because=because):
                self.service.get_certificate_signing_request(
                    KeyIdentifier=arn, SigningAlgorithm="SHA256", CertificateSubject=subject
                )
