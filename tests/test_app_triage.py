"""The triage as a component and as pages of a server: what they open, and what they do not."""

import gc
import json
import weakref

import numpy as np
import panel as pn
import pytest

import tpfdash
from tests.test_app_release import SHORT
from tests.triageparts import event, record, write_lines
from tests.wire import Wire, find, serving, until
from tpfdash import TPFError, Triage
from tpfdash.__main__ import main
from tpfdash.app.triage import triage_pages
from tpfdash.diagnosis.bulk.results import Results
from tpfdash.inspector.triage import Walk
from tpfdash.simulate import Star, simulate_tpf


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two files that are there, a third that is named but not, and results of all three."""
    folder = tmp_path_factory.mktemp("triage")
    tpf = simulate_tpf("K2", n_cadences=120, shape=(4, 5), stars=[Star(2, 2, magnitude=11)])
    for name in ("a", "other"):
        tpfdash.write_tpf(tpf, folder / f"{name}.fits")
    t0 = float(np.nanmin(tpf["time"]))
    one = event(start=t0 + 0.5, end=t0 + 0.8)
    several = one | {"windows": [[t0 + 0.5, t0 + 0.8], [t0 + 1.2, t0 + 1.5]]}
    records = [record(str(folder / "a.fits"), one, several), record("gone.fits", event())]
    write_lines(folder / "results.jsonl", records)
    return folder


@pytest.fixture
def results(folder):
    return Results(folder / "results.jsonl")


def test_it_shows_in_a_notebook_and_in_anybodys_app(folder):
    triage = Triage(folder / "results.jsonl", order="-snr")
    assert triage.walk.order == "-snr"
    assert isinstance(pn.panel(triage), pn.viewable.Viewable)
    assert pn.Row(triage).get_root() is not None


def test_the_event_in_hand_in_the_dashboard(results):
    triage = Triage(results)
    dashboard = triage.dashboard(scale="log")
    assert dashboard.window == results.window(0) and dashboard.inspector.scale == "log"
    triage.walk.row = 1
    assert len(triage.dashboard().inspector.windows) == 2
    triage.walk.row = 2
    with pytest.raises(TPFError, match="not on this machine"):
        triage.dashboard()


@pytest.mark.parametrize("params", [{"order": "size"}, {"nothing": 1}])
def test_a_bad_param_is_refused(results, params):
    with pytest.raises((TPFError, TypeError)):
        Triage(results, **params)


def words_of(document) -> str:
    return json.dumps(document, ensure_ascii=False)


def test_pages_open_the_files_that_the_results_name_and_no_other(results, folder):
    pages = triage_pages(results, who="Ada")
    assert set(pages) == {"/", "/file"}
    window = ",".join(map(str, results.window(0)))
    with serving(pages) as port:
        with Wire(port) as wire:
            document = wire.pull()
            assert list(find(document, "tpf-triage-table"))
            said = words_of(document)
            assert f"file?line=1&amp;window={window}" in said.replace("&amp;amp;", "&amp;")
        with Wire(port, f"/file?line=1&window={window}") as wire:
            document = wire.pull()
            assert list(find(document, "tpf-dashboard")) and "a.fits" in words_of(document)
        other = folder / "other.fits"
        for query in (
            *("line=2", "line=0", "line=3", "line=-1", "line=x", "line=1e0", "line=", ""),
            *(f"line={other}", f"line=1/../{other}", "line=" + "9" * 40, "line=²"),
        ):
            with Wire(port, f"/file?{query.encode('ascii', 'ignore').decode()}") as wire:
                document = wire.pull()
                assert not list(find(document, "tpf-dashboard")), query
                assert "no file of the results" in words_of(document)
        with Wire(port, f"/file?line=1&tpf={other}") as wire:
            document = wire.pull()
            assert not list(find(document, "tpf-dashboard"))


def test_an_address_is_followed_as_far_as_it_goes(results):
    window = "order=-snr&snr_from=5&verdict=on_target&event=2"
    with serving(triage_pages(results)) as port:
        with Wire(port, f"/?{window}") as wire:
            document = wire.pull()
            (table,) = find(document, "tpf-triage-table")
            assert table["attributes"]["data"]["attributes"]["chosen"] == 1
            assert "not followed" not in words_of(document)
        for bad in ("order=size", "snr_from=nan", "verdict=%3Cb%3E", "snr_to=x&event=99"):
            with Wire(port, f"/?{bad}&event=-1") as wire:
                said = words_of(wire.pull())
                assert "The address was not followed" in said and "<b>" not in said


def test_nothing_is_left_of_a_page_that_was_closed(results):
    documents = weakref.WeakSet()
    build = triage_pages(results)["/"]

    def page():
        documents.add(pn.state.curdoc)
        return build()

    def left():
        gc.collect()
        return sum(isinstance(one, Walk | Triage) for one in gc.get_objects())

    before = left()
    with serving({"/": page}, **SHORT) as port:
        for _ in range(3):
            with Wire(port) as wire:
                assert list(find(wire.pull(), "tpf-triage-table"))
        until(lambda: left() <= before and not len(documents), "the end of the sessions", every=0.3)


def test_what_is_said_on_one_page_is_kept(results, folder):
    """Of two pages of a server each hears what is said on the other."""
    judged = folder / "results.judged.jsonl"
    one, other = (Triage(Results(results.path)) for _ in range(2))
    try:
        one.walk.judge("real")
        other.look()
        assert other.walk.judgement(0).word == "real"
        with open(results.path, "a") as file:
            file.write(json.dumps(record("late.fits", event())) + "\n")
        other.look()
        assert "there is more" in other._again.label
        other._again.clicks += 1
        assert other._again.label == "Read again" and len(other.walk.results) == 4
    finally:
        judged.unlink()
        write_lines(results.path, [results.record(0), results.record(1)])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no.jsonl", "there is no such file"),
        ("notes.txt", "should end in"),
        ("odd.jsonl", "line 1 holds no record"),
        ("lone.ecsv", "lone.ecsv.jsonl"),
        ("two.jsonl", "holds no judgements"),
    ],
)
def test_bad_input_is_one_sentence_on_the_terminal(tmp_path, capsys, name, said):
    (tmp_path / "odd.jsonl").write_text("odd\n")
    (tmp_path / "lone.ecsv").write_text("")
    write_lines(tmp_path / "two.jsonl")
    (tmp_path / "two.judged.jsonl").write_text("odd\n")
    assert main(["triage", str(tmp_path / name), "--no-show"]) == 2
    out, err = capsys.readouterr()
    assert not out and err.startswith("tpfdash: ") and said in err and err.count("\n") == 1


def test_its_help_is_quick_and_says_where_words_are_kept(capsys):
    with pytest.raises(SystemExit):
        main(["triage", "--help"])
    assert "judged.jsonl" in capsys.readouterr().out
