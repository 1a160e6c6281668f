"""Ed25519 verification in pure Python (RFC 8032, 5.1.7 and 6), for a Python without any library. It holds no secret."""

import hashlib

from fairness.ed25519 import FIELD, GROUP_ORDER

_D = -121665 * pow(121666, -1, FIELD) % FIELD
_ROOT_OF_MINUS_ONE = pow(2, (FIELD - 1) // 4, FIELD)

Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T of the point (X/Z, Y/Z), with T = XY/Z."""

_NEUTRAL: Point = (0, 1, 1, 0)


class _Python:
    def verifies(self, *, public_key: bytes, message: bytes, signature: bytes) -> bool:
        key = _decode(public_key)
        if key is None:
            return False
        digest = hashlib.sha512(signature[:32] + public_key + message).digest()
        h = int.from_bytes(digest, "little") % GROUP_ORDER
        s = int.from_bytes(signature[32:], "little")
        # R = [S]B - [h]A, with both products in one pass.
        return _encode(_add_multiples(s, _BASE, h, _negate(key))) == signature[:32]


def _decode(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & ~(1 << 255)
    x = _x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % FIELD)


def _x_of(y: int, sign: int) -> int | None:
    """The x of a point with this y, even or odd by `sign`; None where the curve has none."""
    square = (y * y - 1) * pow(_D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if (x * x - square) % FIELD:
        x = x * _ROOT_OF_MINUS_ONE % FIELD
    if (x * x - square) % FIELD or (x == 0 and sign):
        return None
    return FIELD - x if x & 1 != sign else x


def _encode(point: Point) -> bytes:
    inverse = pow(point[2], -1, FIELD)
    x, y = point[0] * inverse % FIELD, point[1] * inverse % FIELD
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _negate(point: Point) -> Point:
    return -point[0] % FIELD, point[1], point[2], -point[3] % FIELD


def _add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % FIELD, (p[1] + p[0]) * (q[1] + q[0]) % FIELD
    c, d = 2 * p[3] * q[3] * _D % FIELD, 2 * p[2] * q[2] % FIELD
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def _double(p: Point) -> Point:
    a, b, c = p[0] * p[0] % FIELD, p[1] * p[1] % FIELD, 2 * p[2] * p[2]
    h = a + b
    e, g = h - (p[0] + p[1]) ** 2, a - b
    f = c + g
    return e * f % FIELD, g * h % FIELD, f * g % FIELD, e * h % FIELD


def _add_multiples(m: int, p: Point, n: int, q: Point) -> Point:
    """[m]P + [n]Q, two bits of each at a time."""
    table = _sums_of(p, q)
    total = _NEUTRAL
    for at in range(max(m.bit_length(), n.bit_length()) // 2 * 2, -1, -2):
        total = _double(_double(total))
        if step := (m >> at & 3) << 2 | n >> at & 3:
            total = _add(total, table[step])
    return total


def _sums_of(p: Point, q: Point) -> list[Point]:
    """[i]P + [j]Q at place 4i + j, for i and j up to 3."""
    rows = [_NEUTRAL, p, _double(p), _add(_double(p), p)]
    columns = [_NEUTRAL, q, _double(q), _add(_double(q), q)]
    return [_add(row, column) for row in rows for column in columns]


def _base() -> Point:
    y = 4 * pow(5, -1, FIELD) % FIELD
    x = _x_of(y, 0)
    if x is None:  # the curve's own base point is on the curve
        raise ArithmeticError("the base point is wrong")
    return x, y, 1, x * y % FIELD


_BASE = _base()
BACKEND = _Python()
