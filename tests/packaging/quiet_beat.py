"""A scheduler that hands the broker what nobody works on: other tests share it."""

from celery.beat import Scheduler


class QuietScheduler(Scheduler):
    def setup_schedule(self) -> None:
        self.merge_inplace(
            {"quiet": {"task": "nobody.knows", "schedule": 0.5, "options": {"queue": "nobody", "expires": 1}}}
        )
