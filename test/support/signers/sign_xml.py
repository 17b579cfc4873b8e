"""Signs XML files with python3-xmlsec, as its documentation does. Standard input: JSON, a list of jobs."""

import json
import sys

import xmlsec
from lxml import etree

TRANSFORMS = {
    "exclusive": xmlsec.constants.TransformExclC14N,
    "inclusive": xmlsec.constants.TransformInclC14N,
    "rsa-sha256": xmlsec.constants.TransformRsaSha256,
    "rsa-sha512": xmlsec.constants.TransformRsaSha512,
    "ecdsa-p256-sha256": xmlsec.constants.TransformEcdsaSha256,
    "ecdsa-p384-sha384": xmlsec.constants.TransformEcdsaSha384,
    "sha256": xmlsec.constants.TransformSha256,
    "sha384": xmlsec.constants.TransformSha384,
    "sha512": xmlsec.constants.TransformSha512,
}


def sign(job):
    root = etree.fromstring(job["text"].encode())
    signature = xmlsec.template.create(
        root, TRANSFORMS[job["c14n"]], TRANSFORMS[job["algorithm"]], name=job.get("signatureId"), ns="ds"
    )
    root.append(signature)
    reference = xmlsec.template.add_reference(signature, TRANSFORMS[job["digest"]], uri=job["uri"])
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    if job["transforms"] == "enveloped+c14n":
        xmlsec.template.add_transform(reference, TRANSFORMS[job["c14n"]])
    if job["keyInfo"] != "none":
        info = xmlsec.template.ensure_key_info(signature)
        if job["keyInfo"] == "keyName":
            xmlsec.template.add_key_name(info, job["name"])
        elif job["keyInfo"] == "keyValue":
            xmlsec.template.add_key_value(info)
        else:
            data = xmlsec.template.add_x509_data(info)
            xmlsec.template.x509_data_add_certificate(data)
            if job["keyInfo"] == "chain":
                xmlsec.template.x509_data_add_subject_name(data)
                issuer = xmlsec.template.x509_data_add_issuer_serial(data)
                xmlsec.template.x509_issuer_serial_add_issuer_name(issuer)
                xmlsec.template.x509_issuer_serial_add_serial_number(issuer)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(job["key"], xmlsec.constants.KeyDataFormatPem)
    context.key.load_cert_from_file(job["certificate"], xmlsec.constants.KeyDataFormatCertPem)
    context.register_id(root, "Id")
    context.sign(signature)
    return etree.tostring(root).decode()


json.dump([sign(job) for job in json.load(sys.stdin)], sys.stdout)
