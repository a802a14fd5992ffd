"""A pytest plugin for machines where everything must run: a skipped test is a failed one.

Loaded with `-p tests.strict`, and in force where TPFDASH_REQUIRE_ALL is set. An expected failure
(xfail) is no skip. The tests themselves know nothing of this file.
"""

import os

import pytest


def _fail_skip(report):
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{reason}, and TPFDASH_REQUIRE_ALL allows no test to be skipped"


def _required():
    return os.environ.get("TPFDASH_REQUIRE_ALL", "") not in ("", "0")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if _required():
        _fail_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    if _required():
        _fail_skip(report)
    return report
