"""What a bet looks like, coming and going."""

from typing import Any

from rest_framework import serializers

from bench.yardsticks.typical.betting.models import Bet

NUMBERS, PICKS_MAX = 80, 10


class BetInput(serializers.Serializer[Any]):
    """A bet that somebody asks for."""

    round_id = serializers.IntegerField()
    player_token = serializers.CharField(max_length=64)
    picks = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=NUMBERS), min_length=1, max_length=PICKS_MAX
    )
    stake = serializers.DecimalField(max_digits=18, decimal_places=2)
    currency = serializers.CharField(max_length=3)

    def validate_picks(self, value: list[int]) -> list[int]:
        """In rising order, each once."""
        if len(set(value)) != len(value):
            raise serializers.ValidationError("selection_duplicate")
        return sorted(value)


class BetOutput(serializers.ModelSerializer[Bet]):
    """A bet that was accepted."""

    player_token = serializers.CharField(source="player.token")
    round_id = serializers.IntegerField()

    class Meta:
        model = Bet
        fields = [
            "id",
            "round_id",
            "player_token",
            "picks",
            "stake",
            "potential_max_win",
            "status",
            "receipt",
            "created_at",
        ]
