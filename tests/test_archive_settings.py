"""Where the archives and the cache are."""

from pathlib import Path

import pytest

from tpfdash import TPFError
from tpfdash.archive import settings


def test_the_archive_is_mast_unless_the_environment_says_another(monkeypatch):
    monkeypatch.delenv("TPFDASH_MAST", raising=False)
    assert settings.mast_url() == "https://mast.stsci.edu"
    monkeypatch.setenv("TPFDASH_MAST", "http://localhost:8000/mast/")
    assert settings.mast_url() == "http://localhost:8000/mast"


@pytest.mark.parametrize("url", ["localhost:8000", "mast", "ftp://a.edu", "http://", "//x"])
def test_what_is_no_address_is_said_at_once(monkeypatch, url):
    monkeypatch.setenv("TPFDASH_MAST", url)
    with pytest.raises(TPFError, match="TPFDASH_MAST"):
        settings.mast_url()


def test_services_for_stars_come_in_the_order_they_are_named_in(monkeypatch):
    monkeypatch.delenv("TPFDASH_GAIA_TAP", raising=False)
    assert settings.gaia_tap_urls()[0] == "https://gea.esac.esa.int/tap-server/tap"
    monkeypatch.setenv("TPFDASH_GAIA_TAP", "http://a/tap, http://b:1/tap/ ,")
    assert settings.gaia_tap_urls() == ("http://a/tap", "http://b:1/tap")


def test_known_ephemerides_are_the_exoplanet_archives(monkeypatch):
    monkeypatch.delenv("TPFDASH_EXOPLANET_TAP", raising=False)
    assert settings.exoplanet_tap_url() == "https://exoplanetarchive.ipac.caltech.edu/TAP"
    monkeypatch.setenv("TPFDASH_EXOPLANET_TAP", "http://localhost:1/TAP/")
    assert settings.exoplanet_tap_url() == "http://localhost:1/TAP"
    monkeypatch.setenv("TPFDASH_EXOPLANET_TAP", "nowhere")
    with pytest.raises(TPFError, match="TPFDASH_EXOPLANET_TAP"):
        settings.exoplanet_tap_url()


def test_the_cache_is_lightkurves(monkeypatch, tmp_path):
    monkeypatch.delenv("TPFDASH_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert settings.cache_folder() == tmp_path / ".lightkurve" / "cache"
    (tmp_path / "xdg" / "lightkurve").mkdir(parents=True)
    assert settings.cache_folder() == tmp_path / "xdg" / "lightkurve"
    monkeypatch.setenv("TPFDASH_CACHE", "~/mine")
    assert settings.cache_folder() == Path(tmp_path) / "mine"


@pytest.mark.parametrize("word, said", [("1", True), ("yes", True), ("0", False), ("", False)])
def test_offline(monkeypatch, word, said):
    monkeypatch.setenv("TPFDASH_OFFLINE", word)
    assert settings.offline() is said
