"""psec, asked by lines of JSON on standard input and answering on standard output.

Byte strings are hexadecimal. A header is its six fields in their order: version, key usage,
algorithm, mode of use, key version, exportability. Optional blocks are pairs of id and data.
"""

import json
import sys

from psec import tr31


def wrap(question):
    header = tr31.Header(*question["header"])
    for block_id, data in question["optionalBlocks"]:
        header.blocks[block_id] = data
    key = bytes.fromhex(question["key"])
    # Without a length of its own, psec masks the key to the longest of its algorithm.
    shown_length = None if question["masked"] else len(key)
    key_block = tr31.KeyBlock(bytes.fromhex(question["protectionKey"]), header)
    return {"block": key_block.wrap(key, shown_length)}


def unwrap(question):
    header, key = tr31.unwrap(bytes.fromhex(question["protectionKey"]), question["block"])
    fields = [
        header.version_id,
        header.key_usage,
        header.algorithm,
        header.mode_of_use,
        header.version_num,
        header.exportability,
    ]
    return {"key": key.hex(), "header": fields, "optionalBlocks": list(header.blocks.items())}


TASKS = {"wrap": wrap, "unwrap": unwrap}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = TASKS[question["task"]](question)
    except (tr31.HeaderError, tr31.KeyBlockError) as error:
        answer = {"refused": str(error)}
    print(json.dumps(answer), flush=True)
