"""Damaged target pixel files, thousands of them: each gives one clear error, or a picture.

`python -m tests.fuzzing --cases 5000 --seed 1`; each case that fails says how to see it again.
"""
