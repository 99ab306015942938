"""Every file in cases/ is a test."""

from __future__ import annotations

from pathlib import Path

import pytest

import flow
from servers import SharedServers
from worker import without_engine

CASES = sorted((Path(__file__).parent / "cases").glob("*.test"))


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_flow(path: Path, servers: SharedServers) -> None:
    if flow.parse(path.read_text()).needs_mysql and (reason := without_engine("mysql")):
        pytest.skip(reason)
    try:
        flow.carry_out(path, servers)
    except flow.Failed as failed:
        pytest.fail(str(failed), pytrace=False)


def test_a_file_without_a_claim_is_refused() -> None:
    with pytest.raises(ValueError, match="claim"):
        flow.parse("== migrate\n")


def test_a_body_belongs_to_the_step_above_it() -> None:
    parsed = flow.parse("Claim.\n\n== sql source\nSELECT 1;\n\n== rows target\nSELECT 2\n----\n2\n")
    assert [(step.words, step.body) for step in parsed.steps] == [
        (["sql", "source"], "SELECT 1;"),
        (["rows", "target"], "SELECT 2\n----\n2"),
    ]
