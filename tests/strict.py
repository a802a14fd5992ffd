"""A pytest plugin for CI, loaded with `-p tests.strict`; the tests themselves know nothing of it.

A page on a busy machine can miss its time: a test that drives a browser is tried up to twice more,
any other has to pass at once. What was tried again is listed, and after six times in all nothing
is. Where TPFDASH_REQUIRE_ALL is set a skipped test is a failed one; an expected failure (xfail) is
no skip.
"""

import os

import pytest

RERUNS = 2
RERUNS_IN_ALL = 6


def _fail_skip(report):
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{reason}, and TPFDASH_REQUIRE_ALL allows no test to be skipped"


def _required():
    return os.environ.get("TPFDASH_REQUIRE_ALL", "") not in ("", "0")


def _reruns(config):
    """Whether pytest-rerunfailures is there; without browser tests nobody needs it."""
    return config.pluginmanager.has_plugin("rerunfailures")


@pytest.hookimpl(tryfirst=True)  # before the terminal takes its options
def pytest_configure(config):
    if _reruns(config):
        config.option.max_suite_reruns = RERUNS_IN_ALL
        config.option.reportchars += "R"


@pytest.hookimpl(trylast=True)  # once the tests have their markers
def pytest_collection_modifyitems(config, items):
    for item in items:
        if _reruns(config) and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))


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
