"""From when on something is flagged. Made looser, less is seen: so both take two people."""

from configuration.registry import Between, Setting, register

TEMPO_SLIPS = register(
    Setting(
        key="flags.tempo_slips",
        type=int,
        default=50,
        validate=Between(10, 10_000),
        sensitive=True,
        description="How many slips of one player within flags.tempo_seconds are more than hands can place.",
    )
)
TEMPO_SECONDS = register(
    Setting(
        key="flags.tempo_seconds",
        type=int,
        default=10,
        validate=Between(1, 600),
        sensitive=True,
        description="Within how many seconds slips are counted for an impossible tempo.",
    )
)
CROWD_PLAYERS = register(
    Setting(
        key="flags.crowd_players",
        type=int,
        default=10,
        validate=Between(2, 10_000),
        sensitive=True,
        description="How many players with the same numbers and the same stake in one round are a crowd.",
    )
)
CROWD_PICKS = register(
    Setting(
        key="flags.crowd_picks",
        type=int,
        default=5,
        validate=Between(4, 10),
        sensitive=True,
        description="How many numbers identical slips must have at least: of four there are 1.6 million sets, of five "
        "24 million, so with fewer chance alone makes many the same.",
    )
)
