#!/usr/bin/env python3
"""The customs of Beilu: lists in GB18030 with columns of bytes, in the folders of its file server. SPECIFICATION.md has the format.

  peer.py FOLDER

does what its night job and its clerks do: a JSON array for each line, answered by a line of JSON.

  ["put", DAY, NUMBER, KIND, [[code, name, town, state, day], …], [[code, why, day], …]]   writes a list; its name
  ["damage", NAME, AT]                               a byte of that list becomes one that GB18030 does not have
  ["take"]                                           reads the lists that came, and answers each; what became of them
  ["read"]                                           the same, and the answers are lost
  ["restore"]                                        its system goes back to a backup: the newest list is not in it
  ["release", NAME]                                  its people put a list in use that waits
  ["answer", NAME]                                   our answer to a list of its, once

FOLDER has the folders out, which it fills, in, which it empties, and done, where its lists go.
"""
import hashlib
import json
import os
import sys
from pathlib import Path

ENCODING = 'gb18030'
folder = Path(sys.argv[1])
filled, emptied, done = folder / 'out', folder / 'in', folder / 'done'
known = {}
held = {}
last = ('', 0)
waiting = {}
backup = ({}, ('', 0))
full_needed = True


def place(text, width):
    data = text.encode(ENCODING)
    assert len(data) <= width
    return data + b' ' * (width - len(data))


def write(path, lines):
    temporary = path.with_name('.' + path.name)
    temporary.write_bytes(b''.join(line + b'\r\n' for line in lines))
    os.replace(temporary, path)


def put(day, number, kind, rows, gone):
    lines = [f'1{day}0915{number:02d}{number:02d}{kind}'.encode()]
    lines += [b'2' + place(code, 12) + place(name, 28) + place(town, 20) + f'{state}{since}'.encode()
              for code, name, town, state, since in rows]
    lines += [b'3' + place(code, 12) + f'{why}{since}'.encode() for code, why, since in gone]
    lines.append(f'9{len(lines) - 1:06d}'.encode())
    path = filled / f'XE_{day}_{number:02d}.lst'
    write(path, lines)
    return path.name


def damage(name, at):
    path = filled / name
    data = bytearray(path.read_bytes())
    data[at] = 0xff
    path.write_bytes(data)


def judge(name, data):
    """The verdict on a list, its reason, and what is held after it."""
    global held, last, full_needed, backup
    digest = hashlib.sha256(data).hexdigest()
    if known.get(name) == digest:
        return 'DUP', ''
    head, *rows, end = data.split(b'\r\n')[:-1]
    number, kind = int(head[15:17]), head[17:18]
    if any(len(row) != (70 if row[:1] == b'2' else 22) for row in rows) or int(end[1:]) != len(rows):
        return 'NO', 'columns'
    day = head[1:9].decode()
    if name != f'CN_{day}_{number:02d}.lst':
        return 'NO', 'name'
    if (day, number) <= last:
        return 'NO', 'number'
    is_next = number == (last[1] + 1 if last[0] == day else 1)
    if kind == b'C' and (full_needed or not is_next):
        full_needed = True
        return 'NO', 'changes after a gap'
    after = dict(held) if kind == b'C' else {}
    for row in rows:
        code = row[1:13].decode()
        if row[:1] == b'3':
            after.pop(code, None)
        else:
            after[code] = row[13:41].decode(ENCODING).rstrip()
    known[name] = digest
    backup = (held, last)
    last = (day, number)
    if len(after) * 2 < len(held):
        waiting[name] = after
        return 'WAIT', 'fewer operators'
    held, full_needed = after, False
    return 'OK', ''


def answer(name, verdict, reason):
    line = b'A' + place(name.removesuffix('.lst'), 14) + place(verdict, 4) + place(reason, 20)
    write(filled / f'{name}.ack', [line])


def take(answering=True):
    taken = []
    for path in sorted(emptied.glob('CN_*.lst')):
        verdict, reason = judge(path.name, path.read_bytes())
        path.unlink()
        if answering:
            answer(path.name, verdict, reason)
        taken.append([path.name, verdict, held])
    return taken


def restore():
    global held, last
    held, last = backup


def release(name):
    global held
    held = waiting.pop(name)
    answer(name, 'OK', '')


def read_answer(name):
    path = emptied / f'{name}.ack'
    data = path.read_bytes()
    path.unlink()
    assert len(data) == 41 and data.endswith(b'\r\n')
    return [data[1:15].decode().rstrip(), data[15:19].decode().rstrip(), data[19:39].decode(ENCODING).rstrip()]


words = {'put': put, 'damage': damage, 'take': take, 'read': lambda: take(False), 'restore': restore, 'release': release,
         'answer': read_answer}
for order in sys.stdin:
    word, *arguments = json.loads(order)
    print(json.dumps(words[word](*arguments)), flush=True)
