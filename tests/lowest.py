"""Print the lowest versions that pyproject.toml allows, as constraints for pip.

    python tests/lowest.py > lowest.txt && pip install --constraint lowest.txt -e ".[unit]"

The bounds are written in pyproject.toml alone; tests in such an environment show whether they are
true.
"""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def lowest(requirements: list[str]) -> list[str]:
    """ "name>=1.2,<3" -> "name==1.2"; what has no lower bound is left to pip."""
    found = (re.match(r"([\w.-]+)(?:\[.*?\])?.*?>=\s*([\w.]+)", entry) for entry in requirements)
    return [f"{match[1]}=={match[2]}" for match in found if match]


if __name__ == "__main__":
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["lightkurve"] + extras["unit"]
    print("\n".join(lowest(wanted)))
