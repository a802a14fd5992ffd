"""Many files: each is answered once, whatever becomes of the others, of the run or of a worker."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import dask.array
import dask.base
import numpy as np
import pytest
from astropy.table import Table

import tpfdash
from tests.wire import until
from tpfdash.__main__ import main
from tpfdash.diagnosis.bulk.answer import answer, as_events
from tpfdash.diagnosis.bulk.records import Lines, read_records, records_table
from tpfdash.errors import TPFError
from tpfdash.simulate import Star, Transit, simulate_tpf
from tpfdash.timeseries.ephemeris import Ephemeris

PERIOD, T0, DURATION = 3.0, 3263.9, 0.3


def star(seed, n_cadences=400):
    return simulate_tpf(
        "K2",
        n_cadences=n_cadences,
        shape=(7, 7),
        stars=[Star(3, 3, magnitude=11)],
        events=[Transit(0, PERIOD, T0, DURATION, 0.02)],
        motion=np.zeros((n_cadences, 2)),
        seed=seed,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Six files with transits, then one that is none and one that is not there."""
    folder = tmp_path_factory.mktemp("many")
    names = [str(tpfdash.write_tpf(star(seed), folder / f"{seed}.fits")) for seed in range(6)]
    (folder / "text.fits").write_text("no target pixel file")
    return [*names, str(folder / "text.fits"), str(folder / "missing.fits")]


# -- one file -------------------------------------------------------------------------------------


def test_a_record_says_what_diagnose_says(files):
    tpf = tpfdash.open_tpf(files[0])
    record = json.loads(json.dumps(answer(files[0], "auto", 3), allow_nan=False))
    lightcurve = tpfdash.aperture_photometry(tpf, (tpf["aperture"].values & 2) > 0)
    found = tpfdash.find_events(lightcurve)
    assert record["found"] == len(found) >= 2 and record["cadences"] == 400
    assert record["mission"] == "K2" and record["source"] == files[0]
    strongest = found.strongest(3)
    assert [event["rank"] for event in record["events"]] == [event.rank for event in strongest]
    said = tpfdash.diagnose(tpf, strongest[0].window)
    assert record["events"][0]["verdict"] == said.verdict == "on_target"
    assert record["events"][0]["depth_ppm"] == pytest.approx(said.depth_ppm)
    assert record["events"][0]["offset_arcsec"] == pytest.approx(said.offset_arcsec)


def test_flagged_cadences_are_not_searched(tmp_path):
    tpf, found = star(9), {}
    tpf["flux"].values[100] *= 3
    for flag in (0, 1):  # attitude tweak
        tpf["quality"].values[100] = flag
        path = tpfdash.write_tpf(tpf, tmp_path / f"{flag}.fits")
        found[flag] = answer(path, "auto", 20)["events"]
    time = tpf["time"].values[100]
    held = {flag: [e for e in found[flag] if e["start"] < time < e["end"]] for flag in found}
    assert len(held[0]) == 1 and not held[1] and len(found[1]) == len(found[0]) - 1


def test_an_ephemeris_is_one_event_and_a_window_is_one(files):
    tpf = tpfdash.open_tpf(files[0])
    transits = Ephemeris(PERIOD, T0, DURATION)
    (event,) = answer(files[0], transits, 1)["events"]
    windows = transits.windows(tpf["time"].values)
    assert len(event["windows"]) > 1
    assert event["snr"] == pytest.approx(tpfdash.diagnose(tpf, windows).snr)
    (event,) = answer(files[0], (T0 - 0.15, T0 + 0.15), 1)["events"]
    assert event["verdict"] == "on_target" and len(event["windows"]) == 1
    assert "lies in the file" in answer(files[0], Ephemeris(500, 9000, 0.1), 1)["error"]


def test_a_fault_of_ours_is_told_as_one(files, monkeypatch):
    def faulty(*args, **kwargs):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("tpfdash.diagnosis.bulk.answer.find_events", faulty)
    assert answer(files[0], "auto", 1)["error"] == (
        "a fault of tpfdash's: ZeroDivisionError: by zero"
    )


def test_events_are_asked_for_in_words():
    assert as_events("auto") == "auto"
    assert as_events("5,6") == as_events((5, 6)) == (5.0, 6.0)
    assert as_events("3, 5, 0.1") == Ephemeris(3, 5, 0.1)
    for bad in ("", "all", "5", "6,5", "1,2,3,4", "a,b", "3,5,4", None, 5, Ephemeris(3, 5)):
        with pytest.raises(TPFError):
            as_events(bad)


# -- many -----------------------------------------------------------------------------------------


def by_source(path):
    records = list(read_records(path))
    assert len(records) == len({record["source"] for record in records})
    return {record["source"]: record for record in records}


def test_each_file_has_its_line_and_a_run_goes_on_where_it_was(files, tmp_path):
    out, told = tmp_path / "results.jsonl", []
    assert (
        tpfdash.diagnose_many(
            [*files, files[0]],  # once, though it is named twice
            out,
            most=1,
            workers=2,
            progress=lambda state, record: told.append((state.files, state.errors, record)),
        )
        == out
    )
    records = by_source(out)
    assert set(records) == set(files)
    for name in files[:6]:
        assert records[name]["events"][0]["verdict"] == "on_target"
    assert "no FITS" in records[files[6]]["error"] or "not" in records[files[6]]["error"]
    assert "does not exist" in records[files[7]]["error"]
    assert [number for number, *_ in told] == list(range(9)) and told[0][2] is None
    assert told[-1][1] == 2

    # As if it had been cut off within the fourth line.
    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:3]) + lines[3][:40])
    kept = list(read_records(out))
    assert len(kept) == 3
    tpfdash.diagnose_many(files, out, most=1, workers=1)
    assert out.read_bytes().startswith(b"".join(lines[:3]))
    assert set(by_source(out)) == set(files)

    with pytest.raises(TPFError, match="another question"):
        tpfdash.diagnose_many(files, out, most=2)


