"""
What the lottery prints: receipts of slips, and reports as CSV, JSON and PDF.

A report is made once, as facts and tables of plain values; the three forms write the same report. Programs read CSV and
JSON, so these are English and have amounts as decimal strings; people read PDF, in their language.
"""
