"""The project as a whole: its packaging, its imports, its README, its style."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())
WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())

# Each module or package may import those of lower levels, and its own.
LEVELS = [
    {"errors", "version"},
    {"missions"},
    {"stamp"},
    {"io", "simulate", "photometry"},
    {"archive", "engine", "timeseries"},
    {"diagnosis"},
    {"inspector"},
    {"views"},
    {"cards"},
    {"app"},
    {"server"},
    {"__main__"},
]
TO_COME = {"server"}
DISPLAY_FREE = set().union(*LEVELS[: LEVELS.index({"views"})])
TOP_LEVEL = {
    ".ci",
    ".github",
    ".gitignore",
    "CHANGES.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "apps",
    "environment.yml",
    "pyproject.toml",
    "tests",
    "tpfdash",
}
DISPLAY = {"bokeh", "holoviews", "panel", "panel_material_ui"}


def readme_blocks():
    """Heading -> the lines of the bash blocks below it."""
    blocks, heading, block = {}, "", False
    for line in (ROOT / "README.md").read_text().splitlines():
        if block:
            if line.startswith("```"):
                block = False
            else:
                blocks[heading].append(line)
        elif re.match(r"#+ ", line):
            heading = line.lstrip("#").strip()
        elif line.strip() == "```bash":
            block = True
            blocks.setdefault(heading, [])
    return blocks


def imports(path):
    """Dotted names that a source file imports, at whatever depth of its code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                package = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
                prefix = ".".join((*package, node.module) if node.module else package)
            else:
                prefix = node.module
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


def room(path):
    """The module or package directly below tpfdash that a source file belongs to."""
    return path.relative_to(ROOT / "tpfdash").with_suffix("").parts[0]


def modules(rooms=None):
    for path in sorted((ROOT / "tpfdash").rglob("*.py")):
        if room(path) != "__init__" and (rooms is None or room(path) in rooms):
            yield path


def test_conda_environment_agrees_with_the_package():
    conda = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    python = "python" + PYPROJECT["project"]["requires-python"]
    assert set(conda) == {python, "pip", *PYPROJECT["project"]["dependencies"]}
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    assert pip == ["-e .[test]"]
    assert "test" in EXTRAS


def test_every_package_imported_is_a_dependency():
    named = {
        re.match(r"[\w-]+", entry)[0].replace("-", "_")
        for entry in PYPROJECT["project"]["dependencies"]
    }
    assert "pillow" in named
    named.add("PIL")  # which is what it is imported as
    optional = {"distributed", "lightkurve", "pyarrow"}
    for path in (ROOT / "tpfdash").rglob("*.py"):
        used = {name.partition(".")[0] for name in imports(path)}
        unknown = used - named - optional - set(sys.stdlib_module_names) - {"tpfdash", "tornado"}
        assert not unknown, f"{path} imports {unknown}"


def test_every_room_has_one_level_and_every_level_its_rooms():
    named = [name for names in LEVELS for name in names]
    rooms = {room(path) for path in modules()}
    assert len(named) == len(set(named))
    assert rooms <= set(named)
    assert set(named) - rooms <= TO_COME


def test_imports_point_one_way():
    """Rooms of one level know nothing of each other either."""
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    for path in modules():
        here = room(path)
        for name in imports(path):
            package, _, rest = name.partition(".")
            there = rest.partition(".")[0]
            if package != "tpfdash" or there == here:
                continue
            # What the package itself offers comes from any room.
            assert there in level, f"{path} imports {name}: import it from its room"
            assert level[there] < level[here], f"{path} imports {name}"


def test_top_level_holds_the_agreed_names_only():
    ignored = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    names = {path.name for path in ROOT.iterdir()}
    kept = {name for name in names if not any(fnmatch(name, line) for line in ignored)}
    assert kept - {".git"} <= TOP_LEVEL


# The modules that touch private parts of other packages; the tests of each say what they rely on.
PRIVATE = {
    "app/notebook.py",
    "app/release.py",
    "archive/mast.py",
    "cards/widgets.py",
    "server/conceal.py",
    "stamp/blocks.py",
    "views/gestures.py",
}
# Names with an underscore that are public all the same: a named tuple's, and of `os`.
NOT_PRIVATE = {"_replace", "_asdict", "_fields", "_exit"}


