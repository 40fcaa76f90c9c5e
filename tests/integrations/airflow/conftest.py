"""Airflow with a home of its own: it reads its settings and opens its database when imported."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

import pytest

if importlib.util.find_spec("airflow") is not None:
    HOME = Path(tempfile.mkdtemp(prefix="mainspring-airflow."))
    atexit.register(shutil.rmtree, HOME, ignore_errors=True)
    (HOME / "dags").mkdir()
    os.environ |= {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "SCARF_ANALYTICS": "false",
    }


@pytest.fixture(scope="session")
def dags() -> Path:
    """The folder of DAGs, of an Airflow whose database is there."""
    from airflow.utils import db

    db.initdb()
    return HOME / "dags"
