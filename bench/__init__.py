"""The speed of the engine beside its peers: one file per claim, results as JSON.

``pytest bench --quick`` measures in minutes, ``python -m bench --record`` writes what
docs/performance.md and the README show. docs/adding/benchmark.md says how to add a claim.
"""
