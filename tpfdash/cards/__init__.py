"""The parts of the page: a view with the controls that belong to it, one file a part.

A card is made from an Inspector and put on the page by `tpfdash.app.dashboard`; it listens to the
Inspector's params and calls its methods, and knows no other card.
"""
