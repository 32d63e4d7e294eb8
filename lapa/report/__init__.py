"""What a checkup means, in words and pictures: questions, verdicts, and one page that shows them.

`report_of` turns the figures of `lapa.evaluation` into a Report, `page` makes a self-contained
HTML page of one or two of them, `Bar` holds a figure to a bar. No torch and no gradio.
"""

from lapa.report.bars import Bar, broken
from lapa.report.finding import VERDICTS, Card, Finding, Report, as_json

__all__ = ["VERDICTS", "Bar", "Card", "Finding", "Report", "as_json", "broken"]
