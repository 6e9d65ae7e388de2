"""Prometheus, its alerts and Grafana's dashboard: every query is parsed, and asks for what the desk really counts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml

from bot.metrics import Metrics
from tests.deploy.compose import ROOT, services

DEPLOY = ROOT / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "dashboards" / "polydesk.json").read_text())
PROMETHEUS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
ALERTS: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())
DATASOURCE = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text())
PROVIDER = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "dashboards" / "polydesk.yml").read_text())
# Prometheus's own, for every target.
UP = {"up": frozenset({"job", "instance"})}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    shown = [target["expr"] for panel in panels() for target in panel["targets"]]
    shown += [annotation["expr"] for annotation in DASHBOARD["annotations"]["list"]]
    # Grafana fills these in before Prometheus sees them.
    shown = [re.sub(r"\$__(rate_interval|range|interval)", "5m", query) for query in shown]
    return shown + [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]


def exported() -> dict[str, frozenset[str]]:
    """Each series that the desk may expose, with its labels."""
    found: dict[str, frozenset[str]] = {}
    for family in Metrics(["en"]).registry._names_to_collectors.items():
        name, collector = family
        labels = frozenset(collector._labelnames)
        found[name] = labels | {"le"} if name.endswith("_bucket") else labels
    return found


def series(query: str) -> Iterator[tuple[str, set[str]]]:
    """Each series of a query with the labels that it is asked by or grouped by."""

    def visit(node: Any, grouped: frozenset[str]) -> Iterator[tuple[str, set[str]]]:
        match node:
            case promql_parser.VectorSelector():
                matched = {matcher.name for matcher in node.matchers.matchers}
                yield node.name, matched | grouped
            case promql_parser.AggregateExpr():
                labels = frozenset(node.modifier.labels) if node.modifier else frozenset()
                yield from visit(node.expr, grouped | labels)
            case promql_parser.MatrixSelector():
                yield from visit(node.vector_selector, grouped)
            case promql_parser.Call():
                for argument in node.args:
                    yield from visit(argument, grouped)
            case promql_parser.BinaryExpr():
                yield from visit(node.lhs, grouped)
                yield from visit(node.rhs, grouped)
            case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
                yield from visit(node.expr, grouped)
            case promql_parser.NumberLiteral():
                return
            case _:
                raise AssertionError(f"{type(node).__name__} is not looked into")

    return visit(promql_parser.parse(query), frozenset())


@pytest.mark.parametrize("query", queries())
def test_a_query_asks_for_what_the_desk_counts(query: str) -> None:
    known = exported() | UP
    found = list(series(query))
    assert found
    for name, labels in found:
        assert name in known, f"{name} is not exposed"
        assert labels <= known[name], f"{name} has no {labels - known[name]}"


def test_a_metric_or_label_that_does_not_exist_would_be_noticed() -> None:
    assert list(series('sum by (part) (rate(made_up{a="b"}[5m]))')) == [("made_up", {"a", "part"})]
    assert "made_up" not in exported()
    assert exported()["polydesk_stage_seconds_bucket"] == {"stage", "le"}


def test_a_legend_names_labels_that_the_query_keeps() -> None:
    for panel in panels():
        for target in panel["targets"]:
            query = re.sub(r"\$__\w+", "5m", target["expr"])
            kept = set().union(*(labels for _, labels in series(query)))
            kept |= {"upstream"} if "polydesk_upstream_up" in query else set()
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= kept, panel["title"]


def test_the_dashboard_shows_all_that_the_desk_counts() -> None:
    shown = {name for query in queries() for name, _ in series(query)}
    families = {re.sub(r"_(total|bucket|sum|count|created)$", "", name) for name in exported()}
    assert families == {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in shown} - UP.keys()


def test_the_dashboard_stands_where_grafana_looks_and_asks_the_datasource_it_has() -> None:
    (datasource,) = DATASOURCE["datasources"]
    sources = [part["datasource"] for panel in panels() for part in (panel, *panel["targets"])]
    assert all(source == {"type": datasource["type"], "uid": datasource["uid"]} for source in sources)
    assert datasource["url"] == "http://prometheus:9090"
    mounted = dict(volume.split(":")[:2] for volume in services()["grafana"]["volumes"])
    assert mounted["./deploy/grafana/dashboards"] == PROVIDER["providers"][0]["options"]["path"]
    home = services()["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{PROVIDER['providers'][0]['options']['path']}/polydesk.json"
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_panels_do_not_lie_over_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_prometheus_scrapes_the_services_of_compose() -> None:
    jobs = {job["job_name"]: job for job in PROMETHEUS["scrape_configs"]}
    assert jobs.keys() == {"polydesk", "vllm"}
    (target,) = jobs["polydesk"]["static_configs"][0]["targets"]
    assert target == "desk:8080"
    (names,) = jobs["vllm"]["dns_sd_configs"]
    for name in ("desk", *names["names"]):
        assert set(services()[name]["networks"]) & set(services()["prometheus"]["networks"])
    assert names["port"] == 8000
    for file in PROMETHEUS["rule_files"]:
        assert (DEPLOY / "prometheus" / file).is_file()


def test_an_alert_waits_and_says_what_to_do() -> None:
    rules = [rule for group in ALERTS["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.keys() == {"alert", "expr", "for", "annotations"}
        named = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert named <= set().union(*(labels for _, labels in series(rule["expr"])))


def test_promtool_reads_it() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not on this machine, so Prometheus's own check was not made")
    folder = DEPLOY / "prometheus"
    result = subprocess.run([promtool, "check", "config", folder / "prometheus.yml"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
