"""The call."""

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.yardsticks.typical.betting.serializers import BetInput, BetOutput
from bench.yardsticks.typical.betting.services import Refused, place_bet
from bench.yardsticks.typical.houses.models import Operator


class BetsView(APIView):
    """Placing one bet."""

    def post(self, request: Request) -> Response:
        key = request.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 128:
            return Response({"code": "idempotency_key_missing"}, status=422)
        asked = BetInput(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            bet = place_bet(operator=cast(Operator, request.user), key=key, asked=asked.validated_data)
        except Refused as refused:
            return Response({"code": refused.code}, status=refused.status)
        return Response(BetOutput(bet).data, status=201)
