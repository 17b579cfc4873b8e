#!/usr/bin/env python3
"""A client of the border door with nothing but Python's standard library: one query, many queries as lines, with retries.

    MRA_TOKEN=mra_… python3 border_client.py https://border.example:8080 SG SG123456789012
    MRA_TOKEN=mra_… python3 border_client.py https://border.example:8080 --lines queries.ndjson

Prints one line of JSON for each answer. Ends with 0 if every query was answered, otherwise with 1.
"""

import http.client
import json
import os
import sys
import threading
import time
import urllib.parse
import uuid

# The same request with the same key is answered once: so it may be sent again when nothing came back.
ATTEMPTS = 4
PASSING = (429, 503)


def connect(base):
    address = urllib.parse.urlsplit(base)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    return kind(address.hostname, address.port, timeout=30)


def headers(content_type):
    token = os.environ.get("MRA_TOKEN")
    return {"Content-Type": content_type, **({"Authorization": f"Bearer {token}"} if token else {})}


def check(base, question):
    """The answer to one query, or the problem (RFC 9457). Raises OSError where the gateway cannot be reached."""
    body = json.dumps(question).encode()
    sent = {**headers("application/json"), "Idempotency-Key": str(uuid.uuid4())}
    for attempt in range(1, ATTEMPTS + 1):
        connection = connect(base)
        pause = 0.2 * 2**attempt
        try:
            connection.request("POST", "/v1/checks", body, sent)
            response = connection.getresponse()
            answer = json.load(response)
            if response.status not in PASSING or attempt == ATTEMPTS:
                return answer
            pause = float(response.headers.get("Retry-After", pause))
        except (OSError, http.client.HTTPException):
            if attempt == ATTEMPTS:
                raise
        finally:
            connection.close()
        time.sleep(pause)


def check_lines(base, lines):
    """Yields {line, answer} or {line, problem} for each query, while they are sent."""
    connection = connect(base)
    connection.putrequest("POST", "/v1/checks")
    for name, value in {**headers("application/x-ndjson"), "Transfer-Encoding": "chunked"}.items():
        connection.putheader(name, value)
    connection.endheaders()

    def send():
        try:
            for line in lines:
                piece = line.rstrip(b"\n") + b"\n"
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            connection.send(b"0\r\n\r\n")
        except OSError:
            pass  # the reply says why, or is cut

    # A caller that only sends would wait for the gateway, and the gateway for it.
    threading.Thread(target=send, daemon=True).start()
    response = connection.getresponse()
    if response.status != 200:
        yield {"line": 0, "problem": json.load(response)}
        return
    for line in response:
        yield json.loads(line)


def main(base, *rest):
    if rest[0] == "--lines":
        with open(rest[1], "rb") as queries:
            answers = [*check_lines(base, queries)]
    else:
        partner, identifier = rest
        answers = [check(base, {"partner": partner, "identifier": identifier})]
    for answer in answers:
        print(json.dumps(answer))
    return 1 if any("code" in each or "problem" in each for each in answers) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
