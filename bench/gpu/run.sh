#!/usr/bin/env bash
# Everything that only a GPU can tell, in one go, without a network: build with CUDA, the tests marked
# gpu, compute-sanitizer over a few of them where it is at hand, and the measurements, which come
# first, since a borrowed GPU may have to be given back. bench/gpu/run.sh [FOLDER] leaves
# FOLDER/{build,measure,tests,sanitizer}.txt and gpu.json. Needs Python with numpy, pyarrow, pytest,
# pybind11, scikit-build-core, cmake, ninja, nvcc, and torch with Triton (or CuPy, for the engine
# alone); scikit-learn for the tests. MAINSPRING_GPU_SECONDS: of the measurements, 400 if not given.
set -uo pipefail
cd "$(dirname "$0")/../.."
results=${1:-bench/results/gpu}
mkdir -p "$results"
failed=0

python3 -m pip install --no-build-isolation --no-deps \
  -C cmake.define.MAINSPRING_CUDA=ON . >"$results/build.txt" 2>&1 || {
  tail -n 40 "$results/build.txt"
  exit 1
}
python3 -c 'import mainspring as ms; print(ms.gpu.devices(), ms.build_info()["cuda"])'
python3 -m bench.gpu.measure "$results/gpu.json" --seconds "${MAINSPRING_GPU_SECONDS:-400}" \
  >"$results/measure.txt" 2>&1 || failed=1
tail -n 40 "$results/measure.txt"
python3 -m pytest -q -m gpu tests/gpu >"$results/tests.txt" 2>&1 || failed=1
tail -n 15 "$results/tests.txt"
if command -v compute-sanitizer >/dev/null; then
  timeout 120 compute-sanitizer --error-exitcode 9 python3 -m pytest -q -m gpu \
    tests/gpu/test_predict.py tests/gpu/test_slices.py -k "any_number_of_rows" >"$results/sanitizer.txt" 2>&1 || failed=1
  tail -n 5 "$results/sanitizer.txt"
fi
exit "$failed"
