"""What the tests of periods share: a star with a transit that comes again, and its ephemeris."""

from tpfdash import Ephemeris
from tpfdash.simulate import Star, Transit, simulate_tpf

PERIOD, T0, DURATION, DEPTH = 1.9, 540.3, 0.16, 0.01
EVENTS = Ephemeris(PERIOD, T0, DURATION)


def repeating(n=700, **wanted):
    """14 days of Kepler with a transit every 1.9 d of the star in the middle."""
    return simulate_tpf(
        "Kepler",
        n_cadences=n,
        shape=(6, 7),
        stars=[Star(2.9, 3.1, magnitude=12)],
        events=[Transit(0, PERIOD, T0, DURATION, DEPTH)],
        columns=("flux", "flux_err"),
        seed=4,
        **wanted,
    )
