"""An archive of our own on this machine, for tests: it speaks MAST's protocol, faults included.

    with ArchiveServer() as server:
        server.names["HL Tau"] = (67.9, 18.2)
        server.add(path, name="ktwo247589423-c13_lpd-targ.fits.gz", ra=67.9, dec=18.2)
        server.fault("file", "truncated")
        # TPFDASH_MAST=server.url

What it can hold is archive_holdings.py. Its answers have the fields and types of real ones
(`astroquery/mast/tests/data`). `services` takes more services of the portal (TIC cone ...),
`routes` more addresses (`/tap/sync` ...).
"""

from __future__ import annotations

import io
import json
import math
import threading
import zipfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tests.archive_holdings import Holding, hold

MAINTENANCE = b"<!DOCTYPE html>\n<html><body><h1>MAST is down for maintenance</h1></body></html>"
#: Steps of a search that faults can be put on, by the service or the path that they ask.
STEPS = {
    "Mast.Name.Lookup": "name",
    "Mast.Caom.Filtered": "observations",
    "Mast.Caom.Filtered.Position": "observations",
    "Mast.Caom.Products": "products",
    "/tesscut/api/v0.1/sector": "sector",
    "/tesscut/api/v0.1/astrocut": "astrocut",
    "/api/v0.1/Download/file": "file",
    "/portal/Mashup/Mashup.asmx/columnsconfig": "columns",
}


@dataclass
class Fault:
    """What goes wrong with the next answers of a step."""

    kind: str
    times: float
    options: dict = field(default_factory=dict)


