"""Tests of the bundle format: reading, writing, refusing; mutants and golden files."""
