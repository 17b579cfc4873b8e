"""Signs JSON with python3-jwcrypto and python3-authlib, and verifies. Standard input: JSON, a list of jobs."""

import json
import sys

from authlib.jose import JsonWebSignature
from jwcrypto import jwk, jws


def jwcrypto_sign(job):
    key = jwk.JWK.from_pem(job["key"].encode())
    token = jws.JWS(job["payload"].encode())
    token.add_signature(key, None, json.dumps(job["header"]))
    if job.get("detached"):
        token.detach_payload()
    return token.serialize(compact=job.get("compact", True))


def authlib_sign(job):
    return JsonWebSignature().serialize_compact(job["header"], job["payload"], job["key"]).decode()


def jwcrypto_verify(job):
    token = jws.JWS()
    token.allowed_algs = [job["alg"]]
    token.deserialize(job["text"], jwk.JWK.from_pem(job["certificate"].encode()))
    return token.payload.decode()


PROGRAMS = {"jwcrypto": jwcrypto_sign, "authlib": authlib_sign, "verify": jwcrypto_verify}
json.dump([PROGRAMS[job["by"]](job) for job in json.load(sys.stdin)], sys.stdout)
