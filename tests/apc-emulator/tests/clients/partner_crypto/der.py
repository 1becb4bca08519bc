"""DER, as much of it as TR-34 needs: strict in reading, so that nothing odd goes unseen."""

INTEGER, OCTET_STRING, NULL, OID, UTC_TIME = 0x02, 0x04, 0x05, 0x06, 0x17
SEQUENCE, SET, CONTEXT_0, CONTEXT_0_PRIMITIVE = 0x30, 0x31, 0xA0, 0x80


def element(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def sequence(*contents):
    return element(SEQUENCE, *contents)


def set_of(*contents):
    return element(SET, *contents)


def integer(number):
    return element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(content):
    return element(OCTET_STRING, content)


def oid(text):
    first, second, *rest = (int(number) for number in text.split("."))
    content = b""
    for number in (40 * first + second, *rest):
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.insert(0, 0x80 | number & 0x7F)
        content += bytes(groups)
    return element(OID, content)


class Reader:
    """Reads elements one after the other."""

    def __init__(self, data):
        self.data = data

    def raw(self, tag):
        """The next element with its tag and length, which must be a certain tag."""
        assert self.data, "the data ends early"
        assert self.data[0] == tag, f"tag {self.data[0]:02X} instead of {tag:02X}"
        length, start = self.data[1], 2
        if length >= 0x80:
            size = length & 0x7F
            length = int.from_bytes(self.data[2 : 2 + size], "big")
            start += size
            assert size and self.data[2] and length >= 0x80, "a length that is not the shortest"
        end = start + length
        assert end <= len(self.data), "the data ends early"
        whole, self.data = self.data[:end], self.data[end:]
        self.start = start
        return whole

    def content(self, tag):
        whole = self.raw(tag)
        return whole[self.start :]

    def inner(self, tag):
        return Reader(self.content(tag))

    def integer(self):
        return int.from_bytes(self.content(INTEGER), "big", signed=True)

    def expect(self, encoded):
        """The next bytes must be exactly these."""
        found, self.data = self.data[: len(encoded)], self.data[len(encoded) :]
        assert found == encoded, f"{found.hex()} instead of {encoded.hex()}"

    def end(self):
        assert not self.data, f"{len(self.data)} bytes too many"


def only(data, tag):
    """A reader of the one element that the data is."""
    outer = Reader(data)
    inner = outer.inner(tag)
    outer.end()
    return inner
