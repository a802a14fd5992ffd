"""The report's account of itself: which file, pixels, cadences and version a picture is of."""

import json
import re
from copy import copy
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path

import pytest
from bokeh.document import Document
from bokeh.io.doc import patch_curdoc
from eventparts import TRANSIT, two_stars

from tpfdash import __version__
from tpfdash.app.report import report_html
from tpfdash.cards.checks import rows_of
from tpfdash.cards.measured import event_html
from tpfdash.inspector import Inspector
from tpfdash.io import open_tpf, write_tpf
from tpfdash.simulate import CosmicRay, inject, simulate_tpf
from tpfdash.timeseries.corrections import Flatten
from tpfdash.views.panels import PANELS, available_panels

ROW, COL = 796, 740


@pytest.fixture(scope="module")
def tpf(tmp_path_factory):
    """What a file holds, read back from it."""
    made = simulate_tpf("K2", n_cadences=30, shape=(4, 6), corner=(ROW, COL))
    path = tmp_path_factory.mktemp("files") / "ktwo1234 & more_lpd-targ.fits"
    return open_tpf(write_tpf(made, path))


def rows(inspector):
    """{key: value} of the report's last table."""
    section = report_html(inspector).partition("How this was made</h2>")[2].partition("</table>")[0]
    found = re.findall("<tr><th>(.*?)</th><td>(.*?)</td></tr>", section, flags=re.S)
    return {key: unescape(value) for key, value in found}


def test_what_was_corrected_is_said(tpf):
    inspector = Inspector(tpf, corrections=[Flatten(0.3)])
    said = rows(inspector)
    assert said["Corrections"] == inspector.lightcurve.attrs["corrections"][0]
    assert said["Scatter"].startswith(("6-hour scatter: ", "The scatter cannot be told"))


def test_as_opened(tpf):
    inspector = Inspector(tpf)
    inspector.set_aperture("empty")
    before = datetime.now(UTC)
    said = rows(inspector)
    made, _, by = said.pop("Made").partition(" UTC by ")
    assert by == f"tpfdash {__version__}"
    made = datetime.strptime(made, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    assert abs((made - before).total_seconds()) < 120
    assert Path(said.pop("File")).name == "ktwo1234 & more_lpd-targ.fits"
    assert said == {
        "Simulated": "yes: no telescope has seen this target",
        "Aperture": "no pixel",
        "Background": "no pixel",
        "Quality bitmask": "default (1130799)",
        "Window": "none",
        "Light curve": "as summed",
        "Stamp": "flux, auto scale, viridis",
    }


def test_it_needs_no_page_that_is_the_current_one(tpf):
    gone = Document()
    gone.on_change(print)
    gone.destroy(print)
    with patch_curdoc(gone):  # as Bokeh leaves it where a callback of that page has failed
        assert "Bokeh" in report_html(Inspector(tpf))


def test_as_chosen(tpf):
    def halved(lightcurve):
        return lightcurve.assign(flux=lightcurve["flux"] / 2)

    inspector = Inspector(
        tpf,
        quality_bitmask=5,
        window=(3263.1, 3263.4),
        normalized=True,
        transform=halved,
        column="background",
        scale="asinh",
        cmap="magma",
    )
    inspector.select_box(ROW + 1, ROW + 2, COL + 2, COL + 4)
    inspector.toggle(ROW + 2, COL + 3)
    background = inspector.background.copy()
    background[3, [0, 5]] = True
    inspector.background = background
    said = rows(inspector)
    assert said["Aperture"] == ("5 pixels (detector columns): row 797: 742–744; row 798: 742, 744")
    assert said["Background"] == "2 pixels (detector columns): row 799: 740, 745"
    assert said["Quality bitmask"] == "5 (5)"
    assert said["Window"] == "3263.10000 to 3263.40000 BKJD"
    assert said["Light curve"] == "divided by its median"
    assert said["Applied function"] == "halved"
    assert said["Stamp"] == "background, asinh scale, magma"


def test_a_dataset_without_a_source_has_no_file(tpf):
    tpf = tpf.copy()
    del tpf.attrs["source"]
    tpf.attrs["simulated"] = False
    said = rows(Inspector(tpf))
    assert said["File"] == "not available"
    assert "Simulated" not in said


def test_injected_events_are_said(tpf):
    event = CosmicRay(float(tpf["time"].values[5]), [(2, 2)], 900)
    assert rows(Inspector(inject(tpf, event)))["Injected"].startswith("yes: tpfdash put events")


# -- the evidence ------------------------------------------------------------------------------


def pictures(page):
    """The words over the colour bars of the figures in a report."""
    found = re.findall(r'"title":("(?:out|S/N|expected) [^"]*")', page)
    return [json.loads(one.replace("\\\\", "\\")) for one in found]  # it is a script's text


def test_the_verdict_its_checks_and_its_pictures_are_in_it():
    inspector = Inspector(two_stars(), window=TRANSIT, picture="out", check="offset")
    page = report_html(inspector)
    assert pictures(page) == ["out − in (e⁻/s)", "S/N of out − in (σ)", "expected (e⁻/s)"]
    still = copy(inspector)
    still.answer = inspector.diagnosis
    assert event_html(still) in page and "On target" in event_html(still)
    assert page.count("red: light is missing") == 3
    assert page.count("<polyline") == 4  # the light curves of the pixels that change most
    for row in rows_of(still.answer):
        assert escape(row["sentence"]) in page
    assert inspector.picture == "out" and inspector.check == "offset" and inspector.answer is None


def test_without_a_window_there_is_no_evidence_and_without_cadences_the_reason(tpf):
    page = report_html(Inspector(tpf))
    assert "Evidence" not in page and not pictures(page)
    page = report_html(Inspector(tpf, window=(1.0, 2.0)))
    assert "holds no cadence with data" in page and not pictures(page)


# -- panels and notes ------------------------------------------------------------------------------


def test_the_panels_of_the_file_and_the_users_notes_are_in_it(tpf):
    page = report_html(Inspector(tpf, notes="a <b>dip</b>\nat dawn"))
    assert "a &lt;b&gt;dip&lt;/b&gt;\nat dawn" in page and "<h2>Notes</h2>" in page
    for name in available_panels(Inspector(tpf)):
        assert PANELS[name].label in page
    assert "<h2>Notes</h2>" not in report_html(Inspector(tpf))


def test_other_apertures_that_are_drawn_are_named(tpf):
    inspector = Inspector(tpf, compare="stacked")
    inspector.add_aperture("<wide>", "all")
    inspector.add_aperture("hidden", "all")
    inspector.hide_aperture("hidden")
    found = rows(inspector)
    assert found["Aperture &lt;wide&gt;, beside it"].startswith("24 pixels")
    assert "Aperture A" in found and "hidden" not in str(found)
    assert "&lt;wide&gt;</span><span>scaled to A, moved down" in report_html(inspector)
