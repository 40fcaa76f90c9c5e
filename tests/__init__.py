"""The tests of mainspring; oracles are in tests.reference."""
