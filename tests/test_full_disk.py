"""A disk that is full while something is saved: told in words, and nothing is lost.

The limit on the size of a file that a process may write stands for the disk: the kernel then writes
what there is room for, and refuses the rest.
"""

import contextlib
import resource

import numpy as np
import pytest

import tpfdash
from tpfdash.diagnosis.bulk.judged import Judged
from tpfdash.diagnosis.bulk.records import Lines, read_records
from tpfdash.errors import TPFError
from tpfdash.io.apertures import write_aperture
from tpfdash.io.lightcurves import LIGHTCURVE_FORMATS, write_lightcurve
from tpfdash.simulate import simulate_tpf

ROOM = 100  # bytes


@contextlib.contextmanager
def full_disk(room=ROOM):
    """Within it no file gets any larger than so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(scope="module")
def dashboard():
    tpf = simulate_tpf("K2", n_cadences=60, shape=(5, 5), seed=4)
    dashboard = tpfdash.TPFDashboard(tpf)
    dashboard.inspector.select_box(*(int(tpf[axis][1]) for axis in ("row", "row", "col", "col")))
    dashboard.inspector.notes = "long " * ROOM
    return dashboard


SAVES = {
    "a file": lambda dash, path: tpfdash.write_tpf(dash.inspector.tpf, path, overwrite=True),
    "a packed file": lambda dash, path: tpfdash.write_tpf(
        dash.inspector.tpf, path.with_name("old.fits.gz"), overwrite=True
    ),
    "an aperture": lambda dash, path: write_aperture(
        dash.inspector.tpf, dash.aperture, path, overwrite=True
    ),
    "a report": lambda dash, path: dash.save(path.with_suffix(".html"), overwrite=True),
    "a session": lambda dash, path: dash.save_session(path.with_suffix(".json"), overwrite=True),
} | {
    f"a light curve, {suffix}": lambda dash, path, suffix=suffix: write_lightcurve(
        dash.lightcurve, path.with_name(f"old.{suffix}"), overwrite=True
    )
    for suffix in LIGHTCURVE_FORMATS
}


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_what_was_there_is_kept_and_so_is_the_mask(dashboard, tmp_path, save):
    mask, session = dashboard.aperture.copy(), dashboard.session()
    path = save(dashboard, tmp_path / "old.fits")  # with room for it
    before = path.read_bytes()
    assert len(before) > ROOM
    dashboard.inspector.step(1)
    with full_disk(), pytest.raises(TPFError, match=r"cannot be written \("):
        save(dashboard, tmp_path / "old.fits")
    dashboard.inspector.step(-1)
    assert list(tmp_path.iterdir()) == [path] and path.read_bytes() == before
    np.testing.assert_array_equal(dashboard.aperture, mask)
    assert dashboard.session() == session
    save(dashboard, tmp_path / "old.fits")


def test_lines_of_many_files_stay_whole_and_go_on(tmp_path):
    path, asked = tmp_path / "results.jsonl", {"events": "auto"}
    with Lines(path, asked) as lines:
        lines.add({"source": "a.fits", "events": []})
        whole = path.read_bytes()
        with full_disk(len(whole) + 20), pytest.raises(TPFError, match="goes on from there"):
            lines.add({"source": "b.fits", "events": []})
        assert path.read_bytes() == whole and lines.done == {"a.fits"}
        lines.add({"source": "b.fits", "events": []})
    assert [record["source"] for record in read_records(path)] == ["a.fits", "b.fits"]


def test_a_word_that_is_not_kept_is_said_not_to_be(tmp_path):
    judged = Judged(tmp_path / "results.judged.jsonl")
    judged.say("a.fits", (1.0, 2.0), word="real", who="Ada")
    room = judged.path.stat().st_size + 20
    with full_disk(room), pytest.raises(TPFError, match="cannot be written"):
        judged.say("a.fits", (1.0, 2.0), word="artefact", who="Ada")
    judged.update()
    assert judged.of("a.fits", [(1.0, 2.0)])[0].word == "real"
    judged.say("a.fits", (1.0, 2.0), word="unsure", who="Ada")
    assert Judged(judged.path).of("a.fits", [(1.0, 2.0)])[0].word == "unsure"


def test_many_files_end_in_one_line_of_words(tmp_path, capsys):
    from tpfdash.__main__ import main

    star = simulate_tpf("K2", n_cadences=60, shape=(4, 4), seed=1)
    files = [str(tpfdash.write_tpf(star, tmp_path / f"{n}.fits")) for n in range(2)]
    with full_disk():
        code = main(["diagnose", *files, "--out", str(tmp_path / "out.jsonl"), "--workers", "1"])
    assert code == 2
    said = capsys.readouterr().err
    assert "cannot be written" in said and "Traceback" not in said
    assert (tmp_path / "out.jsonl").read_bytes() == b""
