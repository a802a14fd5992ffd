"""Linear algebra in one thread, and as before afterwards."""

import scipy.linalg  # noqa: F401  (its library, and numpy's)
from threadpoolctl import threadpool_info

from tpfdash.stamp.threads import one_thread


def threads():
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


def test_within_it_there_is_one():
    before = threads()
    assert before
    with one_thread():
        assert set(threads()) == {1}
        with one_thread():
            pass
        assert set(threads()) == {1}
    assert threads() == before
