"""The project as a whole: its packaging, its imports, its README, its style."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text())

# Each module or package may import those of lower levels, and its own.
LEVELS = [
    {"errors", "version"},
    {"missions"},
    {"stamp"},
    {"io", "photometry", "simulate"},
    {"engine", "timeseries"},
    {"diagnosis"},
    {"inspector"},
    {"views"},
    {"cards"},
    {"app"},
    {"server"},
    {"__main__"},
]
DISPLAY_FREE = set().union(*LEVELS[: LEVELS.index({"views"})])
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
    assert "test" in PYPROJECT["project"]["optional-dependencies"]


def test_every_package_imported_is_a_dependency():
    named = {
        re.match(r"[\w-]+", entry)[0].replace("-", "_")
        for entry in PYPROJECT["project"]["dependencies"]
    }
    optional = {"lightkurve"}
    for path in (ROOT / "tpfdash").rglob("*.py"):
        used = {name.partition(".")[0] for name in imports(path)}
        unknown = used - named - optional - set(sys.stdlib_module_names) - {"tpfdash", "tornado"}
        assert not unknown, f"{path} imports {unknown}"


def test_imports_point_one_way():
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    for path in modules():
        here = room(path)
        assert here in level, f"give {here} its level"
        for name in imports(path):
            if not name.startswith("tpfdash."):
                continue
            there = name.split(".")[1]
            if there in level and there != here:
                assert level[there] < level[here], f"{path} imports {name}"


# The modules that touch private parts of other packages; the tests of each say what they rely on.
PRIVATE = {"app/notebook.py", "cards/widgets.py", "stamp/blocks.py", "views/gestures.py"}
# Names with an underscore that are public all the same: a named tuple's.
NOT_PRIVATE = {"_replace", "_asdict", "_fields"}


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
        ".venv/bin/python -m pytest"
    ]


def test_ci_runs_what_the_readme_says(tmp_path):
    """A copy of .ci/run beside a README of its own evaluates that README's commands."""
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    text = (ROOT / ".ci" / "run").read_text()
    script.write_text(text.replace("apt-get", ": apt-get"))
    (tmp_path / "README.md").write_text(
        "# A\n```bash\necho wrong\n```\n## Run the tests\nWords.\n\n```bash\n"
        'echo "first $TPFDASH_REQUIRE_ALL"\necho "$TPFDASH_TEST_DATA" && exit 7\n```\n'
        "## After\n```bash\necho wrong\n```\n"
    )
    (tmp_path.parent / "shared" / "data").mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, cwd="/")
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[-2:] == ["first 1", str(tmp_path.parent / "shared" / "data")]


def test_files_named_in_readme_commands_exist():
    for lines in readme_blocks().values():
        for name in re.findall(r"[\w./-]+\.(?:py|ipynb|yml)\b", "\n".join(lines)):
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("required, code", [("", 0), ("1", 1)])
def test_skipped_tests_fail_where_all_are_required(tmp_path, required, code):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n\ndef test_it():\n    pytest.skip('no data')\n\n\n"
        "@pytest.mark.xfail\ndef test_known():\n    assert 0\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.strict", str(tmp_path)]
    environment = os.environ | {"TPFDASH_REQUIRE_ALL": required, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout
    assert ("allows no test to be skipped" in done.stdout) == bool(code)
    assert "1 xfailed" in done.stdout


def test_style():
    """`ruff check` and `ruff format --check` have nothing to say."""
    for arguments in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *arguments, "."]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
