"""Is it real or instrumental, and which star is it on?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from tpfdash.diagnosis.evidence import explanations
from tpfdash.diagnosis.footprints import footprints, shapes
from tpfdash.diagnosis.noise import learn_noise
from tpfdash.diagnosis.reference import Nothing, stretches
from tpfdash.diagnosis.scene import see_scene
from tpfdash.diagnosis.verdict import judge
from tpfdash.diagnosis.windows import Window, as_windows
from tpfdash.stamp.masks import default_mask
from tpfdash.stamp.geometry import corner

def work(tpf, window, aperture=None, prf=None):
    windows = as_windows(window)
    mask = default_mask(tpf) if aperture is None else aperture
    centre = np.argwhere(mask).mean(axis=0) if mask.any() else (np.array(mask.shape)-1)/2
    data = stretches(tpf, windows, centre)
    noise = learn_noise(data)
    outside = np.ones(data.length, bool); outside[data.region] = False
    image = data.event[outside].mean(axis=0)
    scene = see_scene(tpf, image, noise.white/np.sqrt(outside.sum()), data.pixels, mask, prf)
    prints = footprints(scene, noise, data)
    tried = shapes(data)
    found, images = explanations(data, noise, scene, prints, tried)
    return data, noise, scene, prints, tried, found, images, judge(found, tried, {})
