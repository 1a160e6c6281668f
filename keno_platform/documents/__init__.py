"""Printed documents: PDF and pictures of pages, made by typst in nine languages with fonts of the project's own."""

from keno_platform.documents.printing import Unprintable, render_pages, render_pdf

__all__ = ["Unprintable", "render_pages", "render_pdf"]
