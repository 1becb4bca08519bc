"""What a partner's own systems do: the same cryptography as the emulator's, written once more.

Made from the published formats with `cryptography` and `psec` and nothing of the emulator, so that
an exchange between the two only works when both are right.
"""
