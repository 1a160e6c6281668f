"""Whether Redis can be asked: after a failure it is left alone for a moment, and then one caller tries."""

import logging
import time

logger = logging.getLogger(__name__)
PATIENCE_S = 0.5
"""How long one question may take."""
PAUSE_S = 0.5
"""Between a failure and the next try: meanwhile nobody waits for an answer that does not come."""


class Reach:
    """What this process knows about it, from its threads or from its event loop."""

    def __init__(self) -> None:
        self._again_at: float | None = None

    def may_try(self) -> bool:
        """Whether to ask now. Where it has failed, one at a time finds out whether it answers again."""
        if self._again_at is None:
            return True
        now = time.monotonic()
        if now < self._again_at:
            return False
        self._again_at = now + PAUSE_S + PATIENCE_S
        return True

    def failed(self, error: BaseException) -> None:
        """It did not answer."""
        if self._again_at is None:
            logger.error("rate limits cannot be asked, so no bet is taken and no money is moved: %s", error)
        self._again_at = time.monotonic() + PAUSE_S

    def answered(self) -> None:
        """It did."""
        if self._again_at is not None:
            logger.warning("rate limits can be asked again")
            self._again_at = None
