"""Tests of the C interface, through ctypes and through a compiled C program."""
