"""Sessions share files, in a bounded part of the memory, and get what is on disk now."""

import gc
import os
import threading
import weakref

import numpy as np
import pytest

from tpfdash import TPFError, open_tpf, simulate_tpf, write_tpf
from tpfdash.app.library import Library


@pytest.fixture
def paths(tmp_path):
    tpfs = [simulate_tpf("K2", n_cadences=40 + n, shape=(4, 4)) for n in range(4)]
    return [write_tpf(tpf, tmp_path / f"{n}.fits") for n, tpf in enumerate(tpfs)]


class Counting:
    """Opens files and says how often."""

    def __init__(self):
        self.opened = []

    def __call__(self, path):
        self.opened.append(path.name)
        return open_tpf(path)


def nbytes(path):
    return open_tpf(path).nbytes


def test_a_file_is_opened_once_for_all(paths):
    count = Counting()
    library = Library(open_file=count)
    assert library.open(paths[0]) is library.open(str(paths[0]))
    assert count.opened == ["0.fits"] and library.nbytes == nbytes(paths[0])


def test_the_least_recently_used_goes_first(paths):
    count = Counting()
    library = Library(nbytes(paths[0]) + nbytes(paths[2]) + 100, count)
    for path in (paths[0], paths[1], paths[0], paths[2]):
        library.open(path)
        gc.collect()
        assert library.nbytes <= library.size
    library.open(paths[0])
    assert count.opened == ["0.fits", "1.fits", "2.fits"]
    library.open(paths[1])
    assert count.opened[-1] == "1.fits"


def test_what_a_session_holds_is_the_same_for_all_though_it_is_not_kept(paths):
    count = Counting()
    library = Library(nbytes(paths[0]) + 100, count)
    held = library.open(paths[0])
    library.open(paths[1])
    assert held["flux"].values.shape == (40, 4, 4)
    assert library.open(paths[0]) is held
    assert count.opened.count("0.fits") == 1


def test_what_nobody_holds_and_nobody_keeps_is_gone(paths):
    library = Library(nbytes(paths[3]) + 100)
    gone = weakref.ref(library.open(paths[0]))
    library.open(paths[3])
    gc.collect()
    assert gone() is None


def test_a_file_larger_than_all_is_opened_and_not_kept(paths):
    library = Library(10)
    assert library.open(paths[0])["flux"].shape == (40, 4, 4)
    assert library.nbytes == 0


def test_a_replaced_file_is_read_anew_and_who_has_the_old_one_goes_on(paths):
    library = Library()
    old = library.open(paths[0])
    values = old["flux"].values.copy()
    os.replace(paths[1], paths[0])
    new = library.open(paths[0])
    assert new.sizes["time"] == 41 and old.sizes["time"] == 40
    np.testing.assert_array_equal(old["flux_err"].shape, values.shape)
    assert library.nbytes == new.nbytes  # the old one is not kept any more


def test_a_file_that_is_only_touched_is_read_anew(paths):
    count = Counting()
    library = Library(open_file=count)
    library.open(paths[0])
    os.utime(paths[0], ns=(1, 1))
    library.open(paths[0])
    assert len(count.opened) == 2


def test_a_deleted_file_is_said_to_be_none(paths):
    library = Library()
    held = library.open(paths[0])
    paths[0].unlink()
    with pytest.raises(TPFError, match="0.fits"):
        library.open(paths[0])
    assert np.isfinite(held["flux"].values).any()  # it was opened before


def test_a_file_cut_short_while_it_is_open_says_so(paths):
    held = Library().open(paths[0])
    os.truncate(paths[0], 9000)
    with pytest.raises(TPFError, match="changed on disk"):
        held["flux"].values


def test_a_file_that_is_no_good_keeps_nothing(paths):
    paths[0].write_text("no FITS")
    library = Library()
    for _ in range(2):
        with pytest.raises(TPFError, match="FITS"):
            library.open(paths[0])
    assert library.nbytes == 0 and not library._opening


def test_of_many_at_once_one_opens_it(paths):
    count, opened = Counting(), []
    barrier = threading.Barrier(8)
    library = Library(open_file=count)

    def one():
        barrier.wait()
        opened.append(library.open(paths[0]))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, opened))) == 1 and count.opened == ["0.fits"]
