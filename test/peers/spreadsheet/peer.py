#!/usr/bin/env python3
"""The customs of Ferralia: a list in a spreadsheet, and a small HTTPS server that takes and answers spreadsheets.

  peer.py FOLDER PORT TLS

takes lists at the port, and does what its clerk types: a JSON array for each line, answered by a line of JSON.

  ["write", BOOK, NUMBER, ISSUED, [[code, name, address, town, status, since], …]]   a list
  ["show", BOOK]                                                                     the cells of a workbook
  ["send", BOOK, ANSWER, URL]                                                        posts a list, and keeps the answer
  ["release", URL]                                                                   its people release the list that is held

TLS is a folder with cert.pem, key.pem and ca.pem. FOLDER holds book.json, the lists as they came, and the answers.
"""
import hashlib
import http.client
import http.server
import json
import re
import secrets
import ssl
import sys
import threading
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from openpyxl import Workbook, load_workbook

TITLES = ['No', 'Numéro', 'Nom', 'Adresse', 'Ville', 'Statut', 'Depuis']
STATES = ['ACTIF', 'SUSPENDU']


def text_cells(sheet):
    """Numbers of operators stay texts when somebody edits the cell."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.number_format = '@'


def write(book, number, issued, rows):
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = 'OEA'
    sheet.append(['Liste no', int(number), 'Émise le', issued])
    sheet.append(TITLES)
    for i, (code, name, address, town, status, since) in enumerate(rows, 1):
        sheet.append([i, code, name, address, town, status, date.fromisoformat(since) if since else None])
    sheet.append(['Total', sheet.max_row - 2])
    text_cells(sheet)
    # Spreadsheets note who saved a file, and when.
    workbook.properties.lastModifiedBy = secrets.token_hex(4)
    workbook.save(book)


def cells(data):
    sheet = load_workbook(BytesIO(data)).active
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def show(book):
    return cells(Path(book).read_bytes())


def result(number, verdict, reason='', rows=()):
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = 'RÉSULTAT'
    refused = sum(1 for row in rows if row[2] == 'REFUSÉ')
    sheet.append(['Liste no', number, 'Verdict', verdict])
    sheet.append(['Motif', reason or None, 'Code', None, 'Cellule', None])
    sheet.append(['Acceptés', len(rows) - refused, 'Refusés', refused])
    sheet.append(['No', 'Numéro', 'Verdict', 'Motif', 'Code', 'Cellule'])
    for row in rows:
        sheet.append([*row, None, None])
    text_cells(sheet)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def judge_row(row):
    number, code, name, _, _, status, since = (row + [None] * 7)[:7]
    if not re.fullmatch(r'CN[0-9]{6}[0-9A-Z]{4}', code or ''):
        return [number, code, 'REFUSÉ', 'numéro mal formé']
    if not name or status not in STATES or not isinstance(since, datetime):
        return [number, code, 'REFUSÉ', 'ligne incomplète']
    return [number, code, 'ACCEPTÉ', None]


def judge(data, held):
    """The answer to a list, and what is held after it."""
    rows = cells(data)
    digest = hashlib.sha256(data).hexdigest()
    number, titles, total = rows[0][1], rows[1], rows[-1][1]
    operators = rows[2:-1]
    if digest == held.get('digest'):
        return result(number, 'DÉJÀ REÇU'), held
    if titles != TITLES or total != len(operators):
        return result(number, 'REFUSÉ', 'le tableau n’a pas la forme convenue'), held
    if number <= held.get('number', 0):
        return result(number, 'REFUSÉ', f'la liste {held["number"]} est déjà reçue'), held
    verdicts = [judge_row(row) for row in operators]
    taken = [row[1] for row in verdicts if row[2] == 'ACCEPTÉ']
    after = {'number': number, 'digest': digest, 'operators': taken}
    if len(taken) * 2 < len(held.get('operators', [])):
        return result(number, 'EN EXAMEN', 'la liste perd plus de la moitié'), {**held, 'waiting': after}
    return result(number, 'ACCEPTÉ', '', verdicts), after


def context(server=False):
    purpose = ssl.Purpose.CLIENT_AUTH if server else ssl.Purpose.SERVER_AUTH
    made = ssl.create_default_context(purpose, cafile=f'{TLS}/ca.pem')
    made.load_cert_chain(f'{TLS}/cert.pem', f'{TLS}/key.pem')
    made.check_hostname = False
    made.verify_mode = ssl.CERT_REQUIRED
    return made


def post(data, url):
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=context(), timeout=20)
    connection.request('POST', parts.path, body=data, headers={'Content-Type': 'application/octet-stream'})
    response = connection.getresponse()
    return response.status, response.read()


def send(book, answer, url):
    status, body = post(Path(book).read_bytes(), url)
    Path(answer).write_bytes(body)
    return status


def release(url):
    book = FOLDER / 'book.json'
    after = json.loads(book.read_text())['waiting']
    book.write_text(json.dumps(after))
    return post(result(after['number'], 'ACCEPTÉ'), url)[0]


class Door(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        data = self.rfile.read(int(self.headers['Content-Length']))
        book = FOLDER / 'book.json'
        body, after = judge(data, json.loads(book.read_text()) if book.exists() else {})
        book.write_text(json.dumps(after))
        (FOLDER / f'list-{len(list(FOLDER.glob("list-*"))) + 1}.xlsx').write_bytes(data)
        fault = FOLDER / 'lose'
        if fault.exists():  # the list is kept, and the answer never leaves
            fault.unlink()
            self.connection.close()
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    FOLDER, TLS = Path(sys.argv[1]), sys.argv[3]
    server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[2])), Door)
    server.socket = context(server=True).wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print('open', flush=True)
    for line in sys.stdin:
        word, *words = json.loads(line)
        done = {each.__name__: each for each in (write, show, send, release)}[word](*words)
        print(json.dumps(done, default=str), flush=True)
