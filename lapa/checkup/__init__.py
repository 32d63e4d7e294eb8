"""What a checkup means, in words and pictures: questions, verdicts, and one page that shows them.

`report_of` turns a Checkup into a Report, `page` makes a self-contained
HTML page of one or two of them, `Bar` holds a figure to a bar. No torch and no gradio.
"""

from lapa.checkup.measures import keys
from lapa.checkup.report.bars import Bar, broken
from lapa.checkup.report.compare import Difference, differences
from lapa.checkup.report.finding import Card, Finding, Report, as_json
from lapa.checkup.report.findings import report_of
from lapa.checkup.report.gauge import gauge
from lapa.checkup.report.page import page
from lapa.checkup.report.published import Published, published
from lapa.checkup.scale import VERDICTS

__all__ = [
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
    "keys",
    "page",
    "published",
    "report_of",
]