class ArchiveServer:
    """The archive: what it holds, whom it knows, what goes wrong, what it was asked."""

    def __init__(self):
        self.holdings: list[Holding] = []
        self.names: dict[str, tuple[float, float]] = {}
        #: (ra, dec, sector, path of a cutout, its name)
        self.cutouts: list[tuple[float, float, int, Path, str]] = []
        #: Service of the portal -> a function from its parameters to rows.
        self.services = {
            "Mast.Caom.Filtered": self._filtered,
            "Mast.Caom.Filtered.Position": self._filtered,
            "Mast.Caom.Products": self._products,
        }
        #: Path -> a function from (method, query, body) to (status, content type, bytes).
        self.routes = {}
        #: (step, what was asked) of each request.
        self.requests: list[tuple[str, object]] = []
        self.page = None  # rows of one page, where the archive is to have pages of its own
        self._faults = defaultdict(list)
        self._released = threading.Event()
        self._lock = threading.Lock()
        archive = self

        class Handler(_Handler):
            server_archive = archive

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, path, name=None, *, ra=0.0, dec=0.0, **more):
        """Hold a target pixel file; what it is follows from the name that it has there."""
        holding = hold(Path(path), name or Path(path).name, ra, dec, 1000 + len(self.holdings))
        for key, value in more.items():
            setattr(holding, key, value)
        self.holdings.append(holding)
        return holding

    def add_cutout(self, path, name=None, *, ra, dec, sector):
        self.cutouts.append((ra, dec, sector, Path(path), name or Path(path).name))

    def fault(self, step, kind, times=math.inf, **options):
        """Let the next `times` answers of a step go wrong.

        Kinds: slow (seconds=), dribble (pieces of size=, seconds= apart), status (code=,
        retry_after=), html, nothing, text (body=), drop, truncated, broken (the same, with a length
        that fits), long_length, short_length, no_length, executing, error (msg=), empty, without
        (fields=), none (name= of a cutout in its zip).
        """
        self._faults[step].append(Fault(kind, times, options))

    def mend(self):
        """Nothing goes wrong any more."""
        self._faults.clear()

    def asked(self, step):
        """What a step was asked, each time."""
        return [what for name, what in self.requests if name == step]

    def next_fault(self, step):
        with self._lock:
            for fault in self._faults[step]:
                if fault.times > 0:
                    fault.times -= 1
                    return fault
        return Fault("none", 0)

    def sleep(self, seconds):
        """As long as a test goes on, and no longer."""
        self._released.wait(seconds)

    def _filtered(self, params):
        rows = [one.observation for one in self.holdings]
        for each in params["filters"]:
            values = {str(value) for value in each["values"]}
            rows = [row for row in rows if str(row[each["paramName"]]) in values]
        if "position" in params:
            ra, dec, radius = (float(part) for part in params["position"].split(","))
            for row in rows:
                row["distance"] = 3600 * _apart(ra, dec, row["s_ra"], row["s_dec"])
            rows = [row for row in rows if row["distance"] <= 3600 * radius]
        return list({row["obsid"]: row for row in rows}.values())

    def _products(self, params):
        wanted = str(params["obsid"]).split(",")
        found = [one.product for one in self.holdings if str(one.obsid) in wanted]
        for one in list(found):  # what else an observation has
            light = one | {"productFilename": one["productFilename"].replace("tp.", "lc.")}
            light["productFilename"] = light["productFilename"].replace("lpd-targ", "llc")
            light["dataURI"] = f"{one['dataURI'].rpartition('/')[0]}/{light['productFilename']}"
            found.append(
                light | {"productSubGroupDescription": "LLC", "description": "Light curve"}
            )
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_archive: ArchiveServer

    def log_message(self, *message):
        pass

    def handle(self):
        with suppress(ConnectionError):  # of who went away
            super().handle()

    def do_GET(self):
        self._answer("GET", b"")

    def do_POST(self):
        self._answer("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, method, body):
        archive = self.server_archive
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        form = {key: values[0] for key, values in parse_qs(body.decode("utf-8", "replace")).items()}
        if parts.path in archive.routes:
            archive.requests.append((parts.path, query | form))
            self._send(*archive.routes[parts.path](method, query, body))
            return
        if parts.path == "/api/v0/invoke" and method == "POST":
            assert body.startswith(b"request=%7B"), body[:50]
            asked = json.loads(unquote(body.decode().partition("=")[2]))
            step = STEPS.get(asked["service"], asked["service"])
            archive.requests.append((step, asked))
            self._invoked(step, asked, archive.next_fault(step))
            return
        step = STEPS.get(parts.path)
        archive.requests.append((step or parts.path, query | form))
        fault = archive.next_fault(step)
        if step == "file" and method == "GET":
            held = next((one for one in archive.holdings if one.uri == query.get("uri")), None)
            if held is None:
                self._send(404, "text/html", b"<html>not found</html>")
            else:
                self._send(200, "application/fits", held.path.read_bytes(), fault)
        elif step == "sector" and method == "POST":
            found = [
                {"sectorName": name[:16], "sector": f"{sector:04d}", "camera": "1", "ccd": "3"}
                for ra, dec, sector, _, name in archive.cutouts
                if _apart(ra, dec, float(form["ra"]), float(form["dec"])) < 0.05
            ]
            answer = {"results": found}
            if fault.kind == "empty":
                answer = {"results": []}
            self._json(answer, fault)
        elif step == "astrocut" and method == "GET":
            self._cutout(query, fault)
        elif step == "columns":
            self._json({"obsid": {"text": "Product Group ID"}}, fault)
        else:
            self._send(404, "text/html", b"<html>not found</html>")

    def _invoked(self, step, asked, fault):
        archive = self.server_archive
        if fault.kind == "executing":
            self._json({"status": "EXECUTING", "msg": ""})
            return
        if fault.kind == "error":
            msg = fault.options.get("msg", "Query timed out on the server")
            self._json({"status": "ERROR", "msg": msg, "data": []})
            return
        if step == "name":
            known = {name.lower(): place for name, place in archive.names.items()}
            name = asked["params"]["input"]
            rows = [
                {
                    "searchString": name.lower(),
                    "resolver": "SIMBAD",
                    "canonicalName": name,
                    "ra": known[name.lower()][0],
                    "decl": known[name.lower()][1],
                }
                for _ in range(name.lower() in known and fault.kind != "empty")
            ]
            self._json({"resolvedCoordinate": rows, "status": ""}, fault)
            return
        rows = archive.services[asked["service"]](asked["params"])
        if fault.kind == "empty":
            rows = []
        if fault.kind == "without":
            rows = [
                {key: value for key, value in row.items() if key not in fault.options["fields"]}
                for row in rows
            ]
        size = archive.page or asked["pagesize"]
        pages = max(1, -(-len(rows) // size))
        some = rows[(asked["page"] - 1) * size : asked["page"] * size]
        answer = {
            "status": "COMPLETE",
            "msg": "",
            "fields": [{"name": key, "type": "string"} for key in (rows[0] if rows else ())],
            "data": some,
            "paging": {
                "page": asked["page"],
                "pageSize": size,
                "pagesFiltered": pages,
                "rows": len(some),
                "rowsFiltered": len(rows),
                "rowsTotal": len(rows),
            },
        }
        if fault.kind == "without" and "paging" in fault.options["fields"]:
            del answer["paging"], answer["fields"]
        self._json(answer, fault)

    def _cutout(self, query, fault):
        archive = self.server_archive
        for ra, dec, sector, path, name in archive.cutouts:
            near = _apart(ra, dec, float(query["ra"]), float(query["dec"])) < 0.05
            if near and sector == int(query["sector"]) and query["units"] == "px":
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w") as file:
                    file.writestr(fault.options.get("name", name), path.read_bytes())
                self._send(200, "application/zip", packed.getvalue(), fault)
                return
        self._json({"msg": "The given place is not on any image of this sector.", "results": []})

    def _json(self, answer, fault=Fault("none", 0)):  # noqa: B008
        self._send(200, "application/json", json.dumps(answer).encode(), fault)

    def _send(self, status, kind, body, fault=Fault("none", 0)):  # noqa: B008
        archive, options = self.server_archive, fault.options
        length, headers = len(body), {}
        if fault.kind == "slow":
            archive.sleep(options["seconds"])
        elif fault.kind == "status":
            status, body = options["code"], b"<html>unwell</html>"
            length = len(body)
            if "retry_after" in options:
                headers["Retry-After"] = str(options["retry_after"])
        elif fault.kind == "html":
            kind, body, length = "text/html", MAINTENANCE, len(MAINTENANCE)
        elif fault.kind == "nothing":
            body, length = b"", 0
        elif fault.kind == "text":
            body = options.get("body", b"null")
            length = len(body)
        elif fault.kind == "truncated":
            body = body[: len(body) // 2]
        elif fault.kind == "broken":
            body = body[: len(body) // 2]
            length = len(body)
        elif fault.kind == "long_length":
            length = len(body) + 1000
        elif fault.kind == "short_length":
            length = len(body) - 4000
        if fault.kind == "drop":
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if fault.kind == "no_length":
            headers["Connection"] = "close"
        else:
            self.send_header("Content-Length", str(length))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        if fault.kind == "dribble":
            size = options.get("size", 1000)
            for start in range(0, len(body), size):
                self.wfile.write(body[start : start + size])
                archive.sleep(options["seconds"])
        else:
            self.wfile.write(body)
        if length != len(body) or "Connection" in headers:
            self.close_connection = True


def _apart(ra, dec, ra2, dec2):
    """Degrees between two places that are close."""
    across = (ra - ra2 + 180) % 360 - 180
    return math.hypot(across * math.cos(math.radians(dec)), dec - dec2)
