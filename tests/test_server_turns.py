"""A server's loop does not wait long for its turn."""

import sys

from tpfdash.server.turns import short_turns


def test_turns_are_shorter_than_pythons_own(request):
    before = sys.getswitchinterval()
    request.addfinalizer(lambda: sys.setswitchinterval(before))
    sys.setswitchinterval(0.005)
    short_turns()
    assert sys.getswitchinterval() < 0.002
