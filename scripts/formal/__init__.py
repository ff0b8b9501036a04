"""The formal model and the contracts, driven by the same random traces; see docs/model.md."""
