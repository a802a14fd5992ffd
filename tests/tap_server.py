"""A server of stars of our own: TAP (sync), the TIC's part of MAST, SkyBoT, and their faults."""

import io
import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io.votable import from_table
from astropy.io.votable.tree import Info

CONE = re.compile(
    r"POINT\('ICRS',\s*(\w+),\s*(\w+)\),\s*CIRCLE\('ICRS',\s*([-\d.]+),\s*([-\d.]+),\s*([-\d.]+)\)"
)


class StarServer:
    """What it serves and how it fails can be changed between requests.

    tables: name in FROM -> astropy Table. faults: path -> one of "error", "overflow", "empty",
    "broken", "html", "hang", "drip", "503". tic: rows of the TIC. skybot: a VOTable's bytes.
    raw: path -> bytes to answer with whatever is asked. executing: so often the TIC is not done.
    asked: (path, form) of each request.
    """

    def __init__(self):
        self.tables, self.faults, self.tic, self.skybot = {}, {}, [], b""
        self.asked, self.raw = [], {}
        self.executing = 0
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                outer._handle(self, {k: v[0] for k, v in parse_qs(body).items()})

            def do_GET(self):
                query = urlsplit(self.path).query
                outer._handle(self, {k: v[0] for k, v in parse_qs(query).items()})

            def log_message(self, *args):
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args):
                pass  # a client that went away

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def queries(self):
        return [form["QUERY"] for _, form in self.asked if "QUERY" in form]

    def _handle(self, request, form):
        path = urlsplit(request.path).path
        self.asked.append((path, form))
        fault = self.faults.get(path)
        if fault == "hang":
            self.closing.wait(20)
            return
        if fault == "503":
            return self._send(request, 503, "text/html", b"<h1>busy</h1>", {"Retry-After": "0"})
        if fault == "html":
            return self._send(request, 200, "text/html", b"<html>down for maintenance</html>")
        if path in self.raw:
            body = self.raw[path]
        elif path.endswith("/sync"):
            body = self._tap(form, fault)
        elif path == "/api/v0/invoke":
            body = self._mast(form, fault)
        elif path.endswith("skybotconesearch_query.php"):
            body = self.skybot
        else:
            return self._send(request, 404, "text/plain", b"nothing here")
        if fault == "broken":
            body = body[: len(body) // 2]
        if fault == "drip":
            return self._drip(request, body)
        status = 400 if fault == "error 400" else 200
        self._send(request, status, "application/x-votable+xml", body)

    def _send(self, request, status, kind, body, headers=()):
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        for name, value in dict(headers).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def _drip(self, request, body):
        request.send_response(200)
        request.send_header("Content-Type", "text/xml")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        for n in range(len(body)):
            request.wfile.write(body[n : n + 1])
            request.wfile.flush()
            if self.closing.wait(0.05):
                return

    def _tap(self, form, fault):
        assert form["REQUEST"] == "doQuery" and form["LANG"] == "ADQL"
        query = form["QUERY"]
        name = re.search(r"FROM\s+(\S+)", query)[1]
        if fault in ("error", "error 400") or name not in self.tables:
            return votable_bytes(None, "ERROR", f"Cannot resolve the table {name}")
        table = self.tables[name]
        if CONE.search(query) is None:
            return self._rows(table, query, fault)
        ra, dec, *cone = CONE.search(query).groups()
        ra0, dec0, radius = map(float, cone)
        away = SkyCoord(table[ra], table[dec], unit="deg").separation(
            SkyCoord(ra0, dec0, unit="deg")
        )
        keep = away <= radius * u.deg
        if limit := re.search(r"AND (\w+) <= ([-\d.]+)", query):
            keep &= np.asarray(table[limit[1]]) <= float(limit[2])
        found = table[keep]
        if order := re.search(r"ORDER BY (\w+)", query):
            found.sort(order[1])
        found = found[: int(re.search(r"TOP (\d+)", query)[1])]
        columns = re.search(r"SELECT TOP \d+ (.*?) FROM", query)[1]
        if columns != "*":
            names = [each.strip() for each in columns.split(",")]
            if missing := set(names) - set(found.colnames):
                return votable_bytes(None, "ERROR", f"Unknown columns {missing}")
            found = found[names]
        if fault == "empty":
            found = found[:0]
        if fault == "overflow":
            return votable_bytes(found[: len(found) // 2 + 1], "OVERFLOW", "row limit")
        return votable_bytes(found, "OK")

    def _rows(self, table, query, fault):
        """Rows where one of some columns is a word or a number, or is like one."""
        columns, where = re.search(r"SELECT TOP \d+ (.*?) FROM \S+ WHERE (.*)$", query).groups()
        names = [each.strip() for each in columns.split(",")]
        if missing := set(names) - set(table.colnames):
            return votable_bytes(None, "ERROR", f"Unknown columns {missing}")
        keep = np.zeros(len(table), dtype=bool)
        for part in where.split(" OR "):
            every = np.ones(len(table), dtype=bool)
            for each in part.split(" AND "):
                name, how, value = re.fullmatch(
                    r"(?:LOWER\()?(\w+)\)? (=|LIKE) (.+)", each
                ).groups()
                lower, text = each.startswith("LOWER"), value.strip("'").replace("''", "'")
                cells = [str(cell).lower() if lower else str(cell) for cell in table[name]]
                if how == "LIKE":
                    every &= [cell.startswith(text.rstrip("%")) for cell in cells]
                elif value.startswith("'"):
                    every &= [cell == text for cell in cells]
                else:
                    every &= np.asarray(table[name], dtype=float) == float(value)
            keep |= every
        found = table[keep][names]
        return votable_bytes(found[:0] if fault == "empty" else found, "OK")

    def _mast(self, form, fault):
        asked = json.loads(form["request"])
        assert asked["service"] == "Mast.Catalogs.TIC.Cone"
        if self.executing:
            self.executing -= 1
            return json.dumps({"status": "EXECUTING"}).encode()
        if fault == "error":
            return json.dumps({"status": "ERROR", "msg": "no disk"}).encode()
        return json.dumps({"status": "COMPLETE", "data": self.tic, "fields": []}).encode()


def votable_bytes(table, status, words=""):
    from astropy.table import Table

    made = from_table(Table({"none": [0]}) if table is None else table)
    resource = made.resources[0]
    resource.type = "results"
    if table is None:
        resource.tables.clear()
    info = Info(name="QUERY_STATUS", value=status)
    info.content = words
    resource.infos.append(info)
    buffer = io.BytesIO()
    # As text it would be written by a C extension of astropy 8.0.2 that writes past its buffer.
    made.to_xml(buffer, tabledata_format="binary2")
    return buffer.getvalue()


@contextmanager
def star_server():
    server = StarServer()
    try:
        yield server
    finally:
        server.close()
