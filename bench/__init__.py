"""Proves the figures: the gateway beside its peers, on the same work in one run (`README.md`)."""
