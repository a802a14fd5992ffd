"""What the tests of the cards share: an odd little file, and a card's parts by their names."""

from xml.etree import ElementTree

import numpy as np
from bokeh.document import Document

from tpfdash.simulate import simulate_tpf

SHAPE = (5, 6)
#: Cadences of `odd_tpf` by what is odd about them.
GAP, UNTIMED = slice(30, 32), 12
#: Cadence -> its QUALITY, beside what the simulation sets.
FLAGS = {3: 1, 5: 128, 6: 128 | 32, 20: 8}


def odd_tpf(mission="K2", **wanted):
    """40 cadences of 5 x 6 pixels: some flagged, two lost, one without a time; a NaN pixel."""
    tpf = simulate_tpf(mission, n_cadences=40, shape=SHAPE, gaps=[(30, 32)], seed=3, **wanted)
    for cadence, quality in FLAGS.items():
        tpf["quality"].values[cadence] = quality
    tpf["time"].values[UNTIMED] = np.nan
    tpf["flux"].values[:, 4, 5] = np.nan
    return tpf


def mask(*pixels):
    """The pixels given as (row, col) counted from the stamp's corner."""
    out = np.zeros(SHAPE, dtype=bool)
    for pixel in pixels:
        out[pixel] = True
    return out


def part(card, tag):
    """The one part of a card that a page knows as `tpf-TAG`."""
    (found,) = parts(card, tag)
    return found


def parts(card, tag):
    """Every part of a card that a page knows as `tpf-TAG`."""
    return list(card.select(lambda one: f"tpf-{tag}" in getattr(one, "css_classes", [])))


def press(card, tag):
    """Click a button."""
    part(card, tag).clicks += 1


def cells(html):
    """The HTML of a readout as {what: value}; it has to be well-formed."""
    return {
        cell.find("span[@class='key']").text: cell.find("span[@class='value']").text
        for cell in ElementTree.fromstring(html).findall("div[@class='cell']")
    }


def words(html):
    """The text of HTML, which has to be well-formed, as a reader sees it."""
    return "".join(ElementTree.fromstring(f"<div>{html}</div>").itertext())


def put_on_page(card):
    """A card as the Bokeh models that a browser would be sent."""
    document = Document()
    root = card.get_root(document)
    document.add_root(root)
    return root
