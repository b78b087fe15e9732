"""Who plays futures: this process, or several others that wait for work.

Workers are spawned, not forked: a fork copies whatever state other threads are in. They end when they are told to,
when the pipe to their parent breaks and when the parent is gone; interrupts are the parent's to handle.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import cloudpickle  # type: ignore[import-untyped]

from .errors import EnvCopyError, GymPlannerError, WorkerError
from .futures import Ask, Futures
from .model import Blueprint
from .snapshots import uncopyable

#: How long workers are given to end by themselves.
PATIENCE_S = 2.0


class Simulator(Protocol):
    """Plays futures."""

    def play(self, ask: Ask) -> Futures:
        """The futures that were asked for, in order."""

    def close(self) -> None:
        """Ends what was started."""


class Local:
    """Plays in this process."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.model = blueprint.build()

    def play(self, ask: Ask) -> Futures:
        return self.model.play(ask)

    def close(self) -> None:
        pass


class Workers:
    """Plays in processes of their own, each a like share of the futures."""

    def __init__(self, blueprint: Blueprint, count: int, start_method: str) -> None:
        try:
            self.blueprint = cloudpickle.dumps(replace(blueprint, is_here=False))
        except Exception as error:
            raise uncopyable(error) from error
        self.count = count
        self.context = multiprocessing.get_context(start_method)
        self.processes: list[Any] = []
        self.pipes: list[multiprocessing.connection.Connection[Any, Any]] = []

    def start(self) -> None:
        """Starts the workers, unless they are there."""
        if self.processes:
            return
        try:
            for number in range(self.count):
                ours, theirs = self.context.Pipe()
                self.pipes.append(ours)
                process = self.context.Process(  # type: ignore[attr-defined]
                    target=work,
                    args=(theirs, self.blueprint),
                    name=f"GymPlanner worker {number}",
                    daemon=True,
                )
                with deaf_to_interrupts():
                    process.start()
                self.processes.append(process)
                theirs.close()
        except BaseException:
            self.close()
            raise

    def play(self, ask: Ask) -> Futures:
        self.start()
        try:
            count = len(ask.particles)
            busy = min(self.count, count)
            cuts = [count * i // busy for i in range(busy + 1)]
            for worker in range(busy):
                self.send(worker, ask.part(cuts[worker], cuts[worker + 1]))
            # All answers are taken before any is judged, or the next question would get this one's.
            answers = [self.receive(worker) for worker in range(busy)]
        except BaseException:
            # Interrupted, or a worker is gone: answers may be under way. The next call begins with new workers.
            self.close()
            raise
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return Futures.joined(answers)

    def send(self, worker: int, ask: Ask) -> None:
        try:
            self.pipes[worker].send_bytes(cloudpickle.dumps(ask))
        except OSError as error:
            raise self.died(worker) from error

    def receive(self, worker: int) -> Any:
        try:
            return pickle.loads(self.pipes[worker].recv_bytes())
        except (EOFError, OSError) as error:
            raise self.died(worker) from error

    def died(self, worker: int) -> WorkerError:
        process = self.processes[worker]
        process.join(PATIENCE_S)
        return WorkerError(
            f"{process.name} (process {process.pid}) died, exit code {process.exitcode}; "
            "with workers=1 the environment runs in this process, where the cause may show. "
            'A script that uses workers needs `if __name__ == "__main__":` around what it does'
        )

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.close()
        deadline = time.monotonic() + PATIENCE_S
        for process in self.processes:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        self.pipes, self.processes = [], []


@contextlib.contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Holds back Ctrl-C, here until the end and for good in processes started meanwhile.

    They will ignore it, but not before Python has started, and would complain until then.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(pipe: multiprocessing.connection.Connection[Any, Any], blueprint: bytes) -> None:
    """The life of a worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    model = None
    while True:
        try:
            ask = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        answer: Any
        try:
            if model is None:
                model = pickle.loads(blueprint).build()
            answer = model.play(pickle.loads(ask))
        except GymPlannerError as error:
            answer = error
        except Exception as error:
            answer = EnvCopyError(f"a worker could not set up a copy of the environment: {error!r}")
            answer.__cause__ = error
        try:
            pipe.send_bytes(as_bytes(answer))
        except OSError:
            return


def as_bytes(answer: Any) -> bytes:
    """An answer as bytes, without an exception's cause if that cannot be pickled."""
    if isinstance(answer, GymPlannerError):
        # Pickle leaves out __cause__ unless told.
        try:
            message = bytes(cloudpickle.dumps(_Failure(type(answer), str(answer), answer.__cause__)))
            pickle.loads(message)
            return message
        except Exception:
            answer = _Failure(type(answer), str(answer), None)
    return bytes(cloudpickle.dumps(answer))


class _Failure:
    """An exception on its way, which arrives as itself."""

    def __init__(
        self, kind: type[GymPlannerError], message: str, cause: BaseException | None
    ) -> None:
        self.parts = kind, message, cause

    def __reduce__(self) -> tuple[Any, ...]:
        return revive, self.parts


def revive(
    kind: type[GymPlannerError], message: str, cause: BaseException | None
) -> GymPlannerError:
    """The exception that a worker raised."""
    error = kind(message)
    error.__cause__ = cause
    return error


def end_with_parent() -> None:
    """Ends this process when its parent does, even in the midst of a step."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
