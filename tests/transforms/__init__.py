"""Tests of transforms: operators against oracles, rounds, cross-fitting, merging, containers."""
