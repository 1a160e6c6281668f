"""Sending a finished file, for the API and for staff: a block at a time, with its hash."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

from reports.models import ReportRun
from reports.writing.making import CONTENT_TYPES

BLOCK = 1 << 18


def send_file(run: ReportRun, path: Path) -> StreamingHttpResponse:
    """A finished file, a block at a time."""
    digest = base64.b64encode(bytes(run.file_sha256 or b"")).decode()
    return StreamingHttpResponse(
        _blocks(path),
        content_type=CONTENT_TYPES[run.form],
        headers={
            "Content-Disposition": f'attachment; filename="{file_name(run)}"',
            "Content-Length": str(run.file_bytes),
            "Repr-Digest": f"sha-256=:{digest}:",
            "Cache-Control": "no-store",
        },
    )


def file_name(run: ReportRun) -> str:
    """What a file is called where it is saved: which report, whose, from when."""
    whose = run.query.get("operator", "all")
    return f"{run.report}-{whose}-{run.query['from'][:10]}-{str(run.pk)[-8:]}.{run.form}"


def _open(path: Path) -> IO[bytes]:
    return path.open("rb")


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    file = await sync_to_async(_open)(path)
    try:
        while block := await sync_to_async(file.read)(BLOCK):
            yield block
    finally:
        file.close()
