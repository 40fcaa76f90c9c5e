"""What the GPU kernels reach: `bench/gpu/run.sh` on a machine that has a GPU, or measure alone."""
