"""Write the table of operators in docs/concepts/training.md: ``python -m tests.train.op_table``.

Backends and types are those of the operator list. test_op_status.py runs each cell of the CPU and
refuses what is not listed; test_triton_kernels.py and tests/gpu do what can be done without a GPU.
"""

from __future__ import annotations

from pathlib import Path

from mainspring.train.ops.op_list import OPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "concepts" / "training.md"
BEGIN, END = (
    "<!-- operators: written by tests/train/op_table.py -->\n",
    "<!-- end of operators -->\n",
)
ORDER = ("native", "triton", "cuda", "eager")
STATUS = {
    "native": "tested",
    "triton": "interpreted, compiled for sm_80 and sm_90",
    "cuda": "its bodies tested on the CPU, compiled for sm_80 and sm_90",
    "eager": "tested",
}


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| operator | what it computes | native (CPU) | Triton (CUDA) | CUDA | eager |"]
    lines.append("|" + "---|" * 6)
    lines.append(f"| status of each cell | | {' | '.join(STATUS[name] for name in ORDER)} |")
    for op in OPS:
        cells = [", ".join(op.backends.get(name, ())) or "-" for name in ORDER]
        lines.append(f"| `{op.name}` | {op.summary} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def with_table(text: str) -> str:
    """Return the page's text with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
