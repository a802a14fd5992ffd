"""Every kind of event, by name.

What lives here: the table. The kinds themselves are `tpfdash.simulate.stars` and `.artefacts`.
"""

from __future__ import annotations

from types import MappingProxyType

from tpfdash.simulate import artefacts, stars

__all__ = ["KINDS"]

#: Name -> class.
KINDS = MappingProxyType(
    {name: getattr(stars, name) for name in ("Transit", "Eclipse", "Flare", "Pulsation")}
    | {name: getattr(artefacts, name) for name in artefacts.__all__}
)