def test_private_parts_of_other_packages_stay_where_they_are_tested():
    trees = {path: ast.parse(path.read_text()) for path in (ROOT / "tpfdash").rglob("*.py")}
    nodes = {path: list(ast.walk(tree)) for path, tree in trees.items()}
    ours = set(NOT_PRIVATE)
    for node in (node for some in nodes.values() for node in some):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            ours.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            ours.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            ours.add(node.id)
    for path, some in nodes.items():
        if str(path.relative_to(ROOT / "tpfdash")) in PRIVATE:
            continue
        touched = {node.attr for node in some if isinstance(node, ast.Attribute)}
        touched |= {part for name in imports(path) for part in name.split(".")} - {"tpfdash"}
        private = {name for name in touched - ours if re.match(r"_[a-z]", name)}
        assert not private, f"{path} touches {private}"


def test_nothing_below_the_views_names_a_display_package():
    for path in modules(DISPLAY_FREE):
        shown = {name.partition(".")[0] for name in imports(path)} & DISPLAY
        assert not shown, f"{path} imports {shown}"


def test_importing_everything_below_the_views_loads_no_display():
    names = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in modules(DISPLAY_FREE)
    )
    assert names
    unwanted = DISPLAY | {"lightkurve", "matplotlib"}
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"sys.exit(', '.join({unwanted!r} & sys.modules.keys()) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_version_is_written_once():
    import tpfdash

    assert tpfdash.__version__ == "0.1.0"
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "tpfdash/version.py"
    assert PYPROJECT["project"]["dynamic"] == ["version"]


def test_readme_says_how_to_run_the_tests():
    assert readme_blocks()["Run the tests"] == [
        'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test]" && '
        ".venv/bin/python -m pytest -n 2 --ignore tests/browser --ignore tests/notebook && "
        ".venv/bin/python -m pytest -n 2 --dist loadfile tests/browser tests/notebook"
    ]


