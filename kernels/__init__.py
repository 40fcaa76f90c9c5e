"""GPU kernels: Triton, one operator a file. Modules here import triton: who uses one imports it."""

__all__: list[str] = []
