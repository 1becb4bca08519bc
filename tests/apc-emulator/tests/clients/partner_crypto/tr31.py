"""TR-31 key blocks, by psec; with the one rule that psec leaves to its caller."""

import re

from psec import tr31

from .keys import LENGTHS


def version_for(protection_key_algorithm):
    """AES keys protect version D, TDES keys the others; 16 bytes do not tell which they are."""
    return "D" if protection_key_algorithm.startswith("AES") else "B"


def wrap(
    protection_key,
    key,
    usage,
    algorithm,
    mode,
    version="D",
    key_version="00",
    exportability="E",
    blocks=None,
):
    header = tr31.Header(version, usage, algorithm[0], mode, key_version, exportability)
    if algorithm.startswith("HMAC"):
        codes = {"224": "20", "256": "21", "384": "22", "512": "23"}
        header.blocks["HM"] = codes[algorithm[-3:]]
    for block_id, data in (blocks or {}).items():
        header.blocks[block_id] = data
    return tr31.KeyBlock(protection_key, header).wrap(key)


def unwrap(protection_key, protection_key_algorithm, block):
    """The header and the key. Refuses what the service should never send."""
    assert block[0] == version_for(protection_key_algorithm), block[:16]
    assert len(protection_key) == LENGTHS[protection_key_algorithm]
    header, key = tr31.unwrap(protection_key, block)
    # psec would take lower case as well.
    sealed = block[len(str(header)) :]
    assert re.fullmatch(r"[0-9A-F]+", sealed), "the sealed part is upper-case hexadecimal"
    return header, key
