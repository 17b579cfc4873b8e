"""The register system of Tavara Customs, by SPECIFICATION.md: its server, and what its staff do, as JSON lines on standard input and output."""

import datetime
import http.client
import http.server
import json
import ssl
import sys
import threading
import urllib.parse

LOCAL = datetime.timezone(datetime.timedelta(hours=3))
port, cert, key, authority, partner_port = sys.argv[1:6]

held = {}  # serial: (body, outcome); the traders in use
traders = {}
last = [None]
faults = []
printing = threading.Lock()


def tell(**event):
    with printing:
        print(json.dumps(event), flush=True)


def follows(serial):
    """Whether no number is missing before it."""
    month, number = serial.split('/')
    before, count = last[0].split('/') if last[0] else (None, '0')
    return int(number) == (int(count) + 1 if month == before else 1)


def judge(path, query, sender, kind, body, look):
    document = json.loads(body)
    head = document['register']
    serial = head['serial']
    month, number = serial.split('/')
    if path != '/api/v3/registers/%d' % int(number) or query != {'month': [month]} or sender != 'CN':
        return serial, 422, 'refused', 'the request names another register'
    if len(number) != 4 or kind != 'application/json' or head['entries'] != len(document['traders']) or not head['prepared'].endswith('+03:00'):
        return serial, 422, 'refused', 'not by the specification'
    if serial in held:
        same = held[serial][0] == body
        return (serial, 409, 'already received', None) if same else (serial, 422, 'refused', 'another one has this serial')
    if last[0] and serial < last[0] or head['content'] == 'changes' and not follows(serial):
        return serial, 422, 'refused', 'this serial does not follow'
    if any(each['status'] not in ('active', 'suspended') for each in document['traders']):
        return serial, 422, 'refused', 'unknown status'
    outcome = 'under review' if look else 'accepted'
    held[serial] = (body, outcome)
    last[0] = serial
    if head['content'] == 'complete':
        traders.clear()
    traders.update({each['traderNo']: each['status'] for each in document['traders']})
    for each in document['removed']:
        traders.pop(each['traderNo'], None)
    return serial, 202 if look else 200, outcome, None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_PUT(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        fault = faults.pop(0) if faults else None
        if fault == 'closed':
            self.answer(503, None)
            tell(event='closed')
            return
        target = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(target.query)
        serial, status, outcome, reason = judge(target.path, query, self.headers['Tavara-Sender'], self.headers['Content-Type'], body, fault == 'look')
        if fault == 'lost':
            self.close_connection = True
            self.connection.close()
        else:
            words = {'serial': serial, 'outcome': outcome}
            self.answer(status, {**words, 'reason': reason} if reason else words)
        tell(event='register', serial=serial, outcome=outcome, reason=reason, traders=len(traders))

    def do_POST(self):
        words = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.answer(204 if self.path == '/api/v3/outcomes' else 404, None)
        tell(event='outcome', **words)

    def answer(self, status, document):
        body = b'' if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ask(method, target, body):
    context = ssl.create_default_context(cafile=authority)
    context.check_hostname = False
    context.load_cert_chain(cert, key)
    connection = http.client.HTTPSConnection('127.0.0.1', int(partner_port), context=context)
    connection.request(method, target, body, {'Content-Type': 'application/json'})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    is_json = answer.getheader('Content-Type', '').startswith('application/json')
    tell(event='answered', status=answer.status, **(json.loads(text) if text and is_json else {}))


def register(serial, content, codes, removed=(), prepared=None):
    now = datetime.datetime.now(LOCAL).replace(microsecond=0)
    day = {'statusDate': '2023-06-11', 'validFrom': '2023-06-11'}
    rows = [{'traderNo': code, 'name': 'Example ' + code, 'status': status, **day, 'activities': ['exporter']} for code, status in codes]
    head = {'serial': serial, 'prepared': prepared or now.isoformat(), 'content': content, 'entries': len(rows)}
    gone = [{'traderNo': code, 'date': now.date().isoformat(), 'cause': 'withdrawn'} for code in removed]
    return json.dumps({'register': head, 'traders': rows, 'removed': gone}).encode()


def main():
    server = http.server.ThreadingHTTPServer(('127.0.0.1', int(port)), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    tell(event='open')
    sent = {}
    for line in sys.stdin:
        order = json.loads(line)
        if order['do'] in ('send', 'again'):
            serial = order['serial']
            if order['do'] == 'send':
                sent[serial] = register(serial, order['content'], order['traders'], order.get('removed', ()), order.get('prepared'))
            month, number = serial.split('/')
            ask('PUT', '/api/v3/registers/%d?month=%s' % (int(number), month), sent[serial])
        elif order['do'] == 'garbage':
            ask('PUT', '/api/v3/registers/1?month=2026-04', b'{"register": 1}')
        elif order['do'] == 'outcome':
            ask('POST', '/api/v3/outcomes', json.dumps({'serial': order['serial'], 'outcome': order['outcome']}).encode())
        else:
            faults.append(order['kind'])
            tell(event='fault')


main()
