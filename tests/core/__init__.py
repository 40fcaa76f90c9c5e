"""Tests of csrc/runtime/core, of the C++ test programs and of the GPU kernels."""
