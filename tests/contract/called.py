"""Which operations of DMS were answered with success: at the end of a whole run, each that is served must have been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from service_model import ServiceModel

TIER = Path(__file__).resolve().parent

# There is nothing that it could carry out: no maintenance is ever pending (life_of_resources_test.py).
ALWAYS_A_FAULT = {"ApplyPendingMaintenanceAction"}

answered: set[str] = set()  # in this process; the controlling one gathers those of its workers


def _is_whole_run(config: pytest.Config) -> bool:
    """Nothing was left out by a name, a pattern, or a marker."""
    chosen = [Path(word).resolve() for word in config.args]
    return chosen == [TIER] and not config.getoption("keyword") and not config.getoption("markexpr")


def not_called() -> list[str]:
    served = {name for name, operation in ServiceModel().operations.items() if operation.tier == "must"}
    return sorted(served - answered - ALWAYS_A_FAULT)


class Gathering:
    """A plugin of the contract tests' conftest."""

    @pytest.hookimpl(optionalhook=True)  # of pytest-xdist
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        answered.update(getattr(node, "workeroutput", {}).get("answered", ()))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["answered"] = sorted(answered)
        elif exitstatus == pytest.ExitCode.OK and _is_whole_run(session.config) and not_called():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any, config: pytest.Config) -> None:
        lacking = not_called()
        if _is_whole_run(config):
            terminalreporter.write_line(f"{len(answered)} operations were answered with success")
            for name in lacking:
                terminalreporter.write_line(f"never: {name}", red=True)
