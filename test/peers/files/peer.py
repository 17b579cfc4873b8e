#!/usr/bin/env python3
"""The customs of Haedong: one file of operators a day, in the folders of its file server.

  peer.py FOLDER

does what its night job and its clerks do: a JSON array for each line, answered by a line of JSON.

  ["put", DAY, [[code, name, city, status, since], …]]   writes its list of the day, and the marker last
  ["half", DAY, [row, …]]                                begins to write it, and stops
  ["answers"]                                            what was answered to its lists, by the name of the file
  ["take"]                                               reads the lists that came, and answers each
  ["read"]                                               the same, and the answers are lost
  ["bar", CODE]                                          its people refuse lists with this operator; "" ends it
  ["release", NAME]                                      its people release a list that waits

FOLDER has the folders to-partner, which it fills, and from-partner, which it empties.
"""
import hashlib
import json
import os
import sys
from pathlib import Path

ENCODING = 'euc_kr'
MOST_FEWER = 1

folder = Path(sys.argv[1])
filled, emptied = folder / 'to-partner', folder / 'from-partner'
known = {}
barred = ''
waiting = {}
rows_held = None


def lines_of(rows):
    text = 'H;HAEDONG\r\n' + ''.join('R;' + ';'.join(row) + '\r\n' for row in rows) + f'T;{len(rows):06d}\r\n'
    return text.encode(ENCODING)


def name_of(day):
    return f'XD_AEO_{day.replace("-", "")}.txt'


def put(day, rows):
    path = filled / name_of(day)
    with open(f'{path}.tmp', 'wb') as file:
        file.write(lines_of(rows))
    os.rename(f'{path}.tmp', path)
    Path(f'{path}.ok').touch()
    return path.name


def half(day, rows):
    data = lines_of(rows)
    (filled / name_of(day)).write_bytes(data[: len(data) // 2])


def answers():
    found = {}
    for path in sorted(emptied.glob('*.ack')):
        found[path.name.removesuffix('.ack')] = path.read_bytes().decode(ENCODING).strip().split(';')
        path.unlink()
    return found


def answer(name, verdict, reason=''):
    path = filled / f'{name}.ack'
    temporary = filled / f'.{name}.tmp'
    temporary.write_bytes(f'A;{verdict};{name};{reason}\r\n'.encode(ENCODING))
    os.replace(temporary, path)
    return verdict


def judge(name, data):
    """The verdict, and the rows where they are in force."""
    global rows_held
    digest = hashlib.sha256(data).hexdigest()
    if known.get(name) == digest:
        return 'DUP', ''
    head, *rows, tail = data.decode(ENCODING).removesuffix('\r\n').split('\r\n')
    cells = [row.split(';')[1:] for row in rows]
    if head != 'H;HAEDONG' or tail != f'T;{len(rows):06d}':
        return 'NOK', 'COUNT'
    if any(not cell[0].startswith('CN') or cell[0] == barred for cell in cells):
        return 'NOK', 'NUMBER'
    known[name] = digest
    if rows_held is not None and len(cells) < len(rows_held) - MOST_FEWER:
        waiting[name] = cells
        return 'WAIT', 'FEWER'
    rows_held = cells
    return 'OK', ''


def bar(code):
    global barred
    barred = code


def take(answering=True):
    taken = []
    for marker in sorted(emptied.glob('*.txt.ok')):
        path = marker.with_suffix('')
        data = path.read_bytes()
        verdict, reason = judge(path.name, data)
        if answering:
            answer(path.name, verdict, reason)
        taken.append([path.name, verdict, rows_held])
        marker.unlink()
        path.unlink()
    return taken


def release(name):
    global rows_held
    rows_held = waiting.pop(name)
    return answer(name, 'OK')


def main():
    words = {'put': put, 'half': half, 'answers': answers, 'take': take, 'read': lambda: take(False), 'bar': bar, 'release': release}
    for line in sys.stdin:
        word, *arguments = json.loads(line)
        print(json.dumps(words[word](*arguments)), flush=True)


main()
