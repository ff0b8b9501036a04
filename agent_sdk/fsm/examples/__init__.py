"""Apps to read and to run: `everloop fsm simulate hello`, `oracle` and `composed`."""

__all__ = ["NAMES"]

NAMES = ("composed", "hello", "oracle")
