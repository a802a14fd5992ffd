"""Many files: what the events of each are, by all processors of a machine or a cluster.

And what people say of them afterwards: `judged_table` joins the two.
"""

from __future__ import annotations

from tpfdash.diagnosis.bulk.joined import judged_table
from tpfdash.diagnosis.bulk.run import diagnose_many

__all__ = ["diagnose_many", "judged_table"]
