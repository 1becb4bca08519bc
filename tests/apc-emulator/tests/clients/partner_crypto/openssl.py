"""The `openssl` program. What it is given in its standard input is on no command line."""

import subprocess


def openssl(*arguments, given=b""):
    """What the program says; fails when it does."""
    result = run(arguments, given)
    return (result.stdout + result.stderr).decode()


def openssl_bytes(*arguments, given=b""):
    """What it makes."""
    return run(arguments, given).stdout


def run(arguments, given):
    command = ["openssl", *map(str, arguments)]
    result = subprocess.run(command, input=given, capture_output=True, check=False)
    said = result.stderr.decode()
    assert result.returncode == 0, f"{' '.join(command)}:\n{said}"
    return result
