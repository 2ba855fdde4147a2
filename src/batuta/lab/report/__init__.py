"""A comparison told: one HTML page that needs nothing else, and Markdown."""

from batuta.lab.report.html import report_html
from batuta.lab.report.markdown import regression_markdown, report_markdown

__all__ = ["regression_markdown", "report_html", "report_markdown"]
