"""The generic suite: what holds for every operator, statistic, check, step and kind of model.

Each file asks the engine for its list and takes every entry through the same properties; an entry
brings no test of its own, only an oracle in tests/reference. tests/repo/test_completeness.py says
what a new entry still lacks.
"""
