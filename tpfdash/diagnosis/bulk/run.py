"""Many files, answered by the processes of this machine or of a dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tpfdash.diagnosis.bulk.answer import Events, answer, as_events
from tpfdash.diagnosis.bulk.process import be_one_of_many
from tpfdash.diagnosis.bulk.records import Lines, check_out, write_table
from tpfdash.errors import TPFError
from tpfdash.timeseries.ephemeris import Ephemeris
from tpfdash.version import __version__

__all__ = ["Progress", "diagnose_many"]

Record = dict[str, Any]
Work = Callable[[str], Record]

#: Files that each process of this machine is given at a time; the last ones of them are waited for.
_EACH = 50
#: Files that a cluster is told of ahead.
_AHEAD = 400
#: How often a cluster tries a file again whose worker has gone.
_RETRIES = 3
#: Seconds for a cluster to answer.
_PATIENCE = 10


@dataclass
class Progress:
    """How far it is: files answered and asked for, events in them, files with an error."""

    total: int
    files: int = 0
    events: int = 0
    errors: int = 0


def diagnose_many(
    sources: Iterable[str | os.PathLike],
    out: str | os.PathLike,
    *,
    events: Events = "auto",
    most: int = 10,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[Progress, Mapping[str, Any] | None], None] | None = None,
) -> Path:
    """Find the events of many files, and say of each what it is.

    What is done is in the file as soon as it is done. A run that was interrupted goes on where it
    was when it is started again. A file that is no good has an error in place of its events, and
    stops no other.

    Parameters
    ----------
    sources : paths or URIs
        Of what `open_tpf` takes; each is answered once.
    out : path
        Ends in .jsonl (a line of JSON for each file, as it is done), .ecsv or .parquet (a table, a
        row for each event, made at the end of such lines in `out`.jsonl).
    events : "auto", (t0, t1), Ephemeris, or as `tpfdash diagnose --events` has them
        "auto": those that `find_events` finds; a window; or all events of an ephemeris as one.
    most : int
        How many events that were found are diagnosed in each file, the strongest.
    workers : int, optional
        Processes of this machine; default: one a processor.
    scheduler : str, optional
        Address of a dask cluster, "tcp://host:8786", on whose workers tpfdash is installed; needs
        `tpfdash[cluster]`.
    progress : callable, optional
        Called with (Progress, record) as each file is done; at the start without a record.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    TPFError
        Where an argument is no good, `out` holds something else, or no cluster answers.
    """
    asked = as_events(events)
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise TPFError(f"most is {most!r}: it should be a whole number, 1 or more.")
    if workers is not None and (isinstance(workers, bool) or not workers >= 1):
        raise TPFError(f"workers is {workers!r}: it should be a whole number, 1 or more.")
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    out, path = check_out(out)
    question = {"events": _in_words(asked), "most": most, "tpfdash": __version__}
    names = list(dict.fromkeys(str(os.fspath(one)) for one in sources))
    with Lines(path, question) as lines:
        left = [name for name in names if name not in lines.done]
        state = Progress(len(names), files=len(names) - len(left))

        def take(record: Record) -> None:
            lines.add(record)
            state.files += 1
            state.events += len(record.get("events", ()))
            state.errors += "error" in record
            if progress is not None:
                progress(state, record)

        if progress is not None:
            progress(state, None)
        work = partial(answer, events=asked, most=most)
        if left and scheduler is not None:
            _on_cluster(work, left, scheduler, take)
        elif left:
            _here(work, left, min(workers or os.cpu_count() or 1, len(left)), take)
    return out if out == path else write_table(path, out)


def _in_words(events: Events) -> Any:
    if isinstance(events, Ephemeris):
        return [events.period, events.t0, events.duration]
    return list(events) if isinstance(events, tuple) else events


def _here(work: Work, sources: Sequence[str], workers: int, take: Callable) -> None:
    """On processes of this machine, by dask's own scheduler for them."""
    ahead = iter(sources)
    while slab := list(islice(ahead, _EACH * workers)):
        left = _by_processes(work, slab, workers, take)
        for source in left:  # one of them has ended its process: by themselves
            if _by_processes(work, [source], 1, take):
                take({"source": source, "error": "the process that looked at it has ended."})


def _by_processes(work: Work, sources: list[str], workers: int, take: Callable) -> list[str]:
    """Answer sources; those that are left where a process has ended, which ends them all."""
    from dask.callbacks import Callback
    from dask.multiprocessing import get

    left = dict(enumerate(sources))

    def done(key: int, record: Any, *others: Any) -> None:
        if key in left and isinstance(record, dict):
            take(record)
            del left[key]

    # Spawned: what runs here may have threads, which a fork would break.
    context = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=be_one_of_many)
    graph = {key: (work, source) for key, source in left.items()}
    try:
        with Callback(posttask=done):
            get(graph, list(graph), pool=pool, chunksize=1, optimize_graph=False)
    except BrokenProcessPool:
        return list(left.values())
    finally:
        pool.shutdown(cancel_futures=True)
    return list(left.values())


def _on_cluster(work: Work, sources: Sequence[str], address: str, take: Callable) -> None:
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise TPFError(
            "a cluster needs dask.distributed: pip install 'tpfdash[cluster]'."
        ) from None
    try:
        # Not the default one: what else this process computes by dask would be sent there, and wait
        # for ever where nobody answers.
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise TPFError(f"no dask scheduler answers at {address!r}: {error}.") from error

    with client:
        ahead, names, running = iter(sources), {}, as_completed(loop=client.loop)

        def submit(count: int) -> None:
            for source in islice(ahead, count):
                future = client.submit(work, source, pure=False, retries=_RETRIES)
                names[future.key] = source
                running.add(future)

        submit(_AHEAD)
        for future in running:
            source, fault = names.pop(future.key), future.exception()
            take(future.result() if fault is None else _lost(source, fault))
            submit(1)


def _lost(source: str, fault: BaseException) -> Record:
    return {"source": source, "error": f"it was not looked at: {type(fault).__name__}: {fault}"}
