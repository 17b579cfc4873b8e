"""The register system of Weskar Customs, by SPECIFICATION.md: its server, and what its staff do, as JSON lines on standard input and output."""

import datetime
import http.client
import http.server
import json
import ssl
import sys
import threading
import xml.etree.ElementTree as xml

NAMESPACE = 'urn:weskar:traders:2'
LOCAL = datetime.timezone(datetime.timedelta(hours=1))
port, cert, key, authority, partner_port = sys.argv[1:6]

held = {}  # (year, number): (bytes, verdict, remark, count of traders)
faults = []
printing = threading.Lock()


def tell(**event):
    with printing:
        print(json.dumps(event), flush=True)


def note(number, verdict, remark=None):
    root = xml.Element('Note', xmlns=NAMESPACE)
    for name, text in (('Register', str(number)), ('Verdict', verdict), ('Remark', remark)):
        if text is not None:
            xml.SubElement(root, name).text = text
    return xml.tostring(root, encoding='utf-8', xml_declaration=True)


def judge(stated, body, look):
    """The verdict on a register, and its number."""
    root = xml.fromstring(body)
    number = int(root.get('no'))
    made = datetime.datetime.strptime(root.get('made'), '%d.%m.%Y %H:%M:%S')
    place = (made.year, number)
    if stated != '%d/%d' % place:
        return number, 'RETURNED', 'the header names another register', 0
    before = [each for each in held if held[each][1] == 'TAKEN']
    if place in held and held[place][0] == body:
        verdict, remark = held[place][1:3]
        return number, 'HAD-IT' if verdict == 'TAKEN' else verdict, remark, 0
    if place in held or any(each[0] == place[0] and each[1] > number for each in held):
        return number, 'RETURNED', 'number used', 0
    traders = root.findall('{%s}Trader' % NAMESPACE)
    if any(trader.find('{%s}Standing' % NAMESPACE).text not in 'GS' for trader in traders):
        return number, 'RETURNED', 'unknown standing', 0
    fewer = look or (before and len(traders) * 2 < held[max(before)][3])
    verdict, remark = ('LOOKED-AT', 'fewer than half') if fewer else ('TAKEN', None)
    held[place] = (body, verdict, remark, len(traders))
    return number, verdict, remark, len(traders)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        fault = faults.pop(0) if faults else None
        if self.path == '/register/v2/notes':
            root = xml.fromstring(body)
            words = {each.tag.split('}')[1].lower(): each.text for each in root}
            self.answer(204, b'')
            tell(event='note', **words)
        elif self.path != '/register/v2/in' or fault == 'closed':
            self.answer(503 if fault else 404, b'')
            tell(event='closed')
        else:
            number, verdict, remark, traders = judge(self.headers['Weskar-Register'], body, fault == 'look')
            if fault == 'lost':
                self.close_connection = True
                self.connection.close()
            else:
                status = {'LOOKED-AT': 202, 'RETURNED': 422}.get(verdict, 200)
                self.answer(status, note(number, verdict, remark))
            tell(event='register', number=number, verdict=verdict, sender=self.headers['Weskar-Sender'], traders=traders)

    def answer(self, status, body):
        self.send_response(status)
        self.send_header('Content-Type', 'application/xml')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def post(path, body):
    context = ssl.create_default_context(cafile=authority)
    context.check_hostname = False
    context.load_cert_chain(cert, key)
    connection = http.client.HTTPSConnection('127.0.0.1', int(partner_port), context=context)
    connection.request('POST', path, body, {'Content-Type': 'application/xml'})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    words = {each.tag.split('}')[1].lower(): each.text for each in xml.fromstring(text)} if answer.status < 500 and text else {}
    tell(event='answered', status=answer.status, **words)


def register(number, traders, made=None):
    made = made or datetime.datetime.now(LOCAL).strftime('%d.%m.%Y %H:%M:%S')
    root = xml.Element('Register', xmlns=NAMESPACE, no=str(number), made=made)
    for ref, standing in traders:
        trader = xml.SubElement(root, 'Trader', ref=ref)
        xml.SubElement(trader, 'Company').text = 'Example Traders ' + ref
        xml.SubElement(trader, 'Seat', town='Westhaven').text = '12 Harbour Street'
        xml.SubElement(trader, 'Standing').text = standing
        xml.SubElement(trader, 'Since').text = '11.06.2023'
        activities = xml.SubElement(trader, 'Activities')
        xml.SubElement(activities, 'Activity').text = 'EX'
    return xml.tostring(root, encoding='utf-8', xml_declaration=True)


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
        if order['do'] == 'send':
            number = order['number']
            sent[number] = register(number, order['traders'], order.get('made'))
            post('/register/v2/in', sent[number])
        elif order['do'] == 'again':
            post('/register/v2/in', sent[order['number']])
        elif order['do'] == 'note':
            post('/register/v2/notes', note(order['number'], order['verdict'], order.get('remark')))
        elif order['do'] == 'fault':
            faults.append(order['kind'])
            tell(event='fault')


main()
