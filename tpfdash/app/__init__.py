"""The cards put together: the dashboard, the page around it, the notebook, the report."""
