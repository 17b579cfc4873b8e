"""The web service of Norvia, by SPECIFICATION.md: its server, and what its staff do, as JSON lines on standard input and output."""

import datetime
import http.client
import http.server
import json
import ssl
import sys
import threading
import xml.etree.ElementTree as xml

N = '{urn:norvia:traders}'
port, cert, key, authority, partner_port = sys.argv[1:6]
held = {}  # (year, number): [body, word]
faults = []


def tell(**event):
    print(json.dumps(event), flush=True)


def judge(path, ref, body, look):
    root = xml.fromstring(body)
    year, number, lines = (root.find(N + 'Head/' + N + name).text for name in ('Year', 'No', 'Lines'))
    traders = root.findall(N + 'Trader')
    place = (int(year), int(number))
    known = held.get(place)
    if known:
        return 'BAD' if known[0] != body else 'HAVE-IT' if known[1] == 'TAKEN' else known[1]
    is_sound = len(number) == 4 and int(lines) == len(traders) and all(each.get('state') in 'AHXWE' for each in traders)
    if path != '/ws/%s/traders' % year or ref != 'CN/%s/%s' % (year, number) or not is_sound or held and place < max(held):
        return 'BAD'
    held[place] = [body, 'LOOKING' if look else 'TAKEN']
    return held[place][1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        fault = faults.pop(0) if faults else None
        word = None if fault == 'closed' else judge(self.path, self.headers['Norvia-Ref'], body, fault == 'look')
        if fault == 'lost':
            self.close_connection = True
            self.connection.close()
        else:
            self.send_response({None: 503, 'LOOKING': 202, 'BAD': 400}.get(word, 200))
            if word:
                self.send_header('Norvia-Result', word)
            self.send_header('Content-Length', '0')
            self.end_headers()
        tell(event='list', ref=self.headers['Norvia-Ref'], word=word)

    def log_message(self, *_):
        pass


def post(year, body):
    context = ssl.create_default_context(cafile=authority)
    context.check_hostname = False
    context.load_cert_chain(cert, key)
    connection = http.client.HTTPSConnection('127.0.0.1', int(partner_port), context=context)
    connection.request('POST', '/ws/%d/traders' % year, body, {'Content-Type': 'text/xml; charset=utf-8'})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    tell(event='answered', status=answer.status, word=answer.getheader('Norvia-Result'))


def document(year, number, traders, made=None):
    made = made or datetime.datetime.now(datetime.timezone.utc).strftime('%Y%m%dT%H%M%SZ')
    rows = ''.join(
        '<n:Trader state="%s"><n:Id>%s</n:Id>%s<n:Since>11/06/2023</n:Since></n:Trader>'
        % (state, code, '' if state in 'XWE' else '<n:Name>Trader %s</n:Name>' % code)
        for code, state in traders
    )
    head = '<n:Year>%d</n:Year><n:No>%04d</n:No><n:Made>%s</n:Made><n:Lines>%d</n:Lines>' % (year, number, made, len(traders))
    return ('<n:TraderList xmlns:n="urn:norvia:traders"><n:Head>%s</n:Head>%s</n:TraderList>' % (head, rows)).encode()


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
        if order['do'] == 'fault':
            faults.append(order['kind'])
            tell(event='fault')
        elif order['do'] == 'decide':
            held[max(held)][1] = order['word']
            tell(event='decided')
        else:
            place = (order['year'], order['number'])
            sent[place] = sent.get(place) or document(*place, order['traders'], order.get('made'))
            post(order['year'], sent[place])


main()
