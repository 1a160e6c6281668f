"""`manage.py deploy_contract`: a contract for the roots, on the chain that KENO_CHAIN_URL names."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from anchors import selectors
from anchors.models import Contract, Transaction, TransactionStatus
from anchors.rpc import NodeFailed, OutOfTime
from anchors.services import contracts
from anchors.services.alarms import Halt
from anchors.services.sending import PAUSE_S, deploy, send


class Command(BaseCommand):
    help = "Deploy the contract that keeps the roots, and wait until it is final on its chain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--move", action="store_true", help="leave the contract in use; the sequence goes on here")
        parser.add_argument("--abandon", action="store_true", help="give up what is still on its way to the old one")
        parser.add_argument("--wait", type=int, default=600, metavar="SECONDS", help="how long at most (600)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            contract = deploy(move=options["move"], abandon=options["abandon"])
        except (contracts.DeploymentRefused, Halt, NodeFailed) as refusal:
            raise CommandError(str(refusal)) from refusal
        except OutOfTime as error:
            raise CommandError("The node answers too slowly. Nothing was deployed.") from error
        self.stdout.write(f"{contract} will take roots from {contract.first_seq} on; its deployment is under way.")
        self.stdout.flush()
        self._wait(contract, seconds=options["wait"])

    def _wait(self, contract: Contract, *, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            send()
            one = selectors.deployment_of(contract)
            if one is not None and one.status in (TransactionStatus.FINAL, TransactionStatus.FAILED):
                return self._finish(contract, one)
            if time.monotonic() >= end:
                break
            time.sleep(PAUSE_S)
        alarms = ", ".join(alarm.code for alarm in selectors.list_alarms()) or "none"
        raise CommandError(f"It is not final yet (alarms: {alarms}). The worker, or `anchor_roots`, goes on with it.")

    def _finish(self, contract: Contract, one: Transaction) -> None:
        if one.status == TransactionStatus.FAILED:
            raise CommandError(f"The deployment failed: {one.note}. Run this again to try once more.")
        self.stdout.write(f"{contract} is final since block {one.block_number}: transaction {one.hash}.")
