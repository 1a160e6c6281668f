"""Keccak-256, the hash of Ethereum: SHA-3's permutation with the padding from before it became a standard."""

_RATE = 136
_LANES = 25
_MASK = (1 << 64) - 1


def keccak_256(data: bytes) -> bytes:
    """Keccak-256, 32 bytes. `hashlib.sha3_256` pads otherwise and gives other bytes."""
    padded = bytearray(data + bytes(_RATE - len(data) % _RATE))
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * _LANES
    for at in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            start = at + 8 * lane
            state[lane] ^= int.from_bytes(padded[start : start + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permute(a: list[int]) -> list[int]:
    """Keccak-f[1600]; lane (x, y) is a[x + 5y]."""
    for constant in _ROUND_CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ _rotate(c[(x + 1) % 5], 1) for x in range(5)]
        b = [0] * _LANES
        for source, target, shift in _MOVES:
            b[target] = _rotate(a[source] ^ d[source % 5], shift)
        a = [b[i] ^ (~b[right] & b[further]) for i, right, further in _NEIGHBOURS]
        a[0] ^= constant
    return a


def _rotate(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & _MASK


def _moves() -> list[tuple[int, int, int]]:
    """Where each lane goes (pi) and by how many bits it turns on the way (rho)."""
    moves, x, y = [(0, 0, 0)], 1, 0
    for step in range(24):
        target_x, target_y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, target_x + 5 * target_y, (step + 1) * (step + 2) // 2 % 64))
        x, y = target_x, target_y
    return moves


def _round_constants() -> list[int]:
    """One for each of the 24 rounds, from a shift register of 8 bits."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


_MOVES = _moves()
_ROUND_CONSTANTS = _round_constants()
_NEIGHBOURS = [(x + 5 * y, (x + 1) % 5 + 5 * y, (x + 2) % 5 + 5 * y) for y in range(5) for x in range(5)]
