"""ESC/POS: the bytes by which a thermal printer draws a picture, line of dots by line of dots."""

import struct
import zlib
from collections.abc import Callable, Iterator
from itertools import accumulate

WIDTH = 384
"""Dots across a head of 58 mm."""
ROWS_AT_ONCE = 255
"""Small printers have memory for so many."""
START, FEED, CUT = b"\x1b@", b"\x1bd\x04", b"\x1dV\x42\x00"
_DARK = 160
"""What is darker than this, of 255, is a dot. Letters have grey edges."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 6: 4}
"""Of a PNG's kinds of colour: grey, red with green and blue, and these with transparency."""


class NotAPicture(Exception):
    """These bytes are no PNG of the kind that pages are drawn as: eight bits, not interlaced."""


def escpos(pictures: list[bytes]) -> bytes:
    """The bytes that print these pictures (PNG) below one another, and then cut the paper."""
    return START + b"".join(map(_picture, pictures)) + FEED + CUT


def rows_of(png: bytes) -> Iterator[bytes]:
    """
    The rows of a picture, a byte for each dot: its first channel, which is as good as any of a page in black and white.

    :raises NotAPicture: another kind of PNG, or none.
    """
    width, channels, packed = _read(png)
    raw = zlib.decompress(packed)
    stride, before = 1 + width * channels, bytes(width)
    for start in range(0, len(raw), stride):
        before = _UNFILTERED[raw[start]](raw[start + 1 : start + stride : channels], before)
        yield before


def _picture(png: bytes) -> bytes:
    rows = [_dots(row) for row in rows_of(png)]
    parts = [rows[top : top + ROWS_AT_ONCE] for top in range(0, len(rows), ROWS_AT_ONCE)]
    return b"".join(_command(part) for part in parts)


def _command(rows: list[bytes]) -> bytes:
    """`GS v 0`: the width in bytes, the height in dots, then the dots, a set bit for a dark one."""
    return b"\x1dv0\x00" + struct.pack("<HH", WIDTH // 8, len(rows)) + b"".join(rows)


def _dots(row: bytes) -> bytes:
    bits = "".join("1" if value < _DARK else "0" for value in row[:WIDTH]).ljust(WIDTH, "0")
    return int(bits, 2).to_bytes(WIDTH // 8, "big")


def _read(png: bytes) -> tuple[int, int, bytes]:
    """Width, channels, and the packed rows."""
    if not png.startswith(_SIGNATURE):
        raise NotAPicture("no PNG")
    width, _, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    if depth != 8 or kind not in _CHANNELS or interlaced:
        raise NotAPicture(f"depth {depth}, colours {kind}, interlaced {interlaced}")
    return width, _CHANNELS[kind], b"".join(_packed(png))


def _packed(png: bytes) -> Iterator[bytes]:
    at = len(_SIGNATURE)
    while at < len(png):
        [length] = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            yield png[at + 8 : at + 8 + length]
        at += 12 + length


def _left(row: bytes, _: bytes) -> bytes:
    return bytes(total & 255 for total in accumulate(row))


def _up(row: bytes, before: bytes) -> bytes:
    return bytes((one + up) & 255 for one, up in zip(row, before, strict=True))


def _mean(row: bytes, before: bytes) -> bytes:
    made, left = bytearray(), 0
    for one, up in zip(row, before, strict=True):
        left = (one + (left + up) // 2) & 255
        made.append(left)
    return bytes(made)


def _paeth(row: bytes, before: bytes) -> bytes:
    made, left, corner = bytearray(), 0, 0
    for one, up in zip(row, before, strict=True):
        left, corner = (one + _nearest(left, up, corner)) & 255, up
        made.append(left)
    return bytes(made)


def _nearest(left: int, up: int, corner: int) -> int:
    """Of the three that stand around it, the one nearest to left + up - corner."""
    far = (abs(up - corner), abs(left - corner), abs(left + up - 2 * corner))
    return left if far[0] <= far[1] and far[0] <= far[2] else up if far[1] <= far[2] else corner


_UNFILTERED: tuple[Callable[[bytes, bytes], bytes], ...] = (lambda row, _: row, _left, _up, _mean, _paeth)
"""How a row was changed before it was packed, by its first byte; each is bytewise, so one channel can be read alone."""
