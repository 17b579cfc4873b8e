"""An authorization server for client credentials (RFC 6749, 4.4) by authlib, and a resource that its tokens open; both over TLS.

Arguments: certificate and key (PEM files), client, secret, and the seconds that a token is said to live. Prints its port.
POST /token gives a token, /lists takes a message with one, /withdraw ends all tokens.
"""

import json
import secrets
import ssl
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, grants
from authlib.oauth2.rfc6750 import BearerTokenGenerator

certificate, key, client_id, secret, lifetime = sys.argv[1:]
tokens = {}
fetched = []


class Client(ClientMixin):
    def check_client_secret(self, given):
        return given == secret

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope):
        return scope if scope in ("", "aeo.write") else ""


class Server(AuthorizationServer):
    def query_client(self, asked):
        return Client() if asked == client_id else None

    def save_token(self, token, request):
        tokens[token["access_token"]] = time.time() + int(lifetime)
        fetched.append(token.get("scope", ""))

    def create_oauth2_request(self, request):
        return request

    def handle_response(self, status, body, headers):
        return status, body, headers

    def send_signal(self, name, *args, **kwargs):
        pass


server = Server()
server.register_grant(grants.ClientCredentialsGrant)
server.register_token_generator("default", BearerTokenGenerator(lambda *_, **__: secrets.token_urlsafe(32), expires_generator=lambda *_: int(lifetime)))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/token?realm=aeo":
            form = dict(urllib.parse.parse_qsl(body.decode()))
            asked = OAuth2Request("POST", "https://localhost/token", form, dict(self.headers.items()))
            # Names of headers do not depend on their case.
            asked.headers["Authorization"] = self.headers.get("authorization", "")
            status, content, headers = server.create_token_response(asked)
            return self.answer(status, json.dumps(content), dict(headers))
        if self.path == "/withdraw":
            tokens.clear()
            return self.answer(200, json.dumps(fetched))
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or tokens.get(token, 0) < time.time():
            return self.answer(401, "", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return self.answer(200, "OK")

    def answer(self, status, text, headers={}):
        content = text.encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
listening.socket = context.wrap_socket(listening.socket, server_side=True)
print(listening.server_port, flush=True)
listening.serve_forever()
