"""From a light curve to a light curve, in time, and to what happens in it; no pixel is needed."""
