"""The state of a walk through many files' events: which are in the table, which is in hand.

And what was said of them, with undo. The results themselves, and what is kept of the words, are
`tpfdash.diagnosis.bulk`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import param

from tpfdash.diagnosis.bulk.agreement import BY_CODE, GROUPS, Agreement, agreement, binned
from tpfdash.diagnosis.bulk.joined import joined_table, judgements_on, table_bytes
from tpfdash.diagnosis.bulk.judged import WORDS, Judged, Judgement, judged_path
from tpfdash.diagnosis.bulk.results import CODES, Results
from tpfdash.errors import TPFError
from tpfdash.inspector.derived import derived, follows
from tpfdash.inspector.params import Choice

__all__ = ["ORDERS", "PAGE", "SAID", "VERDICTS", "Walk"]

#: Rows of a page of the table.
PAGE = 25
#: What `verdict` may be, by which some rows are chosen: groups of verdicts, verdicts, errors.
VERDICTS = ("all", "elsewhere", "artefact", *CODES, "error")
#: What `said` may be.
SAID = ("all", "not judged", "judged", *(word for word in WORDS if word), "agree", "disagree")
_WORD_CODES = {word: code for code, word in enumerate(WORDS)}
#: The group that each word stands for; -1: none.
_GROUP_OF_WORD = np.array([GROUPS.index(w) if w in GROUPS else -1 for w in WORDS], dtype=np.int8)


def _number(walk: Walk, name: str) -> np.ndarray:
    return walk.results.numbers[name]


def _text(walk: Walk, name: str) -> np.ndarray:
    """Each row's place in the order of a text of its file."""
    texts = np.array(walk.results.texts(name), dtype=str)
    ranks = np.unique(np.char.lower(texts), return_inverse=True)[1] if texts.size else texts
    return np.asarray(ranks).reshape(-1)[walk.results.file]


#: What the table may be sorted by -> the numbers to sort.
ORDERS: dict[str, Callable[[Walk], np.ndarray]] = {
    "target": lambda walk: _text(walk, "object"),
    "mission": lambda walk: _text(walk, "mission"),
    "time": lambda walk: _number(walk, "time"),
    "verdict": lambda walk: np.where(walk.results.verdict < 0, np.nan, walk.results.verdict),
    "confidence": lambda walk: _number(walk, "confidence"),
    "snr": lambda walk: _number(walk, "snr"),
    "depth": lambda walk: _number(walk, "depth_ppm"),
    "duration": lambda walk: _number(walk, "duration"),
    "offset": lambda walk: _number(walk, "offset_sigma"),
    "word": lambda walk: np.where(walk.words == 0, np.nan, walk.words),
    "note": lambda walk: walk.noted,
}


