"""Whole runs by name: quantizers, policies."""
