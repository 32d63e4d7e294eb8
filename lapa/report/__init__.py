"""What a checkup means, in words and pictures: questions, verdicts, and one page that shows them.

`report_of` turns the figures of `lapa.evaluation` into a Report, `page` makes a self-contained
HTML page of one or two of them, `Bar` holds a figure to a bar. No torch and no gradio.
"""

from lapa.report.bars import Bar, broken
from lapa.report.compare import Difference, differences
from lapa.report.finding import Card, Finding, Report, as_json
from lapa.report.findings import report_of
from lapa.report.gauge import gauge
from lapa.report.page import page
from lapa.report.published import Published, published
from lapa.report.questions import KEYS
from lapa.report.scales import VERDICTS

__all__ = [
    "KEYS",
    "VERDICTS",
    "Bar",
    "Card",
    "Difference",
    "Finding",
    "Published",
    "Report",
    "as_json",
    "broken",
    "differences",
    "gauge",
    "page",
    "published",
    "report_of",
]
