"""
How workers take messages. Celery's own consumer ends, and the worker with it, at some messages that it cannot read; as
what was not acknowledged comes back after a minute, one such message would end a worker every minute.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer

logger = logging.getLogger(__name__)


class CarefulConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Refuses what it cannot read, whatever is wrong with it, and goes on."""

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], Any]:
        handle = super().create_task_handler(*arguments, **options)

        def take(message: Any) -> Any:
            try:
                return handle(message)
            except (*self.connection_errors, *self.channel_errors):
                raise  # about the line, and not about what came over it
            except Exception:
                logger.exception("a message that is none was refused: %.500r", message.headers)
                if not message.acknowledged:
                    message.reject_log_error(logger, self.connection_errors)

        return take
