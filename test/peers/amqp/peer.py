"""The message system of Castoria Customs, with pika and jwcrypto at its own broker; orders of its staff, and what it tells, are JSON lines."""

import json
import queue
import sys
import threading

import pika
from jwcrypto import jwk, jws

url, own_key, their_key = sys.argv[1:4]
EXCHANGE, INBOX, OUTBOX = 'to-xc.aeo', 'to-xc.in', 'from-xc.cn'

with open(own_key, 'rb') as file:
    signing = jwk.JWK.from_pem(file.read())
with open(their_key) as file:
    theirs = jwk.JWK.from_json(file.read())

known = {}  # id of a list: its outcome
register = {}  # operator: state
faults = []
sent = {}
orders = queue.Queue()


def tell(**event):
    print(json.dumps(event), flush=True)


def publish(channel, kind, body, **properties):
    channel.basic_publish('', OUTBOX, body, pika.BasicProperties(type=kind, delivery_mode=2, **properties))


def answer(channel, subject, outcome, rows=()):
    body = {'doc': subject, 'outcome': outcome}
    if rows:
        body['rows'] = [{'ref': ref, 'result': result, 'why': why} for ref, result, why in rows]
    publish(channel, 'RESULT', json.dumps(body))


def take_list(channel, properties, body):
    fault = faults.pop(0) if faults else None
    token = jws.JWS()
    token.deserialize(body.decode())
    token.verify(theirs)
    document = json.loads(token.payload)
    subject = document['doc']
    tell(event='list', doc=subject, key_matches=properties.message_id == subject, operators=len(document['operators']), fault=fault)
    if fault == 'dropped':
        return
    if fault == 'lost':
        known.setdefault(subject, 'DONE')
        return
    publish(channel, 'STATUS', json.dumps({'status': 'ARRIVED'}), correlation_id=subject)
    if fault == 'silent':
        return
    if subject in known:
        answer(channel, subject, 'KNOWN')
        return
    outcome = {'hold': 'WAIT', 'refuse': 'NONE'}.get(fault, 'DONE')
    known[subject] = outcome
    rows = []
    for operator in document['operators'] if outcome == 'DONE' else ():
        if fault == 'one' and not rows:
            rows.append((operator['ref'], '1', 'name not clear'))
            continue
        rows.append((operator['ref'], '0', 'ok'))
        register[operator['ref']] = operator['state']
    answer(channel, subject, outcome, rows)


def take(channel, method, properties, body):
    if properties.type == 'AEO_LIST':
        take_list(channel, properties, body)
    elif 'deaf' in faults:
        faults.remove('deaf')
        tell(event='answer lost')
    else:
        tell(event='answer', about=properties.correlation_id, **json.loads(body))
    channel.basic_ack(method.delivery_tag)


def work(channel, order):
    if order['do'] == 'send':
        document = {'doc': order['doc'], 'made': order['made'], 'operators': order['operators']}
        token = jws.JWS(json.dumps(document).encode())
        token.add_signature(signing, protected=json.dumps({'alg': 'ES256', 'typ': 'vnd.xc.aeo+json'}))
        sent[order['doc']] = token.serialize(compact=True)
        publish(channel, 'AEO_LIST', sent[order['doc']], message_id=order['doc'])
    elif order['do'] == 'again':
        publish(channel, 'AEO_LIST', sent[order['doc']], message_id=order['doc'])
    elif order['do'] == 'result':
        answer(channel, order['doc'], order['outcome'])
    elif order['do'] == 'fault':
        faults.append(order['kind'])
        tell(event='fault')
    elif order['do'] == 'register':
        tell(event='register', **register)


def main():
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.exchange_declare(EXCHANGE, 'topic', durable=True)
    channel.queue_declare(INBOX, durable=True)
    channel.queue_declare(OUTBOX, durable=True)
    for key in ('list.#', 'answer.#'):
        channel.queue_bind(INBOX, EXCHANGE, key)
    channel.queue_purge(INBOX)
    channel.queue_purge(OUTBOX)
    channel.basic_consume(INBOX, take)
    threading.Thread(target=lambda: [orders.put(json.loads(line)) for line in sys.stdin], daemon=True).start()
    tell(event='open')
    while True:
        connection.process_data_events(time_limit=0.05)
        while not orders.empty():
            work(channel, orders.get())


main()
