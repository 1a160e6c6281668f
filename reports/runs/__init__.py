"""Reports that are made in the background: asked for, made, kept for a while. All writing of their rows is here."""

from reports.runs.asking import Ask, TooManyReports, ask_for
from reports.runs.downloads import ReportExpired, ReportFailed, ReportPending, open_file

__all__ = ["Ask", "ReportExpired", "ReportFailed", "ReportPending", "TooManyReports", "ask_for", "open_file"]
