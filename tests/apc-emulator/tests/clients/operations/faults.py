"""Faults as boto3 meets them with its own retries on, which is how most programs run."""

import unittest

import boto3

from service import attributes, controls


class Faults(unittest.TestCase):
    def setUp(self):
        controls("POST", "/reset")
        self.service = boto3.client("payment-cryptography")

    def create_key_despite(self, kind, times):
        """Creates a key while faults strike. How often it was asked, how many keys there are."""
        controls("POST", "/faults", {"operation": "CreateKey", "kind": kind, "times": times})
        self.service.create_key(KeyAttributes=attributes("K0", "AES_128", "B"), Exportable=True)
        self.assertEqual(controls("GET", "/faults")["faults"], [])
        requests = controls("GET", "/requests")["requests"]
        asked = [request for request in requests if request["operation"] == "CreateKey"]
        self.assertEqual([request["outcome"] for request in asked][-1], "ok")
        self.assertEqual([request["fault"] for request in asked], [kind] * times + [None])
        return len(controls("GET", "/keys")["keys"])

    def test_throttling_is_waited_out(self):
        self.assertEqual(self.create_key_despite("throttle", 2), 1)

    def test_server_errors_are_tried_again(self):
        self.assertEqual(self.create_key_despite("internal", 2), 1)

    def test_lost_requests_are_sent_again(self):
        self.assertEqual(self.create_key_despite("drop-before", 1), 1)

    def test_a_lost_answer_makes_a_second_key(self):
        """Why whoever creates keys has to look for one first: the retry is not the caller's."""
        self.assertEqual(self.create_key_despite("drop-after-commit", 1), 2)