class Walk(param.Parameterized):
    """A walk through the events in a file of results.

    Parameters
    ----------
    results : Results
        May be that of other walks too.
    judged : Judged, optional
        Likewise. Default: what is kept beside the results.

    Attributes
    ----------
    results : Results
    judged : Judged

    Raises
    ------
    TPFError
        Where what is kept cannot be read.
    """

    order = Choice(
        default="",
        objects=["", *(f"{sign}{name}" for name in ORDERS for sign in ("", "-"))],
        doc='What the table is sorted by, with a minus from the highest down; "": as in the file.',
    )
    verdict = Choice(
        default="all",
        objects=list(VERDICTS),
        doc="Events of which verdict; of a file with an error there is no event.",
    )
    said = Choice(default="all", objects=list(SAID), doc="Events of which word of a person.")
    mission = param.String("", doc='Events of which mission; "": of all.')
    snr_from = param.Number(None, allow_None=True, doc="Events of this S/N or more.")
    snr_to = param.Number(None, allow_None=True, doc="Events of less than this S/N.")
    text = param.String("", doc="Events whose target or file has these letters in its name.")
    row = param.Integer(-1, doc="The event in hand; -1: none.")
    page = param.Integer(0, bounds=(0, None), doc="The page of the table in sight, from 0.")
    who = param.String("", doc="The name that goes with what is said.")
    version = param.Integer(0, doc="Goes up whenever there are more results.")
    opinions = param.Integer(0, doc="Goes up whenever more was said.")

    results: Results
    judged: Judged

    def __init__(self, results: Results, judged: Judged | None = None, **params: Any):
        self.results = results
        self.judged = Judged(judged_path(results.path)) if judged is None else judged
        self._undo: list[tuple[int, str, str]] = []
        self._order = ""  # the order that the table has
        self._position = 0  # of the row in hand among `rows`, or where it was
        super().__init__(**params)
        self._order = self.order
        self._hear(None)
        if self.row < 0 and len(self.rows):
            self.row = int(self.rows[0])

    # -- what is said -----------------------------------------------------------------------------

    def _hear(self, source: str | None) -> None:
        """Take in what is said of the events of a file, or of all."""
        if source is None:
            self._said: dict[int, Judgement] = {}
            self._words = np.zeros(len(self.results), dtype=np.int8)
        rows = self.results.rows_of(source) if source is not None else range(0)
        for row in rows:
            self._said.pop(row, None)
            self._words[row] = 0
        found = judgements_on(self.results, self.judged, None if source is None else [source])
        self._said |= found
        for row, judgement in found.items():
            self._words[row] = _WORD_CODES[judgement.word]
        self._heard = self.judged.version, self.results.version
        self.opinions += 1

    @property
    @follows("opinions", "version")
    def words(self) -> np.ndarray:
        """The number of each row's word in `WORDS`: int8 array (rows,), 0 where there is none."""
        return self._words

    @property
    @follows("opinions", "version")
    def noted(self) -> np.ndarray:
        """1 for each row with a note, else NaN: float64 array (rows,)."""
        made = np.full(len(self.results), np.nan)
        made[[row for row, one in self._said.items() if one.note]] = 1
        return made

    def judgement(self, row: int) -> Judgement:
        """What is said of a row."""
        return self._said.get(row, Judgement())

    def judge(self, word: str) -> None:
        """Say what the event in hand is, and go on to the next one of the table.

        Parameters
        ----------
        word : str
            One of `WORDS`; "" takes back what was said, and stays.

        Raises
        ------
        TPFError
            Where no event is in hand, on another word, and where it cannot be kept.
        """
        following = self._following() if word else None
        self.say(self._in_hand(), word=word)
        if following is not None:
            self.row = following
        else:
            self._place()

    def note(self, text: str) -> None:
        """Write a note on the row in hand; raises as `judge` does."""
        self.say(self._in_hand(), note=text)

    def say(self, row: int, *, word: str | None = None, note: str | None = None) -> None:
        """Say something of a row; it can be undone. Raises as `judge` does."""
        before = self.judgement(row)
        word = None if word == before.word else word
        note = None if note == before.note else note
        if word is None and note is None:
            return
        self._keep(row, word, note)
        self._undo.append((row, before.word, before.note))

    def undo(self) -> None:
        """Take back what was last said here, and go to that row; does nothing without any."""
        if self._undo:
            row, word, note = self._undo[-1]
            now = self.judgement(row)
            self._keep(row, None if word == now.word else word, None if note == now.note else note)
            del self._undo[-1]
            self.row = row
            self._place()

    def _keep(self, row: int, word: str | None, note: str | None) -> None:
        source = self.results.text("source", row)
        self.judged.say(source, self.results.window(row), word=word, note=note, who=self.who)
        if self._heard == (self.judged.version - 1, self.results.version):
            self._hear(source)
        else:  # others have said something too, or read more
            self.catch_up()

    def _in_hand(self) -> int:
        if not 0 <= self.row < len(self.results):
            raise TPFError("no event is in hand: one of the table should be chosen.")
        return self.row

    # -- which rows -------------------------------------------------------------------------------

    @derived("verdict", "said", "mission", "snr_from", "snr_to", "text", "opinions", "version")
    def _chosen(self) -> np.ndarray:
        """Which rows the filters leave: bool array (rows,)."""
        results = self.results
        chosen = (results.verdict < 0) == (self.verdict == "error")
        if self.verdict in GROUPS:
            chosen &= self._groups == GROUPS.index(self.verdict)
        elif self.verdict in CODES:
            chosen &= results.verdict == CODES[self.verdict]
        if self.said != "all":
            chosen &= self._of_word()
        for ends, low in ((self.snr_from, True), (self.snr_to, False)):
            if ends is not None:
                snr = results.numbers["snr"]
                chosen &= snr >= ends if low else snr < ends
        if self.mission:
            chosen &= self._of_files(
                lambda number: results.texts("mission")[number] == self.mission
            )
        if self.text.strip():
            letters = self.text.strip().lower()
            names = results.texts("object"), results.texts("source")
            chosen &= self._of_files(lambda n: any(letters in each[n].lower() for each in names))
        return chosen

    def _of_files(self, is_one: Callable[[int], bool]) -> np.ndarray:
        """Which rows are of files that something holds for."""
        return np.array([is_one(n) for n in range(self.results.files)], dtype=bool)[
            self.results.file
        ]

    def _of_word(self) -> np.ndarray:
        events = self.results.verdict >= 0
        if self.said in ("agree", "disagree"):
            by_word = _GROUP_OF_WORD[self.words]
            both = events & (by_word >= 0) & (self._groups >= 0)
            return both & ((by_word == self._groups) == (self.said == "agree"))
        if self.said in ("judged", "not judged"):
            return events & ((self.words > 0) == (self.said == "judged"))
        return self.words == _WORD_CODES[self.said]

    @property
    def _groups(self) -> np.ndarray:
        """The group of each row's verdict; -1 of errors and of what is inconclusive."""
        return np.where(self.results.verdict < 0, -1, BY_CODE[self.results.verdict])

    @derived("_chosen", "order", "_sorted_by")
    def rows(self) -> np.ndarray:
        """The rows of the table, filtered and sorted: int array. What is not known comes last."""
        rows = np.flatnonzero(self._chosen)
        name = self.order.lstrip("-")
        if name not in ORDERS:
            return rows
        keys = ORDERS[name](self)[rows].astype(np.float64)
        down = self.order.startswith("-")
        return rows[np.lexsort((rows, -keys if down else keys, np.isnan(keys)))]

    @property
    @follows("order", "opinions")
    def _sorted_by(self) -> int:
        """What a new word changes in the order: nothing, where that is not by words or notes."""
        return self.opinions if self.order.lstrip("-") in ("word", "note") else 0

    @property
    def missions(self) -> list[str]:
        """Those that there are."""
        return sorted({mission for mission in self.results.texts("mission") if mission})

    # -- walking ----------------------------------------------------------------------------------

    @property
    @follows("rows", "page")
    def page_rows(self) -> list[int]:
        """The rows of the page in sight."""
        return self.rows[self.page * PAGE : (self.page + 1) * PAGE].tolist()

    @property
    def pages(self) -> int:
        """How many pages the table has: one at least."""
        return max(-(-len(self.rows) // PAGE), 1)

    @property
    def position(self) -> int:
        """Where the row in hand is in the table, from 0; -1: it is not in it."""
        found = np.flatnonzero(self.rows == self.row)
        return int(found[0]) if found.size else -1

    def step(self, by: int) -> None:
        """Take the row so many further on in the table in hand, or the last there is."""
        if not len(self.rows):
            return
        here = self.position
        if here < 0:  # it is in the table no more: from where it was
            here = self._position - (by > 0)
        self.row = int(self.rows[np.clip(here + by, 0, len(self.rows) - 1)])

    def turn(self, by: int) -> None:
        """Turn so many pages on, with the first row of the page in hand."""
        page = int(np.clip(self.page + by, 0, self.pages - 1))
        if page != self.page:
            self.row = int(self.rows[page * PAGE])

    def _following(self) -> int | None:
        """The row after the one in hand; None at the end of the table."""
        here = self.position
        here = self._position - 1 if here < 0 else here
        return int(self.rows[here + 1]) if here + 1 < len(self.rows) else None

    @param.depends("row", watch=True)
    def _place(self) -> None:
        """Have the page in sight that the row in hand is on."""
        here = self.position
        if here >= 0:
            self._position = here
        self.page = here // PAGE if here >= 0 else min(self.page, self.pages - 1)

    @param.depends(
        *("order", "verdict", "said", "mission", "snr_from", "snr_to", "text"), watch=True
    )
    def _begin(self) -> None:
        """After another choice: the row in hand if the filters leave it, else the first one.

        In another order a walk begins with the first one.
        """
        self.catch_up()
        sorted_anew = self.order != self._order
        self._order = self.order
        if (self.position < 0 or sorted_anew) and len(self.rows):
            self.row = int(self.rows[0])
        self._place()

    # -- more -------------------------------------------------------------------------------------

    def read_again(self) -> None:
        """Take in what has been written since: results, and what others said."""
        self.results.update()
        self.judged.update()
        self.catch_up()

    def catch_up(self) -> None:
        """Take in what is known already to the results and judgements, by whoever asked."""
        if self._heard == (self.judged.version, self.results.version):
            return
        fewer = len(self.results) < len(self._words)
        with param.parameterized.batch_call_watchers(self):
            self._hear(None)
            self.version = self.results.version
        if fewer or not 0 <= self.row < len(self.results):
            self._undo.clear()  # rows are others by now
            self.row = int(self.rows[0]) if len(self.rows) else -1
        self._place()

    @derived("opinions", "version")
    def agreement(self) -> dict[str, Agreement]:
        """By what -> how far words and verdicts agree: "all", each mission, each bin of S/N."""
        results = self.results
        rows = np.flatnonzero((self.words > 0) & (results.verdict >= 0))
        words = np.array(list(WORDS))[self.words[rows]]
        groups = self._groups[rows]
        made = {"all": agreement(words, groups)}
        missions = np.array([results.text("mission", int(row)) for row in rows])
        for name in sorted(set(missions.tolist())):
            made[name or "no mission"] = agreement(
                words[missions == name], groups[missions == name]
            )
        for name, inside in binned(results.numbers["snr"][rows]):
            if inside.any():
                made[f"S/N {name}"] = agreement(words[inside], groups[inside])
        return made

    def saving(self, format: str, only: bool = False) -> Callable[[], bytes]:
        """What gives results and words, as they are now, as the contents of a file.

        It reads all the records that it needs, which takes its time, and may do so in a thread.

        Parameters
        ----------
        format : {"csv", "ecsv", "json"}
        only : bool
            Whether only the rows of the table, in its order.

        Returns
        -------
        callable
            -> bytes; raises TPFError on another format, and where the results cannot be read.
        """
        results, said = self.results, dict(self._said)
        rows = self.rows.tolist() if only else range(len(results))
        return lambda: table_bytes(joined_table(results, said, rows), format)