@pytest.mark.slow
def test_a_file_that_ends_its_process_stops_no_other(files, tmp_path):
    """The environment of the processes has them end at one file."""
    out = tmp_path / "results.jsonl"
    (tmp_path / "sitecustomize.py").write_text(
        "import os, threading, sys\n"
        "def look(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('1.fits') and "
        "'spawn_main' in ' '.join(sys.orig_argv):\n"
        "        os._exit(9)\n"
        "sys.addaudithook(look)\n"
    )
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tpfdash", "diagnose", *files[:3]),
            *("--out", str(out), "--workers", "2", "--most", "1"),
        ],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', os.getcwd())}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    records = by_source(out)
    assert records[files[1]]["error"] == "the process that looked at it has ended."
    assert records[files[0]]["events"] and records[files[2]]["events"]


@pytest.mark.slow
def test_a_cluster_answers_every_file_once_though_a_worker_is_killed(files, tmp_path):
    out, address = tmp_path / "results.jsonl", tmp_path / "scheduler.json"
    many = [
        str(tpfdash.write_tpf(star(seed, 1500), tmp_path / f"{seed}.fits")) for seed in range(10)
    ]
    dask = [sys.executable, "-m", "dask"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(address)],
            stderr=subprocess.DEVNULL,
        )
    ]
    try:
        until(lambda: address.exists() and address.read_text().endswith("}"), "a scheduler")
        for _ in range(2):
            started.append(
                subprocess.Popen(
                    [*dask, "worker", "--scheduler-file", str(address), "--nthreads", "1"]
                    + ["--no-dashboard", "--no-nanny", "--local-directory", str(tmp_path)],
                    stderr=subprocess.DEVNULL,
                )
            )

        def kill_one(state, record):
            if state.files == 2:
                started[1].send_signal(signal.SIGKILL)

        tpfdash.diagnose_many(
            [*many, files[6]],
            out,
            scheduler=json.loads(address.read_text())["address"],
            progress=kill_one,
        )
    finally:
        for one in started:
            one.kill()
            one.wait()
    assert started[1].returncode == -signal.SIGKILL
    records = by_source(out)
    assert set(records) == {*many, files[6]}
    assert [name for name in records if "error" in records[name]] == [files[6]]


def test_no_cluster_is_said(files, tmp_path, monkeypatch):
    monkeypatch.setattr("tpfdash.diagnosis.bulk.run._PATIENCE", 0.2)
    for bad in ("tcp://127.0.0.1:9", "nonsense://a", ""):
        with pytest.raises(TPFError, match="no dask scheduler answers"):
            tpfdash.diagnose_many(files, tmp_path / "a.jsonl", scheduler=bad)
    # What else is computed by dask here does not wait for it.
    assert dask.base.get_scheduler() is None and dask.array.ones(3).sum().compute() == 3


# -- files of results -----------------------------------------------------------------------------


def test_a_table_has_a_row_for_each_event(files, tmp_path, capsys):
    out = tmp_path / "results.ecsv"
    words = [*files[:1], files[6], "--out", str(out), "--most", "2", "--workers", "1"]
    assert main(["diagnose", *words]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(out)
    assert "0.fits: on target" in said.err and "text.fits:" in said.err
    table = Table.read(out)
    lines = out.with_name("results.ecsv.jsonl")
    events = {name: record.get("events") for name, record in by_source(lines).items()}
    ours = table[table["source"] == files[0]]
    assert len(ours) == len(events[files[0]]) == 2
    np.testing.assert_allclose(ours["snr"], [event["snr"] for event in events[files[0]]])
    assert ours["start"].unit == "d" and set(ours["verdict"]) == {"on_target"}
    (bad,) = table[table["source"] == files[6]]
    assert bad["error"] and not bad["verdict"] and np.isnan(bad["snr"]) and bad["rank"] == -1


def test_parquet_where_pyarrow_is_there(files, tmp_path):
    out = tmp_path / "results.parquet"
    if find_spec("pyarrow") is None:
        with pytest.raises(TPFError, match="pyarrow"):
            tpfdash.diagnose_many(files[6:], out)
        return
    tpfdash.diagnose_many(files[6:], out, workers=1)
    assert list(Table.read(out)["source"]) == list(
        records_table(out.with_name("results.parquet.jsonl"))["source"]
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"out": "results.txt"}, "should end in"),
        ({"out": "nowhere/results.jsonl"}, "folder"),
        ({"events": "all"}, "events"),
        ({"most": 0}, "most"),
        ({"most": True}, "most"),
        ({"workers": 0}, "workers"),
    ],
)
def test_a_bad_argument_is_refused_before_anything_is_done(tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TPFError, match=words):
        tpfdash.diagnose_many(["a.fits"], **{"out": "results.jsonl"} | options)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["no JSON\n", "[1, 2]\n", '{"a": 1}\n', "\xff\n"])
def test_another_file_is_not_gone_on_with(tmp_path, text):
    path = tmp_path / "results.jsonl"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(TPFError):
        Lines(path, {})
    assert path.read_bytes() == text.encode("latin-1")