def run_ci(folder, readme):
    """A copy of .ci/run, beside a README of its own and a .ci/lowest that only says so."""
    (folder / ".ci").mkdir()
    script = folder / ".ci" / "run"
    text = (ROOT / ".ci" / "run").read_text()
    script.write_text(text.replace("apt-get", ": apt-get"))
    (folder / ".ci" / "lowest").write_text('echo "lowest $1 $TPFDASH_REQUIRE_ALL"')
    (folder / "README.md").write_text(readme)
    (folder.parent / "shared" / "data").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTEST_ADDOPTS": ""}
    command = ["bash", str(script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")


def test_ci_runs_what_the_readme_says(tmp_path):
    """A failure in the README's commands is the last that happens."""
    done = run_ci(
        tmp_path,
        "# A\n```bash\necho wrong\n```\n## Run the tests\nWords.\n\n```bash\n"
        'echo "first $TPFDASH_REQUIRE_ALL"\necho "$TPFDASH_TEST_DATA" && exit 7\n```\n'
        "## After\n```bash\necho wrong\n```\n",
    )
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[-2:] == ["first 1", str(tmp_path.parent / "shared" / "data")]


def test_ci_tries_the_lowest_versions_after_that(tmp_path):
    done = run_ci(tmp_path, '## Run the tests\n```bash\necho "options $PYTEST_ADDOPTS"\n```\n')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["options  -p tests.strict", "lowest test 1"]


def test_lowest_versions_are_the_bounds():
    """One line a requirement of the package and of its unit tests: none has no lower bound."""
    command = [sys.executable, str(ROOT / "tests" / "lowest.py")]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert {line.partition("==")[0] for line in lines} == {
        re.match(r"[\w-]+", entry)[0]
        for entry in PYPROJECT["project"]["dependencies"] + EXTRAS["lightkurve"] + EXTRAS["unit"]
    } - {"tpfdash"}
    assert "bokeh==3.9" in lines  # which has an upper bound too


NGINX = "sudo apt-get update && sudo apt-get install -y nginx-light"


def commands(job):
    """What a job of the workflow runs."""
    return [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]


def test_workflow_runs_what_readme_and_ci_run_on_every_python():
    jobs = WORKFLOW["jobs"]
    pythons = jobs["tests"]["strategy"]["matrix"]["python"]
    assert pythons == ["3.11", "3.12", "3.13"]
    assert PYPROJECT["project"]["requires-python"] == f">={pythons[0]}"

    assert commands("tests") == [NGINX, *readme_blocks()["Run the tests"]]
    assert commands("lowest") == ["bash .ci/lowest"]
    versions = [step["with"]["python-version"] for step in jobs["lowest"]["steps"][1:2]]
    assert versions == pythons[:1]


def test_workflow_tries_what_comes_next_every_week():
    """Pre-releases, those beyond the upper bounds included."""
    triggers = WORKFLOW[True]  # what YAML takes the key "on" for
    (cron,) = (entry["cron"].split() for entry in triggers["schedule"])
    assert cron[2:4] == ["*", "*"] and cron[4] in "0123456"
    nginx, *runs = commands("next")
    assert nginx == NGINX and all("--pre" in run.split() for run in runs[:2])
    bounded = {
        re.match(r"[\w-]+", entry)[0]
        for entry in PYPROJECT["project"]["dependencies"]
        if "<" in entry
    }
    assert bounded and bounded <= set(runs[1].split())
    assert runs[2].endswith("-m pytest")


def test_files_named_in_readme_commands_exist():
    for lines in readme_blocks().values():
        for name in re.findall(r"[\w./-]+\.(?:py|ipynb|yml)\b", "\n".join(lines)):
            assert (ROOT / name).exists(), name


def run_strictly(folder, tests, required=""):
    """The plugin of CI at work on a file of tests."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = browser\n")
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.strict", str(folder)]
    environment = os.environ | {"TPFDASH_REQUIRE_ALL": required, "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("required, code", [("", 0), ("1", 1)])
def test_skipped_tests_fail_where_all_are_required(tmp_path, required, code):
    done = run_strictly(
        tmp_path,
        "import pytest\n\n\ndef test_it():\n    pytest.skip('no data')\n\n\n"
        "@pytest.mark.xfail\ndef test_known():\n    assert 0\n",
        required,
    )
    assert done.returncode == code, done.stdout
    assert ("allows no test to be skipped" in done.stdout) == bool(code)
    assert "1 xfailed" in done.stdout


# Each test fails as often as it is told to, and passes from then on.
FLAKY = """
import collections, pytest
tried = collections.Counter()

@pytest.mark.parametrize("n, failures", list(enumerate({failures})))
def test_it(n, failures):
    tried[n] += 1
    assert tried[n] > failures
"""
# As tests/browser and tests/notebook mark theirs.
MARKING = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.browser)
"""


@pytest.mark.parametrize(
    "conftest, failures, passed, reruns",
    [(MARKING, [2, 0, 1], 3, 3), (MARKING, [3], 0, 2), (MARKING, [1] * 7, 6, 6), ("", [1], 0, 0)],
    ids=["twice", "thrice", "seven tests", "no browser"],
)
def test_only_what_drives_a_browser_is_tried_again(tmp_path, conftest, failures, passed, reruns):
    """And no more than six times in all; which it was is listed."""
    (tmp_path / "conftest.py").write_text(conftest)
    done = run_strictly(tmp_path, FLAKY.format(failures=failures))
    assert done.returncode == (passed < len(failures)), done.stdout
    assert not passed or f"{passed} passed" in done.stdout
    assert ("rerun test summary info" in done.stdout) == bool(reruns)
    assert not reruns or f"{reruns} rerun" in done.stdout


def test_style():
    """`ruff check` and `ruff format --check` have nothing to say."""
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "."]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_types():
    """mypy has nothing to say of any room without a display, and other people's mypy reads them."""
    assert (ROOT / "tpfdash" / "py.typed").exists()
    settings = PYPROJECT["tool"]["mypy"]
    left_out = {
        room(path)
        for path in modules()
        if re.search(settings["exclude"], path.relative_to(ROOT).as_posix())
    }
    assert settings["packages"] == ["tpfdash"]
    assert left_out == {room(path) for path in modules()} - DISPLAY_FREE
    command = [sys.executable, "-m", "mypy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
