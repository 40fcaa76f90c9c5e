"""Tests of the repository itself: layers, names, versions, and what an import may load."""
