"""What happens in a light curve: dips, brightenings, steps and single cadences that stand out.

`find` is the way in, and `measure` that for windows of one's own. `series` puts the cadences on an
even grid, `motion` takes the pointing off, `noise` says what they weigh, and `weighed` puts that
together; `filters` measure, `scale` says what S/N that is, `search` decides what is an event,
`shapes` what it looks like, by `templates`; and `found` is the answer.
"""
