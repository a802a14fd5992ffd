"""What the tests of answers share: a target with a transit, and a neighbour with an eclipse."""

from tpfdash.inspector import Inspector
from tpfdash.simulate import Star, Transit, simulate_tpf

#: Windows of the target's transit, of the next one, of the neighbour's eclipse, and of nothing.
TRANSIT, AGAIN, NEIGHBOURS, QUIET = (
    (544.87, 545.13),
    (550.87, 551.13),
    (548.85, 549.15),
    (547, 547.2),
)
#: Where the two stars are, counted from the stamp's first pixel.
TARGET, NEIGHBOUR = (3.2, 3.6), (5.2, 6.1)
SHAPE = (7, 8)


def two_stars(**wanted):
    """600 cadences of Kepler; the dips have 1 % of the target and 20 % of the neighbour."""
    return simulate_tpf(
        "Kepler",
        n_cadences=600,
        shape=SHAPE,
        stars=[Star(*TARGET, magnitude=12), Star(*NEIGHBOUR, magnitude=14)],
        events=[
            Transit(0, period=6.0, epoch=545.0, duration=0.25, depth=0.01),
            Transit(1, period=100, epoch=549.0, duration=0.3, depth=0.2),
        ],
        seed=2,
        **wanted,
    )


def answered(tpf, window=TRANSIT):
    """An Inspector whose window has its answer already, as on a page."""
    inspector = Inspector(tpf, window=window)
    inspector.answer = inspector.diagnosis
    return inspector
