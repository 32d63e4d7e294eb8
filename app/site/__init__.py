"""The page without a server: a folder that any web server serves (`python -m lapa export-web`)."""

from __future__ import annotations

from app.site.build import TABS, Plan, names, write
from app.site.folder import Folder
from app.site.serving import write as serve

__all__ = ["TABS", "Folder", "Plan", "names", "serve", "write"]
