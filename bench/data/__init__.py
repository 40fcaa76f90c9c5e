"""Tables to measure on, the same for the same seed on every machine."""
