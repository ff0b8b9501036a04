"""Mutation testing of the Solidity sources: see docs/mutation.md and scripts/mutate.py."""
