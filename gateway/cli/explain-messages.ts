/** What `mra explain` says of errors in messages: why each matters, what mends it, an example. */

import type { ErrorCode } from '../model/errors.ts';
import type { Explanation } from './explain.ts';

export const messageErrors = {
  E_CHANNEL_UNKNOWN: [
    'Whoever is not registered could otherwise fill the store or guess at operators.',
    'Register the partner’s TLS certificate under partners/…/certificates/tls, or find out who called.',
    'A test client connects with its own certificate instead of the partner’s.',
  ],
  E_CHANNEL_MISMATCH: [
    'One partner must never speak on the channel of another.',
    'Let the partner connect with its own certificate; check that no certificate stands under two partners.',
    'The certificate of one partner posts to the address of another.',
  ],
  E_SIZE_EXCEEDED: [
    'A message without limit would stop the gateway for everybody.',
    'Send the list in parts (lists/partRecords), or agree a larger exchange/maxBytes.',
    'A list of 400,000 operators in one message of 130 MB.',
  ],
  E_BYTES_INVALID: [
    'Two programs that read broken bytes differently would read two different lists.',
    'Write UTF-8 without byte order mark in the middle, and without cut characters.',
    'A name saved as GB18030 inside a message that says UTF-8.',
  ],
  E_XML_FORBIDDEN: [
    'Document types, processing instructions and CDATA are how XML is used to read files or to hide what was signed.',
    'Take the construct out of the message.',
    '<!DOCTYPE list SYSTEM "file:///etc/passwd">',
  ],
  E_XML_MALFORMED: [
    'What is not well-formed has no agreed meaning.',
    'Correct the message at the line and column named.',
    '</Header> missing before <Operators>',
  ],
  E_JSON_MALFORMED: [
    'Members that stand twice, or numbers that lose digits, are read differently by different programs.',
    'Write strict JSON: no repeated member, no comment, no number beyond what a double keeps.',
    '{"status":"A","status":"S"}',
  ],
  E_TEXT_MALFORMED: [
    'A line that ends differently for two readers is two different records.',
    'End every line with CR LF, the last one too, and leave control characters out.',
    'A file saved with line feeds only.',
  ],
  E_LIMIT_EXCEEDED: [
    'Depth and number are how a small message is made to cost much.',
    'Send fewer records in one message; do not nest deeper than the agreed layout.',
    'Two hundred levels of elements.',
  ],
  E_SIGNATURE_MISSING: [
    'Nobody could prove later who sent the list.',
    'Sign the message as the adapter’s seal says.',
    'The draft was sent instead of the sealed message.',
  ],
  E_SIGNATURE_PROFILE: [
    'A signature built otherwise may be right and still not say what it seems to say.',
    'Build it as docs/message-cycle.md shows: one signature, last in the root, one reference, the agreed transforms.',
    'Two signatures in one message.',
  ],
  E_SIGNATURE_ALGORITHM: [
    'An algorithm nobody agreed on is how weak ones come in.',
    'Sign with the algorithm of seal/algorithm in adapter.yaml.',
    'rsa-sha1',
  ],
  E_SIGNATURE_REFERENCE: [
    'What the signature does not cover could be changed on the way.',
    'Let the one reference name the Id of the root element.',
    'A signature over the header only.',
  ],
  E_SIGNATURE_INVALID: [
    'The message was changed after it was signed, or signed with another key.',
    'Send the sealed bytes exactly as they were made; look for a proxy that reformats XML.',
    'A middlebox turned line ends into CR LF.',
  ],
  E_SIGNER_UNKNOWN: [
    'A right signature by somebody else proves nothing about the partner.',
    'Register the partner’s new signing certificate before it is used (mra key).',
    'The partner changed its key last night and told nobody.',
  ],
  E_KEY_WEAK: [
    'A short key can be forged in the lifetime of a list.',
    'Use RSA of at least 2048 bits, or ECDSA on P-256.',
    'RSA of 1024 bits.',
  ],
  E_CERTIFICATE_PATH: [
    'Without a path to the agreed anchor anybody could have made the certificate.',
    'Register the anchor, or have the certificate issued under it.',
    'A self-signed certificate while an authority was agreed.',
  ],
  E_CERTIFICATE_TIME: [
    'An expired certificate says nothing about today.',
    'Renew the certificate and exchange it in time.',
    'Valid until yesterday.',
  ],
  E_CERTIFICATE_USAGE: [
    'A key given out for something else must not sign lists.',
    'Issue a certificate with digitalSignature.',
    'A TLS server certificate used for signing.',
  ],
  E_TRUST_UNCHECKED: [
    'A path that was not checked is not a path that is good.',
    'Install openssl, or set checkPath: false where certificates are registered one by one.',
    'openssl is not on the machine.',
  ],
  E_SCHEMA_INVALID: [
    'What the schema refuses was never agreed, and the other side would refuse it.',
    'Correct the message, or the schema where the partner changed its layout.',
    'line 12, /List/Operator[3]/DateFrom: pattern',
  ],
  E_ELEMENT_UNKNOWN: [
    'An element passed over in silence may be the one that says “suspended”.',
    'Show it in the template, or mark it t:ignore (XML), $ignore (JSON) or {ignored} (lines).',
    '<RegionCode>N4</RegionCode>',
  ],
  E_ELEMENT_MISSING: [
    'The model needs the value; a guess in its place would be a wrong list.',
    'Send the element, or give the hole a question mark where the model lets it be absent.',
    'A record without <ValidFrom>.',
  ],
  E_CODE_UNKNOWN: [
    'A code with no agreed meaning could mean the opposite of what is guessed.',
    'Ask the partner what the code means, and add it to the table under codes.',
    'status P, while A and S were agreed',
  ],
  E_VALUE_INVALID: [
    'A day that does not exist or a text with a hidden character cannot be compared.',
    'Correct the value at the place named; check date patterns and widths of the template.',
    '31/02/2026 under date:dd/MM/yyyy',
  ],
  E_MESSAGE_MISADDRESSED: [
    'A list made for another administration says nothing we may use.',
    'Send it to the administration it names.',
    'to: XB arrived at XA',
  ],
  E_MESSAGE_SENDER: [
    'The signature says who speaks; a message that claims somebody else is a forgery or a mix-up.',
    'Let sender and signing key belong to one administration.',
    'from: XC, signed with the key of XB',
  ],
  E_MESSAGE_CONFLICT: [
    'One number for two contents means that one of them cannot be proved.',
    'Give every message a number of its own; repeat a message only unchanged.',
    'm-0007 sent again with one operator more',
  ],
  E_MESSAGE_TIME: [
    'A message from the future would make a list look fresh for longer than it is.',
    'Set the clock of the sender (NTP).',
    'Issued six minutes from now.',
  ],
  E_MESSAGE_KIND: [
    'Only lists and replies of the agreed layouts are exchanged.',
    'Send the agreed type; check namespace, typ or media type against the adapter.',
    'A delta where only full lists were agreed.',
  ],
  E_SEQUENCE_GAP: [
    'A delta applied over a gap gives a list nobody ever had.',
    'Send a full list; the receipt already asked for it.',
    '17 is held, 19 arrived',
  ],
  E_SEQUENCE_ROLLBACK: [
    'An older list would bring revoked operators back.',
    'Nothing, when it is a late copy; else start a new epoch with a full list.',
    '17 arrived after 18 was applied',
  ],
  E_SEQUENCE_FORK: [
    'Two histories with one number: one side was restored from a backup.',
    'Start a new epoch with a full list.',
    '18 continues a chain that is not the one held',
  ],
  E_LIST_ROOT: [
    'Both sides would hold different lists and believe that they agree.',
    'Compare the lists; send a full one.',
    'The root after the delta differs from the one the message states.',
  ],
  E_LIST_PART: [
    'A list put together from parts of two lists is none of them.',
    'Send all parts of one list, in order, once each.',
    'Part 3 of 7 after part 1',
  ],
  E_RECORD_SCOPE: [
    'A partner may speak of its own operators only; else it could end the benefits of another’s.',
    'Take the record out, or correct the form of identifiers.',
    'XB1234 in a list of XC',
  ],
  E_RECORD_REPEATED: [
    'Two records of one operator may contradict each other.',
    'Send each operator once.',
    'XB1234 as active and as suspended',
  ],
  E_LIST_REFUSED: [
    'Two people saw that the list cannot be right.',
    'Ask them for the reason, and send a corrected full list.',
    'A list that shrank by half over night',
  ],
  E_RECEIPT_UNMATCHED: [
    'A receipt for nothing we sent is a mistake or an attempt.',
    'Compare the message id and digest with what was sent (mra message show).',
    'A receipt after the store was restored',
  ],
} as const satisfies Partial<Record<ErrorCode, Explanation>>;
