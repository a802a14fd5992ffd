"""What an archive of our own holds: files under real names, and what the archive says of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

#: Where they are, in deg.
HL_TAU, RY_TAU = (67.9101, 18.2327), (65.489205, 28.44321)


@dataclass
class Holding:
    """One target pixel file of the archive."""

    path: Path
    name: str
    ra: float
    dec: float
    project: str
    target_name: str
    obs_id: str
    obsid: int
    uri: str
    sequence_number: int | None
    t_exptime: float
    provenance: str
    description: str
    t_min: float = 55000.0
    collection: str = ""

    @property
    def observation(self):
        return {
            "dataproduct_type": "timeseries" if self.project == "TESS" else "cube",
            "obs_collection": self.collection or self.project,
            "instrument_name": "Photometer" if self.project == "TESS" else "Kepler",
            "project": self.project,
            "filters": "TESS" if self.project == "TESS" else "KEPLER",
            "target_name": self.target_name,
            "obs_id": self.obs_id,
            "s_ra": self.ra,
            "s_dec": self.dec,
            "t_min": self.t_min,
            "t_max": self.t_min + 27.0,
            "t_exptime": self.t_exptime,
            "sequence_number": self.sequence_number,
            "provenance_name": self.provenance,
            "dataURL": self.uri,
            "obsid": self.obsid,
        }

    @property
    def product(self):
        return {
            "_selected_": None,
            "obsID": self.obsid,
            "obs_collection": self.collection or self.project,
            "dataproduct_type": "timeseries",
            "obs_id": self.obs_id,
            "description": self.description,
            "type": "S",
            "dataURI": self.uri,
            "productType": "SCIENCE",
            "productSubGroupDescription": "TP",
            "project": self.project,
            "productFilename": self.name,
            "size": self.path.stat().st_size,
        }


def hold(path, name, ra, dec, obsid):
    """What the archive says of a file of such a name (shapes of names: the archive manuals)."""
    common = {"path": path, "name": name, "ra": ra, "dec": dec, "obsid": obsid}
    if match := re.match(r"kplr(\d{9})-\d+_(l|s)pd", name):
        number, kind = match.groups()
        return Holding(
            **common,
            project="Kepler",
            target_name=f"kplr{number}",
            obs_id=f"kplr{number}_{kind}c_Q111111110111011101",
            uri=f"mast:KEPLER/url/missions/kepler/target_pixel_files/{number[:4]}/{number}/{name}",
            sequence_number=None,
            t_exptime=1800.0 if kind == "l" else 60.0,
            provenance="Kepler",
            description="Target Pixel Long Cadence (TPL) - Q4",
        )
    if match := re.match(r"ktwo(\d{9})-c(\d+)_(l|s)pd", name):
        number, campaign, kind = match.groups()
        campaign = int(campaign)
        return Holding(
            **common,
            project="K2",
            target_name=f"ktwo{number}",
            obs_id=f"ktwo{number}-c{campaign:02d}_{kind}c",
            uri=f"mast:K2/url/missions/k2/target_pixel_files/c{campaign}/{number[:4]}00000/"
            f"{number[4:6]}000/{name}",
            sequence_number=campaign // 10 if campaign > 90 else campaign,
            t_exptime=1800.0 if kind == "l" else 60.0,
            provenance="K2",
            description="Target Pixel Long Cadence",
        )
    if match := re.match(r"tess\d+-s(\d{4})-(\d{16})-\d+-(s_tp|a_fast-tp)", name):
        sector, number, kind = match.groups()
        return Holding(
            **common,
            project="TESS",
            target_name=str(int(number)),
            obs_id=name.removesuffix(".fits").removesuffix("_tp").removesuffix("-tp"),
            uri=f"mast:TESS/product/{name}",
            sequence_number=int(sector),
            t_exptime=20.0 if "fast" in kind else 120.0,
            provenance="SPOC",
            description="Target pixel files",
            t_min=58710.0,
        )
    match = re.match(r"hlsp_([\w-]+?)_tess_phot_(\d{16})-s(\d{4})_tess_v1_tp", name)
    return Holding(
        **common,
        project="TESS",
        collection="HLSP",
        target_name=str(int(match[2])),
        obs_id=name.removesuffix(".fits"),
        uri=f"mast:HLSP/tess-spoc/s{match[3]}/target/{name}",
        sequence_number=int(match[3]),
        t_exptime=1800.0,
        provenance=match[1].upper(),
        description="FITS",
        t_min=58710.0,
    )


def stock(server, files):
    """Let an archive hold simulated files under the names of real ones.

    Parameters
    ----------
    files : dict of str to Path
        A file of each of "Kepler", "K2" (gzipped) and "TESS".
    """
    hl_tau, ry_tau, star, kepler = HL_TAU, RY_TAU, (300.0, 40.0), (290.5, 38.4)
    server.names |= {"HL Tau": hl_tau, "RY Tau": ry_tau, "KIC 3248033": kepler}
    server.add(files["K2"], "ktwo247589423-c13_lpd-targ.fits.gz", ra=hl_tau[0], dec=hl_tau[1])
    for half in "12":
        name = f"ktwo221312395-c9{half}_lpd-targ.fits.gz"
        server.add(files["K2"], name, ra=270.0, dec=-22.0)
    for stamp, quarter in (("2010078095331", 4), ("2010174085026", 5)):
        server.add(
            files["Kepler"],
            f"kplr003248033-{stamp}_lpd-targ.fits.gz",
            ra=kepler[0],
            dec=kepler[1],
            obsid=501,
            description=f"Target Pixel Long Cadence (TPL) - Q{quarter}",
        )
    for stamp in ("2010111051353", "2010140023957"):
        server.add(
            files["Kepler"],
            f"kplr003248033-{stamp}_spd-targ.fits.gz",
            ra=kepler[0],
            dec=kepler[1],
            obsid=502,
            description="Target Pixel Short Cadence (TPS) - Q5",
        )
    tess = "tess2019226182529-s0015-0000000273589987-0151"
    for name in (
        f"{tess}-s_tp.fits",
        f"{tess}-a_fast-tp.fits",
        "tess2019253231442-s0016-0000000273589987-0152-s_tp.fits",
        "hlsp_tess-spoc_tess_phot_0000000273589987-s0015_tess_v1_tp.fits",
    ):
        server.add(files["TESS"], name, ra=star[0], dec=star[1])
    for (ra, dec), sector in ((ry_tau, 19), (ry_tau, 43), (star, 15)):
        name = f"tess-s{sector:04d}-1-3_{ra:.6f}_{dec:.6f}_10x10_astrocut.fits"
        server.add_cutout(files["TESS"], name, ra=ra, dec=dec, sector=sector)
    return server
