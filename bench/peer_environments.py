"""Environments for peers that do not install beside ours: libraries of drift, servers, daal4py.

``python -m bench.peer_environments DIR [PEER ...]`` makes DIR/PEER for each; what does not install
is said, and not measured. ``MAINSPRING_PEERS=DIR python -m pytest bench/bench_drift_peers.py
bench/bench_busy_server.py bench/bench_predict.py bench/bench_forests.py`` then measures those that
are there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ["ENVIRONMENTS", "packages_of", "python_of"]

# What each is installed with: the newest version, and the pins without which it fails.
ENVIRONMENTS = {
    # With the versions that wrote the pipeline: pyproject.toml, the extra `test`.
    "servers": [
        "mosec==0.9.8",
        "bentoml==1.4.40",
        "lightgbm==4.7.0",
        "scikit-learn==1.9.1",
        "pandas==3.1.1",
    ],
    # Imported beside ours, whose NumPy and scikit-learn it takes: what it would install itself is
    # not wanted, and the distribution named daal4py is an old one that imports neither.
    "daal4py": [
        "--no-deps",
        "scikit-learn-intelex==2026.2.0",
        "daal==2026.2.0",
        "tbb",
        "tcmlib",
    ],
    "evidently": ["evidently==0.7.23", "pandas<3", "pyarrow"],
    "nannyml": ["nannyml==0.13.1", "statsmodels", "pyarrow"],
    "alibi_detect": ["alibi-detect==0.13.0", "numpy<2", "pandas<3", "pyarrow<20"],
    "whylogs": ["whylogs[viz]==1.6.4", "numpy<2", "pandas<3", "pyarrow<20"],
    "deepchecks": [
        "deepchecks==0.19.1",
        "setuptools<80",
        "scikit-learn<1.6",
        "category-encoders<2.7",
        "numpy<2",
        "pandas<3",
        "pyarrow<20",
    ],
}


def python_of(folder: Path, peer: str) -> Path:
    """Return the interpreter of a peer's environment."""
    return folder / peer / "bin" / "python"


def packages_of(folder: Path, peer: str) -> Path:
    """Return where the packages of a peer's environment lie, for a Python like ours."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return folder / peer / "lib" / version / "site-packages"


def _make(folder: Path, peer: str) -> bool:
    venv.create(folder / peer, with_pip=True, clear=True)
    command = [str(python_of(folder, peer)), "-m", "pip", "install", "-q", *ENVIRONMENTS[peer]]
    return subprocess.run(command, check=False).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.peer_environments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("peers", nargs="*", choices=[[], *ENVIRONMENTS], metavar="PEER")
    given = parser.parse_args()
    failed = [peer for peer in given.peers or ENVIRONMENTS if not _make(given.folder, peer)]
    if failed:
        print("not installed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
