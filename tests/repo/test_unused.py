"""Nothing in the tree is unused: no name that nobody mentions, no test that cannot fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo.tree_rules import tracked_files
from tests.repo.unused_rules import toothless_complaints, unused_complaints, word_counts

ROOT = Path(__file__).resolve().parents[2]
READ = (".py", ".pyi", ".md", ".toml", ".cpp", ".hpp", ".txt", ".yml", ".rst", ".ipynb")
TEXTS = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in tracked_files(ROOT)
    if name.endswith(READ) and not name.endswith(("repo/test_unused.py", "repo/unused_rules.py"))
}

# What others call by its name.
CALLED_BY = {
    "get_code": "importlib, of a loader",
    "load_context": "MLflow, of a pyfunc model",
    "get_extra_state": "torch, of a module",
    "set_extra_state": "torch, of a module",
    "_save_to_state_dict": "torch, of a module",
    "_load_from_state_dict": "torch, of a module",
    "configure_optimizers": "Lightning, of a module",
    "wbufsize": "socketserver, of a handler",
    "disable_nagle_algorithm": "socketserver, of a handler",
    "no_settings": "pytest, before each test",
    "nothing_kept": "pytest, before each test",
    "disconnected": "uvicorn, of the request that is answered",
    "on_url": "httptools, of a protocol",
    "on_header": "httptools, of a protocol",
}
# Tests whose helper looks, or of which the end is what is tested.
LOOK_ELSEWHERE = {
    "test_page_of_dask": "a page whose code asserts",
    "test_page_of_ray": "a page whose code asserts",
    "test_page_of_spark": "a page whose code asserts",
    "test_page_of_pulsar": "a page whose code asserts",
    "test_state_when_any_byte_is_changed_is_refused_or_safe": "it must not crash",
    "test_end_of_a_queue_with_requests_is_quiet": "it must not hang",
}


def test_names_are_mentioned_where_they_are_used() -> None:
    counts = word_counts(TEXTS.values())
    complaints = [
        complaint
        for name, text in TEXTS.items()
        if name.endswith(".py") and name != "docs/conf.py"  # Sphinx reads the names in that
        for complaint in unused_complaints(name, text, counts)
    ]
    unknown = [one for one in complaints if one.rpartition(" ")[2] not in CALLED_BY]
    assert unknown == [], "\n".join(unknown)


def test_tests_look_at_something() -> None:
    complaints = [
        complaint
        for name, text in TEXTS.items()
        if name.startswith("tests/") and Path(name).name.startswith("test_")
        if name.endswith(".py")
        for complaint in toothless_complaints(name, text)
    ]
    unknown = [one for one in complaints if one.split()[1] not in LOOK_ELSEWHERE]
    assert unknown == [], "\n".join(unknown)


@pytest.mark.parametrize(
    ("text", "is_used"),
    [
        ("def lonely(): ...", False),
        ("class Lonely: ...", False),
        ("LONELY = 1", False),
        ("def lonely(): ...\nlonely()", True),
        ("class Page:\n    def handle_data(self): ...\nPage", True),
    ],
)
def test_unused_rule_when_nobody_mentions_a_name_complains(text: str, is_used: bool) -> None:
    assert (unused_complaints("a.py", text, word_counts([text])) == []) is is_used


@pytest.mark.parametrize(
    ("body", "looks"),
    [
        ("run()", False),
        ("assert True", False),
        ("assert (run(), 'it ran')", False),
        ("assert run() == 1", True),
        ("check_all(run())", True),
        ("subprocess.run(command, check=True)", True),
        ("with pytest.raises(ValueError):\n        run()", True),
    ],
)
def test_toothless_rule_when_a_test_looks_at_nothing_complains(body: str, looks: bool) -> None:
    assert (toothless_complaints("test_a.py", f"def test_a():\n    {body}\n") == []) is looks
