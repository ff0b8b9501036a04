"""Deeper checks of the contracts than `make test` makes; docs/analysis.md says how to read them."""
