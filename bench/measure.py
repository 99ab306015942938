"""Runs commands, tells what they cost, and compares them as medians of ratios from runs that alternate."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Mapping, Sequence

from processes import Process


@dataclass(frozen=True)
class Sample:
    """One run of one contender. CPU and memory are the client's processes; None where the work is done inside a server."""

    wall_s: float
    cpu_s: float | None = None
    peak_mb: float | None = None


class CommandFailed(Exception):
    pass


def run(command: Sequence[str | Path], timeout_s: float = 3600, env: Mapping[str, str] | None = None) -> Sample:
    """Peak memory of a pipeline is that of its largest process."""
    with tempfile.TemporaryFile() as output:
        ended = Process(command, stdout=output, stderr=subprocess.STDOUT, env=env).wait(timeout_s)
        if ended.code != 0:
            output.seek(0)
            raise CommandFailed(
                f"{command[0]} ended with {ended.code}:\n{output.read().decode(errors='replace')[-3000:]}"
            )
    return Sample(ended.wall_s, ended.cpu_s, ended.peak_rss_mb)


Contender = Callable[[], Sample]


def alternate(
    contenders: Mapping[str, Contender], pairs: int, before_each: Callable[[], None] = lambda: None
) -> dict[str, list[Sample]]:
    """Each contender once per pair, in an order that turns, so that a machine that slows down slows all alike."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(pairs):
        before_each()
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            sample = contenders[name]()
            samples[name].append(sample)
            print(f"  {number + 1}/{pairs}  {name:28} {describe(sample)}", flush=True)
    return samples


def describe(sample: Sample) -> str:
    cpu = f"{sample.cpu_s:8.2f} s CPU" if sample.cpu_s is not None else f"{'in the server':>14}"
    peak = f"{sample.peak_mb:7.0f} MB peak" if sample.peak_mb is not None else ""
    return f"{sample.wall_s:8.2f} s {cpu} {peak}"


def ratio(ours: Sequence[Sample], peer: Sequence[Sample]) -> float:
    return statistics.median(one.wall_s / other.wall_s for one, other in zip(ours, peer, strict=True))


def report_peers(title: str, samples: Mapping[str, Sequence[Sample]]) -> None:
    """What each contender took, nobody's ratio to it."""
    print(f"\n{title}")
    for name, runs in samples.items():
        median = sorted(runs, key=lambda sample: sample.wall_s)[len(runs) // 2]
        print(f"  {name:28} {describe(median)}   (the median run of {len(runs)})")


def report(title: str, samples: Mapping[str, Sequence[Sample]], goal: str, at_most: float = 1.0) -> None:
    """The first contender is ours; `goal` is the peer of whose time it may take that part."""
    report_peers(title, samples)
    ours, *peers = samples
    for peer in peers:
        print(f"  {ours} / {peer}: {ratio(samples[ours], samples[peer]):.2f} of its wall time")
    reached = ratio(samples[ours], samples[goal])
    verdict = "reached" if reached <= at_most else "MISSED"
    print(f"  goal: at most {at_most:.2f} of {goal}: {verdict} with {reached:.2f}")
