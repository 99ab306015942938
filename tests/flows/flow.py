"""Reads a .test file and carries it out. The format is described in README.md beside this file."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import compare
from mysql_server import SHA2_USER, is_mysql
from processes import Late, wait_until
from servers import PASSWORD, PASSWORD_USER, PostgresServer, Server, SharedServers, new_server, pglogical_settings
from worker import Outcome, Run, Task


@dataclass(frozen=True)
class Step:
    line: int
    words: list[str]  # "== migrate --restart" gives ["migrate", "--restart"]
    body: str

    def __str__(self) -> str:
        return f"line {self.line}: == {' '.join(self.words)}"


@dataclass(frozen=True)
class Flow:
    claim: str
    steps: list[Step]

    @property
    def needs_mysql(self) -> bool:
        """Whether an end is of the MySQL family."""
        return any(step.words[0] == "servers" and any(map(is_mysql, step.words[1:])) for step in self.steps)


def parse(text: str) -> Flow:
    """The first lines are the claim; each line that starts with "== " opens a step, and what follows is its body."""
    claim: list[str] = []
    steps: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("== "):
            steps.append((number, shlex.split(line[3:]), []))
        else:
            (steps[-1][2] if steps else claim).append(line)
    if not "".join(claim).strip():
        raise ValueError("the file must begin with the claim it tests")
    if not steps:
        raise ValueError("there is no step")
    return Flow(" ".join(claim).strip(), [Step(line, words, "\n".join(body).strip()) for line, words, body in steps])


class Failed(Exception):
    """A step did not go as the file says."""


def _contains(whole: Any, part: Any) -> bool:
    """Objects may hold more than what is asked for; everything else is equal."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(key in whole and _contains(whole[key], part[key]) for key in part)
    return bool(whole == part)


def check(outcome: Outcome, body: str) -> None:
    """Expectation lines against what a run did; without an exit line it must be 0."""
    lines = [line for line in body.splitlines() if line.strip() and not line.startswith("#")]
    if not any(line.startswith("exit ") for line in lines):
        lines.insert(0, "exit 0")
    for line in lines:
        if not _holds(outcome, line):
            raise Failed(f"not so: {line}\n{outcome}")


def _holds(outcome: Outcome, line: str) -> bool:
    word, _, rest = line.partition(" ")
    if word == "exit":
        return outcome.code in [int(code) for code in rest.split(" or ")]
    if word == "within":
        return outcome.ended.wall_s <= float(rest)
    if word == "last":
        return bool(outcome.events) and _contains(outcome.events[-1], json.loads(rest))
    if word == "json":
        return any(_contains(event, json.loads(rest)) for event in outcome.events)
    if found := re.fullmatch(r"(output|log)(?: (\d+))? (~|!~) (.*)", line):
        where, times, operator, pattern = found.groups()
        hits = len(re.findall(pattern, outcome.output if where == "output" else outcome.log, re.MULTILINE))
        return hits == int(times) if times else (hits > 0) == (operator == "~")
    raise Failed(f"not an expectation: {line}")


