"""Files for Prometheus and Grafana, from the list of metrics: rules, their tests, a dashboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mainspring.serve.metric_list import METRICS

__all__ = ["alert_tests", "dashboard", "rules", "write_monitoring"]

_BAD = 'sum by (model) (rate(mainspring_requests_total{outcome=~"limit|busy"}[5m]))'
_ALL = "sum by (model) (rate(mainspring_requests_total[5m]))"

# (record, expression).
_RECORDS = (
    ("model:mainspring_requests:rate5m", _ALL),
    (
        "model:mainspring_request_seconds:p99_5m",
        "histogram_quantile(0.99, sum by (model, le) "
        "(rate(mainspring_request_seconds_bucket[5m])))",
    ),
    (
        "model:mainspring_client_errors:ratio5m",
        'sum by (model) (rate(mainspring_requests_total{outcome=~"data|schema|request"}[5m])) / '
        + _ALL,
    ),
)
# (alert, expression, how long, severity, summary).
_ALERTS = (
    (
        "MainspringDown",
        'up{job="mainspring"} == 0',
        "1m",
        "critical",
        "A server cannot be scraped.",
    ),
    (
        "MainspringRefusesWork",
        f"{_BAD} / {_ALL} > 0.01",
        "5m",
        "critical",
        "Model {{ $labels.model }} refuses more than 1 % of its requests for want of room.",
    ),
    (
        "MainspringOverloaded",
        'sum (rate(mainspring_refused_requests_total{status=~"429|503"}[5m])) > 0.1',
        "5m",
        "warning",
        "Requests are sent away because too many wait.",
    ),
    (
        "MainspringClientErrors",
        "model:mainspring_client_errors:ratio5m > 0.05",
        "10m",
        "warning",
        "More than 5 % of what clients send to {{ $labels.model }} cannot be read.",
    ),
    (
        "MainspringSlow",
        "model:mainspring_request_seconds:p99_5m > 0.25",
        "10m",
        "warning",
        "One request in a hundred to {{ $labels.model }} takes more than a quarter of a second.",
    ),
    (
        "MainspringLoadFailed",
        'increase(mainspring_model_loads_total{outcome="failed"}[15m]) > 0',
        "0m",
        "warning",
        "A file of model {{ $labels.model }} was not served; the one before it still is.",
    ),
    (
        "MainspringHistoryFull",
        "sum by (model, source) (mainspring_history_bytes) / "
        "sum by (model, source) (mainspring_history_max_bytes) > 0.9",
        "10m",
        "warning",
        "Events of {{ $labels.source }} of {{ $labels.model }} take more than 90 % of the memory "
        "from which on they are refused.",
    ),
    (
        "MainspringHistoryRefusesEvents",
        "sum by (model, source) "
        '(rate(mainspring_history_events_total{outcome=~"refused|future"}[5m])) / '
        "sum by (model, source) (rate(mainspring_history_events_total[5m])) > 0.01",
        "5m",
        "critical",
        "More than 1 % of the events of {{ $labels.source }} of {{ $labels.model }} are not taken: "
        "there is no memory, or clocks are ahead.",
    ),
    (
        "MainspringHistoryStalls",
        "sum by (model, source) "
        '(rate(mainspring_history_events_total{outcome="taken"}[30m])) == 0 '
        "and sum by (model, source) (mainspring_history_live_events) > 0",
        "30m",
        "warning",
        "No event of {{ $labels.source }} of {{ $labels.model }} came for an hour; its features "
        "grow old.",
    ),
    (
        "MainspringNumbersDrift",
        'max by (model, version, column) (mainspring_drift_effect{statistic="ks"}) > 0.1',
        "30m",
        "warning",
        "Column {{ $labels.column }} of {{ $labels.model }} is spread otherwise than in training.",
    ),
    (
        "MainspringCategoriesDrift",
        'max by (model, version, column) (mainspring_drift_effect{statistic="js_debiased"}) > 0.1',
        "30m",
        "warning",
        "Categories of column {{ $labels.column }} of {{ $labels.model }} have other shares.",
    ),
    (
        "MainspringValuesMissing",
        "max by (model, version, column) "
        '(abs(mainspring_drift_effect{statistic=~"missing_rate|unseen_rate"})) > 0.05',
        "30m",
        "warning",
        "Column {{ $labels.column }} of {{ $labels.model }} is missing or new more often.",
    ),
)


def rules() -> dict[str, Any]:
    """Make recording and alert rules.

    Returns
    -------
    dict
        A file of rules for Prometheus, as JSON, which is YAML too.
    """
    records = [{"record": name, "expr": expression} for name, expression in _RECORDS]
    alerts = [
        {
            "alert": name,
            "expr": expression,
            "for": wait,
            "labels": {"severity": severity},
            "annotations": {"summary": summary},
        }
        for name, expression, wait, severity, summary in _ALERTS
    ]
    return {
        "groups": [
            {"name": "mainspring-records", "rules": records},
            {"name": "mainspring-alerts", "rules": alerts},
        ]
    }


def alert_tests(rules_file: str) -> dict[str, Any]:
    """Make tests of the rules, for ``promtool test rules``.

    Parameters
    ----------
    rules_file : str
        Name of the file of rules.

    Returns
    -------
    dict
        Cases where nothing is wrong, and one for drift, errors, a file that failed and events that
        are refused or fill the memory.
    """
    drift = 'mainspring_drift_effect{model="m",version="1",column="age",statistic="ks"}'
    requests = 'mainspring_requests_total{model="m",version="1",protocol="rows",outcome="%s"}'
    loads = 'mainspring_model_loads_total{model="m",outcome="failed"}'

    def case(series: dict[str, str], alert: str, fired: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "interval": "1m",
            "input_series": [{"series": k, "values": v} for k, v in series.items()],
            "alert_rule_test": [{"eval_time": "45m", "alertname": alert, "exp_alerts": fired}],
        }

    def fires(alert: str, **labels: str) -> list[dict[str, Any]]:
        found = next(one for one in _ALERTS if one[0] == alert)
        text = found[4]
        for name, value in labels.items():
            text = text.replace("{{ $labels.%s }}" % name, value)  # noqa: UP031
        return [
            {
                "exp_labels": {"severity": found[3], **labels},
                "exp_annotations": {"summary": text},
            }
        ]

    quiet = {drift: "0.01x60", requests % "ok": "0+60x60", requests % "data": "0x60"}
    column = {"model": "m", "version": "1", "column": "age"}
    past = 'model="m",source="clicks",definition="0123456789abcdef"'
    events = f'mainspring_history_events_total{{{past},outcome="%s"}}'
    held = {
        f'mainspring_history_bytes{{{past},owner="events"}}': "700x60",
        f'mainspring_history_bytes{{{past},owner="keys"}}': "%dx60",
        f"mainspring_history_max_bytes{{{past}}}": "1000x60",
    }
    source = {"model": "m", "source": "clicks"}
    return {
        "rule_files": [rules_file],
        "evaluation_interval": "1m",
        "tests": [
            case(quiet, "MainspringNumbersDrift", []),
            case(quiet, "MainspringClientErrors", []),
            case(
                {drift: "0.3x60"},
                "MainspringNumbersDrift",
                fires("MainspringNumbersDrift", **column),
            ),
            case(
                {requests % "ok": "0+60x60", requests % "data": "0+20x60"},
                "MainspringClientErrors",
                fires("MainspringClientErrors", model="m"),
            ),
            case(
                {events % "taken": "0+60x60", events % "refused": "0+6x60"},
                "MainspringHistoryRefusesEvents",
                fires("MainspringHistoryRefusesEvents", **source),
            ),
            case(
                {events % "taken": "0+60x60", events % "refused": "0x60"},
                "MainspringHistoryRefusesEvents",
                [],
            ),
            *(
                case(
                    {name: text % keys if "%d" in text else text for name, text in held.items()},
                    "MainspringHistoryFull",
                    fires("MainspringHistoryFull", **source) if keys > 200 else [],
                )
                for keys in (100, 250)
            ),
            case(
                {loads: "0x40 1x20"},
                "MainspringLoadFailed",
                [
                    {
                        "exp_labels": {"severity": "warning", "model": "m", "outcome": "failed"},
                        "exp_annotations": fires("MainspringLoadFailed", model="m")[0][
                            "exp_annotations"
                        ],
                    }
                ],
            ),
        ],
    }


def dashboard() -> dict[str, Any]:
    """Make a dashboard for Grafana: a panel for each metric that has a query.

    Returns
    -------
    dict
        As Grafana imports it; it asks for the Prometheus to read from.
    """
    panels = []
    for number, one in enumerate(each for each in METRICS if each.panel):
        panels.append(
            {
                "id": number + 1,
                "title": one.name.removeprefix("mainspring_").replace("_", " "),
                "description": one.text,
                "type": "timeseries",
                "datasource": {"type": "prometheus", "uid": "${datasource}"},
                "gridPos": {"h": 8, "w": 12, "x": 12 * (number % 2), "y": 8 * (number // 2)},
                "fieldConfig": {"defaults": {"unit": one.unit}, "overrides": []},
                "targets": [{"refId": "A", "expr": one.panel}],
            }
        )
    return {
        "title": "mainspring",
        "uid": "mainspring",
        "schemaVersion": 39,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }


def write_monitoring(folder: Path) -> list[Path]:
    """Write the files.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        ``mainspring.rules.yml``, ``mainspring.rules.test.yml`` and ``mainspring.dashboard.json``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "mainspring.rules.yml": rules(),
        "mainspring.rules.test.yml": alert_tests("mainspring.rules.yml"),
        "mainspring.dashboard.json": dashboard(),
    }
    paths = []
    for name, content in contents.items():
        path = folder / name
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
        paths.append(path)
    return paths
