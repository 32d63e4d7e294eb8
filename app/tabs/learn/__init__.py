"""The tab Learn: lessons on the live models."""
