"""Archives: finding and fetching files, stars, and the cache that fetched files are kept in.

Nothing here knows of an Inspector or of a display. Nothing is asked of the network, and neither
astroquery nor pyvo is imported, before a search, a download or a query for stars starts.
"""
