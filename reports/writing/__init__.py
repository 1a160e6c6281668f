"""Writing a report as a file: CSV and JSON row by row, PDF by typst. Each ends with its seal."""

from reports.writing.making import FORMS, Made, make_file

__all__ = ["FORMS", "Made", "make_file"]
