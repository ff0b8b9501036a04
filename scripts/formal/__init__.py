"""The formal model against the contracts: the same random traces through both; see docs/model.md."""
