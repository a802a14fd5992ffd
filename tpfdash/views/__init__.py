"""Inspector -> HoloViews, and gestures -> Inspector; one file a plot."""
