"""From a light curve to a light curve, in time; the pixels are not needed any more."""
