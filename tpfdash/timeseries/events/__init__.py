"""What happens in a light curve: dips, brightenings, steps and single cadences that stand out.

`find` is the way in; `series` puts cadences on an even grid, `motion` takes the pointing off,
`filters` and `noise` measure, `search` decides what is an event, `shapes` what it looks like, and
`found` is the answer.
"""
