"""The only place that changes money state: one function for each kind of snapshot."""
