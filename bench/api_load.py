"""Keeps a number of signed requests in flight on kept connections, from processes of its own, and times each reply."""

from __future__ import annotations

import multiprocessing
import select
import socket
import time
from dataclasses import dataclass
from typing import Any, Sequence

PIECE = 1 << 20
RECEIVE_BUFFER = 4 << 20


@dataclass(frozen=True)
class Times:
    """Of one or many calls, in milliseconds, sorted."""

    ms: tuple[float, ...]
    seconds: float  # from the first request to the last reply
    reply_bytes: int  # of the largest reply

    @property
    def median_ms(self) -> float:
        return self._at(0.5)

    @property
    def p95_ms(self) -> float:
        return self._at(0.95)

    @property
    def max_ms(self) -> float:
        return self.ms[-1]

    @property
    def per_second(self) -> float:
        return len(self.ms) / self.seconds

    def _at(self, part: float) -> float:
        return self.ms[min(len(self.ms) - 1, int(len(self.ms) * part))]


class _Connection:
    def __init__(self, address: tuple[str, int], requests: Sequence[bytes], first: int) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests, self._next = requests, first
        self.sent_at = 0.0
        self.head = b""
        self.left = -1  # bytes of the body still to come; -1: its head is being read
        self.size = 0

    def send(self) -> None:
        request = self._requests[self._next % len(self._requests)]
        self._next += 1
        self.head, self.left = b"", -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self, buffer: bytearray) -> bool:
        """True: the reply is there whole."""
        got = self.socket.recv_into(buffer)
        if got == 0:
            raise ConnectionError("the server closed a connection")
        if self.left >= 0:
            self.left -= got
            return self.left <= 0
        self.head += bytes(buffer[: min(got, 8192)]) if got <= 8192 else bytes(buffer[:got])
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self.head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not a success: {self.head[:2000]!r}")
        at = self.head.lower().index(b"content-length:", 0, end) + 15
        self.size = int(self.head[at : self.head.index(b"\r\n", at)])
        self.left = self.size - (len(self.head) - end - 4)
        return self.left <= 0


def _drive(address: tuple[str, int], requests: Sequence[bytes], connections: int, count: int, most_s: float) -> Any:
    buffer = bytearray(PIECE)
    poll = select.epoll()
    open_ones = {}
    for number in range(connections):
        one = _Connection(address, requests, number * 7)  # so that they do not all ask the same at once
        open_ones[one.socket.fileno()] = one
        poll.register(one.socket, select.EPOLLIN)
    ms: list[float] = []
    begun, largest, in_flight, asked = time.perf_counter(), 0, 0, 0
    for one in open_ones.values():
        one.send()
        in_flight, asked = in_flight + 1, asked + 1
    while in_flight:
        for descriptor, _ in poll.poll():
            one = open_ones[descriptor]
            if not one.receive(buffer):
                continue
            now = time.perf_counter()
            ms.append((now - one.sent_at) * 1000)
            largest = max(largest, one.size)
            if asked < count and now - begun < most_s:
                one.send()
                asked += 1
            else:
                in_flight -= 1
    seconds = time.perf_counter() - begun
    for one in open_ones.values():
        one.socket.close()
    return ms, seconds, largest


def measure(
    address: tuple[str, int], requests: Sequence[bytes], in_flight: int, count: int, most_s: float = 5.0
) -> Times:
    """`requests` are sent in turn, `count` of them altogether or as many as this time allows."""
    processes = 1 if in_flight == 1 else 2
    shares = [(address, requests, in_flight // processes, count // processes, most_s)] * processes
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        done = pool.starmap(_drive, shares, chunksize=1)
    ms = sorted(one for share in done for one in share[0])
    return Times(tuple(ms), max(share[1] for share in done), max(share[2] for share in done))
