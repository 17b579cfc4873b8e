#!/usr/bin/env python3
"""The customs of Ferralia: a list in a spreadsheet, and two folders of workbooks that it shares with a gateway.

  peer.py FROM_US TO_US BOOK

does what its clerk types: a JSON array for each line, answered by a line of JSON. BOOK keeps what it holds of our operators.

  ["write", FILE, NUMBER, ISSUED, [[code, name, address, town, status, since], …]]   writes a list
  ["show", FILE]                                                                     the cells of a workbook
  ["give", FILE, NAME]                                                               puts a list into TO_US
  ["take", NAME]                                                                     judges a list in FROM_US, and puts the answer
  ["release", NAME]                                                                  its people release a list that is held
"""
import hashlib
import json
import re
import secrets
import sys
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

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


def put(name, data):
    """Whole or not at all: under another name first, then the marker."""
    part = TO_US / f'{name}.part'
    part.write_bytes(data)
    part.rename(TO_US / name)


def give(file, name):
    put(name, Path(file).read_bytes())
    (TO_US / f'{name}.ok').touch()


def answer_of(name):
    return name.removesuffix('.xlsx') + '_resultat.xlsx'


def take(name):
    body, after = judge((FROM_US / name).read_bytes(), json.loads(BOOK.read_text()) if BOOK.exists() else {})
    BOOK.write_text(json.dumps(after))
    put(answer_of(name), body)


def release(name):
    after = json.loads(BOOK.read_text())['waiting']
    BOOK.write_text(json.dumps(after))
    put(answer_of(name), result(after['number'], 'ACCEPTÉ'))


if __name__ == '__main__':
    FROM_US, TO_US, BOOK = map(Path, sys.argv[1:])
    for line in sys.stdin:
        word, *words = json.loads(line)
        try:
            done = {each.__name__: each for each in (write, show, give, take, release)}[word](*words)
        except OSError as fault:  # the folder cannot be reached
            done = type(fault).__name__
        print(json.dumps(done, default=str), flush=True)
