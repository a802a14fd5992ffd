"""The quality flags that occur in the file: counted, marked, and ticked to be left out."""

from __future__ import annotations

import panel as pn

from tpfdash.cards.links import link
from tpfdash.cards.widgets import CSS, CheckBoxGroup, note, plot_pane, section, tooltip
from tpfdash.inspector import Inspector
from tpfdash.views.quality import QualityView

__all__ = ["quality_card"]


def quality_card(inspector: Inspector) -> pn.Row:
    """The card of an Inspector's quality flags."""
    return pn.Row(
        pn.Column(
            section("Flags in this file"),
            note("Pick a row to mark its cadences on the light curve and go to the next of them."),
            plot_pane(QualityView(inspector).plot, "flag-table"),
            margin=0,
        ),
        pn.Spacer(width=30),
        pn.Column(section("Leave out cadences with"), _ticks(inspector), margin=0),
        margin=(10, 0),
    )


def _ticks(inspector: Inspector) -> pn.widgets.CheckBoxGroup:
    flags = {f"{name} ({bit})": bit for bit, name, _ in inspector.flag_counts()}
    ticks = CheckBoxGroup(
        options=flags,
        css_classes=["tpf-flags"],
        stylesheets=[CSS],
        margin=0,
        **tooltip(CheckBoxGroup, "Cadences with a flag that is ticked are left out."),
    )

    def chosen(bits):
        # Bits that do not occur in this file stay as they are.
        now = inspector.quality_bits
        new = now & ~sum(flags.values()) | sum(bits)
        return inspector.quality_bitmask if new == now else new

    link(
        ticks,
        inspector,
        "quality_bitmask",
        shown=lambda bitmask: [bit for bit in flags.values() if bit & inspector.quality_bits],
        chosen=chosen,
    )
    return ticks
