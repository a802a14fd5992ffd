"""Inspector -> HoloViews, and gestures -> Inspector; one file a plot."""

import holoviews.plotting.bokeh  # noqa: F401  HoloViews takes no option before it is loaded
