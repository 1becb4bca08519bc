"""The parties of TR-34, whose names depend on who sends: KDH is the sender, KRD the receiver.

The service has certificates of its own, by token, or certificates of the partner's authority.
"""

import datetime

from partner_crypto.certificates import Authority
from service import ServiceTest

ALGORITHMS = ("TDES_2KEY", "TDES_3KEY", "AES_128")
# None is the one-pass form.
NONCES = (None, 8, 16)


def sizes(algorithm):
    """The RSA keys that may protect the key."""
    return ("RSA_3072", "RSA_4096") if algorithm == "AES_128" else ("RSA_2048", "RSA_3072")


class Tr34Test(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = Authority("RSA_4096")
        cls.own = {}

    def own_pair(self, usage, algorithm, mode):
        """A key pair of the service, and the certificate that the partner's authority gives it."""
        if (usage, algorithm, mode) not in self.own:
            arn = self.create(usage, algorithm, mode)["KeyArn"]
            request = self.service.get_certificate_signing_request(
                KeyIdentifier=arn,
                SigningAlgorithm="SHA256",
                CertificateSubject={"CommonName": f"Service {usage}", "Country": "US"},
            )["CertificateSigningRequest"]
            self.own[usage, algorithm, mode] = arn, self.root.answer(request)
        return self.own[usage, algorithm, mode]

    def expired(self, certificate):
        """Another certificate of the partner's authority for the same key, over since yesterday."""
        day = datetime.timedelta(days=1)
        now = datetime.datetime.now(datetime.timezone.utc)
        return self.root.certify(
            certificate.public_key(),
            certificate.subject,
            not_before=now - 9 * day,
            not_after=now - day,
        )
