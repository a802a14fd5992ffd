"""The prices and limits that the diagnosis was tuned by, and where each comes from.

"Tuned" numbers were chosen on injections with seeds below 10,000 into KIC 6922244, EPIC 210994964,
the first half of TIC 55525572, a TESSCut stamp of sector 1 and simulated files; none of them was
chosen on what the benchmark scores with. Prices are in units of ln(likelihood).
"""

from __future__ import annotations

__all__: list[str] = []

# -- time -------------------------------------------------------------------------------------

#: Bins that a long window is cut into: enough to see an ingress, few enough to be quick.
WINDOW_BINS = 12
#: A window may be this much too narrow or too wide at each end (a drag of the mouse).
GUARD = 0.25
#: Bins of a flank, at least: fewer do not tell a slope from an event.
FLANK = 8
#: Bins beside the event, in all, without which there is nothing to compare with.
FEWEST_BESIDE = 4
#: Order of the polynomial in time that trends are taken for.
TREND = 2
#: Quiet places looked at, at most.
PLACES = 240
#: Without so many quiet places the noise is taken to be white.
FEWEST_PLACES = 12
#: A cadence whose pixels leave their neighbours by this many sigma rms is no quiet one.
SPIKE = 3.0
#: A cadence of a bin this many sigma off the bin's median is left out of its mean.
OUTLIER = 6.0
#: From so many odd cadences on a file's own are learned, where one component holds this share.
FEWEST_SPIKES, IN_COMMON = 20, 0.05
#: A single cadence inside a window of this many or more is not the event ...
MENDED = 4
#: ... if its pixels leave both neighbours by this many sigma.
LONELY = 5.0
#: What lasts for several cadences explains this share of its gain without the lonely ones.
LONELY_LEFT = 0.25
#: A place whose energy lies this many scatters above the median is no quiet one.
QUIETER = 4.0
#: Values beyond this many sigma are brought back to it where the noise is learned.
CLIP = 5.0

#: Variances count more by this over the number of bins that they were learned from.
UNSURE = 20.0

# -- pixels -----------------------------------------------------------------------------------

#: Pixels looked at around the target in each direction: larger stamps are cut.
REACH = 10
#: Modes of the noise that have a covariance in time of their own.
MODES = 10
#: Error of each template, as a share of the event's light in a pixel (PRFs: 2-5 %).
FLOOR = 0.04
#: Error of each shape in time likewise: no event is a box, or a step, to the last per cent.
SHAPE_FLOOR = 0.02
#: Share of the nominal saturation from which a pixel may overflow: wells differ.
FULL = 0.8
#: Step of the grid of places that an unknown star is looked for at, in pixels.
GRID = 0.5
#: How far outside the stamp it is looked for, in pixels.
OUTSIDE = 1.5
#: Nearer to the target than this, in pixels, a neighbour is one with it to the stamp.
BLENDED = 0.5
#: Error of a place that nothing tells of, in pixels (TESS_localize finds 0.05; see the benchmark).
PLACE_FLOOR = 0.01
#: Share of the templates' own error that does not cancel between an event and its star. (tuned)
ALIKE = 0.4

# -- verdict ----------------------------------------------------------------------------------

#: Price of a shape in time whose ends are off the window's by what a drag misses (a Gaussian).
MISFIT = 0.5
#: Shapes further off the window than this are another event's.
MOST_MISFIT = 8.0
#: Where the tails of the quiet places are looked at, and what a Gaussian has there.
TAIL, TAIL_SIGMA = 0.98, 2.326
#: Share of its gain that a footprint with more freedom must better another by. (What is gained by
#: a change of width beside one of light must be its share, or the star alone does it.)
SHARE_PRICES = {
    ("systematic", "width and gain"): 0.2,
    ("systematic", "spread and gain"): 0.2,
    ("systematic", "gain"): 0.02,
    ("systematic", "width and blur"): 0.02,
    ("neighbour", "star"): 0.02,
    ("sensitivity_dropout", "1 pixels"): 0.02,
    ("sensitivity_dropout", "2 pixels"): 0.05,
}
#: Score that a cause's best footprint must exceed: chance reaches it in few quiet windows. (tuned)
PRICES = {
    "on_target": 18.0,
    "neighbour": 23.0,
    "moving_object": 24.0,
    "cosmic_ray": 19.0,
    "column_or_row": 20.0,
    "rolling_band": 19.0,
    "sensitivity_dropout": 25.0,
    "pointing": 19.0,
    "systematic": 20.0,
    "background": 18.0,
}
#: What is added for footprints that another cause has too. (all stars alike: one star that changes)
DETAIL_PRICES = {
    ("systematic", "gain"): 12.0,
    ("systematic", "width and blur"): 3.0,
}
#: What each further free number costs.
PRICE_A_NUMBER = 1.5
#: What is added for shapes in time that a cause seldom has. (tuned)
KIND_PRICES = {
    ("on_target", "step"): 40.0,
    ("neighbour", "step"): 40.0,
    ("background", "step"): 40.0,
    ("rolling_band", "step"): 40.0,
    ("column_or_row", "step"): 40.0,
}
#: What is added for one cadence, where a ray is likelier.
SINGLE_PRICES = {"on_target": 4.0, "neighbour": 4.0, "rolling_band": 4.0}
#: What a single cadence explains of a window of several counts less: a user marked several.
ONE_OF_SEVERAL, ONE_OF_MANY = 0.75, 0.5
#: Scores are divided by this before they become probabilities, at score 0 and as it grows. (tuned:
#: the two that leave the least calibration error)
TEMPERATURE, TEMPERATURE_SLOPE = 2.5, 0.06
#: POS_CORR explains an event where its strongest bin is this many times what 95 % of quiet places
#: have, and this much in units of the white noise's variance. (tuned)
POINTED, MOVED = 1.5, 1.0
#: Where something is left over, that is the event, unless the pointing did this many times what it
#: usually does, and any other cause explains less than this share of what POS_CORR does. (tuned)
FAR_POINTED, LEFT_SHARE = 2.0, 0.05
#: A cadence that stands out where the pointing rolls is the pointing's if no other cause explains
#: this share of its chi2 in that cadence; that puts it ahead of the others by so much. (tuned on
#: EPIC 210994964)
SPIKE_LEFT, SPIKE_AHEAD = 0.25, 6.0
#: A star and the instrument whose scores differ by less than this many temperatures cannot be
#: told apart: then it is neither. (tuned)
CONTENDED = 0.5
#: Share of what it explains that counts.
POINTED_SHARE = 0.5
#: How much more than chance may be left over, in sigma, before more than one thing happens, and
#: as a share of what is explained.
LEFT_OVER, MIXED = 6.0, 0.3
#: Where so much is left over, a star that nothing else tells of is no explanation. (tuned)
MOSTLY_MIXED = 0.9

# -- stars ------------------------------------------------------------------------------------

#: A depth of more than all a star's light by this many sigma is impossible.
DEPTH_SIGMA = 3.0
#: What a place that is free costs, against places that are known.
UNLISTED_PRICE = 6.0
#: Half a gain is divided by this before it becomes a star's probability. (tuned)
STAR_TEMPERATURE = 1.5

# -- The same event elsewhere in the file.
#: Cadences of a window from which it is looked for: what single cadences do again is learned from.
SIBLING_CADENCES = 4
#: How far the event has to stand out of the file's own ups and downs, in robust scatters.
SIBLING_SIGMA = 8.0
