"""The measuring instruments themselves: relay, statistics, tables, and the probe in a real page.

No benchmark runs here and no time is asserted.
"""

import asyncio
import contextlib

import numpy as np
import pytest
import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket
from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.plotting import figure
from bokeh.resources import INLINE
from playwright import sync_api as playwright

from tests.benchmarks import harness, relay

SIZES = (0, 5, 125, 126, 200, 65535, 65536, 300_000)


def frame_bytes(payload, masked):
    """Length of one unfragmented websocket frame (RFC 6455, section 5.2)."""
    extended = 0 if payload < 126 else 2 if payload < 65536 else 8
    return 2 + extended + (4 if masked else 0) + payload


class Toy(tornado.websocket.WebSocketHandler):
    """Answers each message with two: itself and its first half."""

    def on_message(self, message):
        self.write_message(message, binary=True)
        self.write_message(message[: len(message) // 2], binary=True)


async def exchange(between, port, counts):
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Toy)]))
    server.listen(port, "127.0.0.1")
    client = await tornado.websocket.websocket_connect(f"ws://127.0.0.1:{between.port}/")
    connected = between.traffic
    for size in SIZES:
        await client.write_message(b"x" * size, binary=True)
        answers = [await client.read_message() for _ in range(2)]
        assert [len(a) for a in answers] == [size, size // 2]
    counts.append(between.traffic - connected)
    client.close()
    server.stop()
    await server.close_all_connections()


def test_relay_counts_frames_and_bytes_both_ways():
    port, counts = harness.free_port(), []
    with relay.Relay(port) as between:
        asyncio.run(asyncio.wait_for(exchange(between, port, counts), 30))
    assert counts == [
        relay.Traffic(
            bytes_up=sum(frame_bytes(n, masked=True) for n in SIZES),
            bytes_down=sum(frame_bytes(m, masked=False) for n in SIZES for m in (n, n // 2)),
            frames_up=len(SIZES),
            frames_down=2 * len(SIZES),
        )
    ]


@pytest.mark.parametrize("cut", [1, 2, 3, 7, 1000])
def test_frames_are_counted_however_the_stream_is_cut(cut):
    head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    stream = head
    for size in (3, 126, 70_000):
        extended = {3: b"\x03", 126: b"\x7e\x00\x7e"}.get(size, b"\x7f" + size.to_bytes(8, "big"))
        stream += b"\x82" + extended + b"\x81" * size
    stream += b"\x89\x02hi" + b"\x01\x01a" + b"\x80\x01b"  # a ping, a message in two frames
    counter = relay.FrameCounter()
    for start in range(0, len(stream), cut):
        counter.feed(stream[start : start + cut])
    assert (counter.data, counter.control) == (5, 1)


def test_plain_http_has_no_frames():
    counter = relay.FrameCounter()
    counter.feed(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    counter.feed(b"\x82\x01a" * 10)
    assert (counter.data, counter.control) == (0, 0)


def test_summary_agrees_with_the_sorted_values():
    summary = harness.summarize([5, None, 1, float("nan"), 2, 4, 3])
    assert summary == harness.Summary(5, 3, 2, 4)
    assert f"{summary:.0f}" == "3 [2, 4]"
    nothing = harness.summarize([None, float("nan")])
    assert nothing.n == 0 and np.isnan(nothing.median) and str(nothing) == "-"


def test_table_lines_up_and_numbers_parse():
    text = harness.table(("size", "ms"), [("a", 1), ("bcdef", 22.5)])
    assert text.splitlines() == ["size     ms", "-----  ----", "a         1", "bcdef  22.5"]
    assert harness.numbers("1021,1_000,sirius") == [1021, 1000, "sirius"]


def page_html():
    """Two figures; a click anywhere counts on: odd clicks repaint, even ones change the picture."""
    document = Document()
    for name in ("pixels", "lightcurve"):
        plot = figure(width=300, height=200, name=name, tools="")
        plot.line([0, 1, 2], [0, 1, 0], name="line")
        document.add_root(plot)
    return (
        file_html(document, INLINE)
        + """
    <script>
      let clicks = 0;
      addEventListener("pointerup", () => {
        clicks += 1;
        for (const view of Bokeh.index.query((v) => v.model.type === "Figure")) {
          const source = view.model.renderers[0].data_source;
          const top = view.model.name === "pixels" || clicks % 2 ? clicks : source.data.y[1];
          source.data = { x: [0, 1, 2], y: [0, top, 0.5 * (top % 2)] };
        }
      });
    </script>"""
    )


@pytest.mark.browser
def test_probe_counts_a_picture_that_changed_and_no_repainting_of_the_same():
    finders = {name: f"(view) => view.model.name === '{name}'" for name in ("pixels", "lightcurve")}
    with contextlib.ExitStack() as stack:
        try:
            chromium = stack.enter_context(harness.browser())
        except playwright.Error as error:
            pytest.skip(f"no Chromium: {str(error).splitlines()[0]}")
        page = harness.open_page(chromium, finders, timeout=30)
        page.route("http://page.test/", lambda route: route.fulfill(body=page_html()))
        page.goto("http://page.test/")
        page.wait_for_function("tpfbench.ready()")
        records = []
        for _ in range(3):
            options = {"start": "pointerup", "settle": 200, "timeout": 1500}
            page.evaluate("(options) => tpfbench.arm(options)", options)
            page.mouse.click(5, 600)
            records.append(page.evaluate("tpfbench.result()"))
    assert [r["events"] for r in records] == [1, 1, 1]
    # the first click draws the line's top at 1 again, but drops its end to 0.5
    assert [r["done"] for r in records] == [True, False, True]
    assert all(len(r["changes"]["pixels"]) >= 1 for r in records)
    assert records[1]["changes"]["lightcurve"] == []
    first = records[0]["changes"]["lightcurve"][0]
    assert 0 < first["painted"] <= first["visible"]
