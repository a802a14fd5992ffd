"""Many files: what the events of each are, by all processors of a machine or a cluster."""

from __future__ import annotations

from tpfdash.diagnosis.bulk.run import diagnose_many

__all__ = ["diagnose_many"]
