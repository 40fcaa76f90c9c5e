"""GPU kernels: Triton, one operator a file. Modules here import triton inside functions only."""

__all__: list[str] = []
