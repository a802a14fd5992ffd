"""What is told is counted, and said in Prometheus' text format."""

import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.strangers import get, open_site
from tests.wire import Wire, find
from tpfdash import simulate_tpf, write_tpf
from tpfdash.app.site import Site
from tpfdash.server.metrics import Metrics


@pytest.fixture
def count():
    """A function that tells something, and a function of what is counted."""
    metrics, logger = Metrics(), logging.getLogger("tpfdash.counted")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(metrics)

    def tell(**told):
        logger.debug("words", extra={"told": told})

    yield tell, lambda: samples(metrics.text().decode())
    logger.removeHandler(metrics)


def samples(text):
    """(name, labels ...) -> value."""
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_what_is_told_is_counted(count):
    tell, counted = count
    for _ in range(3):
        tell(event="session begins")
    tell(event="session ends")
    for kind in ("file", "file", "upload"):
        tell(event="opened", kind=kind)
    tell(event="built", seconds=0.7)
    for what, nbytes in (("miss", 0), ("kept", 100), ("hit", 100), ("eviction", 40)):
        tell(event="cache", what=what, bytes=nbytes)
    tell(event="gesture", gesture="click", seconds=0.03)
    tell(event="gesture", gesture="click", seconds=0.3)
    tell(event="error", error="abc")
    tell(event="refused")
    tell(event="upload", result="taken", bytes=1000)
    tell(event="upload", result="refused", bytes=500)
    tell(event="something else")
    found = counted()
    assert found["tpfdash_sessions",] == 2
    assert found["tpfdash_pages_opened_total", "file"] == 2
    assert found["tpfdash_page_build_seconds_bucket", "1.0"] == 1
    assert found["tpfdash_page_build_seconds_bucket", "0.5"] == 0
    assert found["tpfdash_cache_bytes",] == 40
    for name in ("hits", "misses", "evictions"):
        assert found[f"tpfdash_cache_{name}_total",] == 1
    assert found["tpfdash_gesture_seconds_bucket", "click", "0.05"] == 1
    assert found["tpfdash_gesture_seconds_count", "click"] == 2
    assert found["tpfdash_gesture_seconds_sum", "click"] == pytest.approx(0.33)
    assert found["tpfdash_errors_total",] == found["tpfdash_refusals_total",] == 1
    assert found["tpfdash_upload_bytes_total",] == 1000


def test_what_is_said_without_being_told_is_not_counted(count):
    _, counted = count
    before = counted()
    logging.getLogger("tpfdash.counted").error("words")
    after = counted()
    assert {key: value for key, value in after.items() if "created" not in key[0]} == {
        key: value for key, value in before.items() if "created" not in key[0]
    }


def test_a_click_on_a_page_is_measured(tmp_path):
    write_tpf(simulate_tpf("K2", n_cadences=30, shape=(3, 3)), tmp_path / "a.fits")
    with open_site(Site(tmp_path)) as port, Wire(port, "/?tpf=a.fits") as wire:
        (pixels,) = find(wire.pull(), "tpf-pixels")
        tap = ["tap", *_figure(pixels)]
        values = [["model", {"id": tap[1]}], ["x", tap[2]], ["y", tap[3]], ["sx", 5], ["sy", 5]]
        values.append(["modifiers", {"type": "map", "entries": []}])
        data = {"type": "event", "name": "tap", "values": {"type": "map", "entries": values}}
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": data}
        assert wire.patch(event)["msgtype"] == "OK"
        found = samples(get(port, "/metrics")[1])
    assert found["tpfdash_gesture_seconds_count", "click"] == 1
    assert found["tpfdash_gesture_seconds_sum", "click"] > 0
    assert found["tpfdash_cache_misses_total",] == 1 and found["tpfdash_sessions",] >= 1


def _figure(part):
    """A figure in some models: its id, and the middle of its axes."""
    if isinstance(part, dict):
        if part.get("name") == "Figure":
            ends = [part["attributes"][axis]["attributes"] for axis in ("x_range", "y_range")]
            return part["id"], *((end["start"] + end["end"]) / 2 for end in ends)
        part = list(part.values())
    for one in part if isinstance(part, list) else ():
        found = _figure(one)
        if found:
            return found
    return None
