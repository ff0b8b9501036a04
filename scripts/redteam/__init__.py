"""Hostile outputs and observations through the real contracts; see docs/analysis.md."""
