"""`tpfdash diagnose`: many files from the command line; and their results, read with a bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tpfdash.diagnosis.bulk.results import Results
from tpfdash.diagnosis.bulk.run import Progress, diagnose_many
from tpfdash.diagnosis.summary import VERDICT_NAMES

__all__ = ["parser", "read_results", "run"]

#: Events that a line of the terminal names.
_NAMED = 3


def parser() -> argparse.ArgumentParser:
    """What `tpfdash diagnose` takes."""
    made = argparse.ArgumentParser(
        prog="tpfdash diagnose",
        description="Find the events of many target pixel files, and say of each what it is. "
        "A run that was interrupted goes on where it was when it is started again.",
    )
    made.add_argument("files", nargs="+", metavar="FILE", help="a target pixel file")
    made.add_argument(
        "--events",
        default="auto",
        metavar="auto|T0,T1|PERIOD,T0,DURATION",
        help="which events: those that are found, a window, or all of an ephemeris as one; in the "
        "files' own days (default: %(default)s)",
    )
    made.add_argument(
        "--most",
        type=int,
        default=10,
        metavar="N",
        help="of the events that are found in a file, diagnose the N strongest "
        "(default: %(default)s)",
    )
    made.add_argument(
        "--out",
        default="results.jsonl",
        metavar="FILE",
        help="where the results go: .jsonl (a line for each file), .ecsv or .parquet "
        "(default: %(default)s)",
    )
    made.add_argument(
        "--workers", type=int, metavar="N", help="processes here (default: one a processor)"
    )
    made.add_argument(
        "--scheduler",
        metavar="tcp://HOST:PORT",
        help="the dask cluster that does the work (pip install 'tpfdash[cluster]')",
    )
    return made


def run(options: argparse.Namespace) -> Path:
    """Do what was asked for, with a bar on the terminal, and a line for each file."""
    with _Bar() as bar:
        made = diagnose_many(
            options.files,
            options.out,
            events=options.events,
            most=options.most,
            workers=options.workers,
            scheduler=options.scheduler,
            progress=bar.show,
        )
    print(made)
    return made


def read_results(path: str) -> Results:
    """The results in a file, with a bar on the terminal where they are many."""
    with tqdm(
        desc="reading",
        unit="B",
        unit_scale=True,
        dynamic_ncols=True,
        file=sys.stderr,
        disable=None,
        delay=1,
        leave=False,
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return Results(path, show)


class _Bar:
    """Files, events, rate and time left; above it a line for each file that is done."""

    def __enter__(self) -> _Bar:
        self._bar = tqdm(unit=" files", dynamic_ncols=True, file=sys.stderr, disable=None)
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def show(self, state: Progress, record: Mapping[str, Any] | None) -> None:
        if record is None:
            self._bar.reset(total=state.total)
            self._bar.initial = state.files  # of a run before: they are no part of the rate
        else:
            self._bar.write(_line(record), file=sys.stderr)
        self._bar.n = state.files
        self._bar.set_postfix_str(f"{state.events} events, {state.errors} errors")


def _line(record: Mapping[str, Any]) -> str:
    name = Path(record["source"]).name
    if "error" in record:
        return f"{name}: {record['error']}"
    events = record["events"]
    if not events:
        return f"{name}: no event"
    named = [
        f"{VERDICT_NAMES[event['verdict']]} {event['confidence']:.2f}" for event in events[:_NAMED]
    ]
    more = [f"{record['found'] - len(named)} more"] if record["found"] > len(named) else []
    return f"{name}: {', '.join(named + more)}"