class Stage:
    """Two ends, a task, and the steps that can be done with them."""

    def __init__(self, servers: SharedServers, name: str) -> None:
        self._shared, self._name = servers, re.sub(r"\W", "_", name)[:40]
        self._versions = {"source": "15", "target": "15"}
        self._own: dict[str, Server] = {}
        self._ends: dict[str, tuple[Server, str]] | None = None
        self._task: Task | None = None
        self._run: Run | None = None
        self._remembered: dict[str, str] = {}

    # --- what the steps stand on ---

    def ends(self) -> dict[str, tuple[Server, str]]:
        """The server and database of each end, made when first needed."""
        if self._ends is None:
            self._ends = {}
            for end in ("source", "target"):
                server = self._own.get(end) or self._shared.get(self._versions[end], end)
                database = f"{self._name}_{end}"
                server.create_database(database)
                self._ends[end] = (server, database)
        return self._ends

    def uri(self, end: str) -> str:
        server, database = self.ends()[end]
        return server.uri(database)

    def task(self) -> Task:
        if self._task is None:
            self._task = Task(self.uri("source"), self.uri("target"))
        return self._task

    def close(self) -> None:
        if self._task is not None:
            self._task.close()
        for server, database in (self._ends or {}).values():
            if server not in self._own.values():
                server.clear_case(database)
        for server in set(self._own.values()):
            server.close()

    def fill(self, text: str) -> str:
        """Puts the ends into {source}, {target_port} and the like."""
        for end, (server, database) in self.ends().items():
            values = {end: server.uri(database), f"{end}_port": str(server.port), f"{end}_database": database}
            for name, value in values.items():
                text = text.replace("{" + name + "}", value)
        for name, value in self._remembered.items():
            text = text.replace("{" + name + "}", value)
        users = text.replace("{password_user}", PASSWORD_USER).replace("{sha2_user}", SHA2_USER)
        return users.replace("{password}", PASSWORD.replace(" ", "%20"))

    # --- steps ---

    def do(self, step: Step) -> None:
        name, *words = step.words
        method = getattr(self, "do_" + name, None)
        if method is None:
            raise Failed(f"there is no step named {name}")
        method(words, step.body)

    def do_servers(self, words: list[str], body: str) -> None:
        if words == ["one"]:
            server = PostgresServer().start()
            self._own = {"source": server, "target": server}
        else:
            self._versions = {"source": words[0], "target": words[1]}

    def do_server(self, words: list[str], body: str) -> None:
        end, *settings = words
        pairs = pglogical_settings(self._versions[end]) if "pglogical" in settings else {}
        pairs.update(pair.split("=", 1) for pair in settings if "=" in pair)
        self._own[end] = new_server(self._versions[end], identity=end, settings=pairs).start()

    def do_sql(self, words: list[str], body: str) -> None:
        server, database = self.ends()[words[0]]
        server.script(self.fill(body), database)

    def do_rows(self, words: list[str], body: str) -> None:
        wanted, found = self._rows(words[0], body)
        if found != wanted:
            raise Failed(f"rows on the {words[0]} are\n{found}\nand should be\n{wanted}")

    def do_same(self, words: list[str], body: str) -> None:
        on_source, _, on_target = body.partition("----")
        queries = {"source": on_source, "target": on_target if on_target.strip() else on_source}
        found = {}
        for end, sql in queries.items():
            server, database = self.ends()[end]
            found[end] = server.script(self.fill(sql), database).strip("\n")
        if found["source"] != found["target"]:
            raise Failed(f"the source gives\n{found['source']}\nand the target\n{found['target']}")

    def do_until(self, words: list[str], body: str) -> None:
        def there() -> bool:
            if self._run is not None and not self._run.process.running():
                raise Failed(f"the run ended while it was waited for\n{self._run.wait()}")
            wanted, found = self._rows(words[0], body)
            return wanted == found

        try:
            wait_until(there, 30, f"the rows on the {words[0]}")
        except Late as late:
            raise Failed(f"{late}\n{self._rows(words[0], body)[1]}\n{self._run and self._run.said()}") from late

    def _rows(self, end: str, body: str) -> tuple[str, str]:
        sql, _, wanted = body.partition("----")
        server, database = self.ends()[end]
        return wanted.strip("\n"), server.script(self.fill(sql), database).strip("\n")

    def do_equal(self, words: list[str], body: str) -> None:
        ends = self.uri("source"), self.uri("target")
        if words == ["objects"]:
            lines = compare.object_differences(*ends)
        elif words == ["sequences"]:
            lines = compare.sequence_differences(*ends)
        else:
            lines = compare.table_differences(*ends, leave_out=[self.fill(word) for word in words[1:]])
        if lines:
            raise Failed("\n".join(lines))

    def do_clean(self, words: list[str], body: str) -> None:
        lines = compare.leftovers(self.uri(words[0]))
        if lines:
            raise Failed(f"left behind on the {words[0]}:\n" + "\n".join(lines))

    def do_attributes(self, words: list[str], body: str) -> None:
        end, *attributes = words
        server, database = self.ends()[end]
        users = [word.removeprefix("user=") for word in attributes if word.startswith("user=")]
        uri = server.uri(database, *users)
        query = "&".join(self.fill(word) for word in attributes if not word.startswith("user="))
        setattr(self.task(), f"{end}_uri", uri + ("?" + query if query else ""))

    def do_remember(self, words: list[str], body: str) -> None:
        end, name = words
        self._remembered[name] = self._rows(end, body)[1]

    def do_settings(self, words: list[str], body: str) -> None:
        self.task().settings = body

    def do_mappings(self, words: list[str], body: str) -> None:
        self.task().mappings = body

    def do_task(self, words: list[str], body: str) -> None:
        self.task().task_id = words[0]

    def do_forget(self, words: list[str], body: str) -> None:
        self.task().forget_state()

    def do_migrate(self, words: list[str], body: str) -> None:
        check(self.task().start(*map(self.fill, words)).wait(60), self.fill(body))

    def do_start(self, words: list[str], body: str) -> None:
        self._run = self.task().start(*map(self.fill, words))

    def do_stop(self, words: list[str], body: str) -> None:
        assert self._run is not None, "no run was started"
        check(self._run.stop(), self.fill(body))

    def do_wait(self, words: list[str], body: str) -> None:
        assert self._run is not None, "no run was started"
        check(self._run.wait(60), self.fill(body))

    def do_kill(self, words: list[str], body: str) -> None:
        assert self._run is not None, "no run was started"
        self._run.kill()

    def do_godwit(self, words: list[str], body: str) -> None:
        check(self.task().run(*map(self.fill, words)).wait(60), self.fill(body))


def carry_out(path: Path, servers: SharedServers) -> None:
    flow = parse(path.read_text())
    stage = Stage(servers, path.stem)
    try:
        for step in flow.steps:
            try:
                stage.do(step)
            except (Failed, Late, RuntimeError) as error:
                raise Failed(f"{flow.claim}\n{path.name}, {step}\n{error}") from error
    finally:
        stage.close()
