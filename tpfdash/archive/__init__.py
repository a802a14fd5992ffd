"""Archives: finding and fetching files, stars, and the cache that fetched files are kept in.

Nothing here knows of an Inspector or of a display. Nothing is asked of the network, and neither
astroquery nor pyvo is imported, before a search, a download or a query for stars starts.
"""

from tpfdash.archive.fetch import fetch
from tpfdash.archive.results import SearchResult
from tpfdash.archive.search import search, search_targetpixelfile, search_tesscut
from tpfdash.archive.stages import Cancelled

__all__ = [
    "Cancelled",
    "SearchResult",
    "fetch",
    "search",
    "search_targetpixelfile",
    "search_tesscut",
]
