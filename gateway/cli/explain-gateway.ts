/** What `mra explain` says of errors of this gateway and of requests to it: why each matters, what mends it, an example. */

import type { ErrorCode } from '../model/errors.ts';
import type { Explanation } from './explain.ts';

export const gatewayErrors = {
  E_ARRANGEMENT_NOT_IN_FORCE: [
    'Outside the days of the arrangement nothing may be sent, and no benefit is due.',
    'Wait, or correct inForce in adapter.yaml when the day is wrong.',
    'In force from 1 May, sent on 30 April',
  ],
  E_LIST_KIND: [
    'The partner would refuse it unread.',
    'Send a full list, or agree deltas and add them to lists/kinds.',
    'mra list send XA --delta, with kinds: [full]',
  ],
  E_NOTHING_HELD: [
    'A delta says what changed since a list the partner does not have.',
    'Send a full list first (mra list send … --full).',
    'The first message to a new partner',
  ],
  E_STREAM_MOVED: [
    'Two lists were made at once; only one of them may follow the last.',
    'Try again: the next attempt starts from what the partner then holds.',
    'Two operators run mra list send at the same time',
  ],
  E_MESSAGE_UNKNOWN: [
    'The number belongs to no message kept here.',
    'Check the number with mra message list.',
    'mra message show m-0000',
  ],
  E_DELIVERY_FAILED: [
    'The list stays in the outbox and grows older until it arrives.',
    'Nothing at first: it is tried again. Then check address, firewall and the partner’s notice of downtime.',
    'Connection refused',
  ],
  E_DELIVERY_UNKNOWN: [
    'The answer was lost, not necessarily the message.',
    'Nothing: the same bytes are sent again under the same number until a receipt is held.',
    'The connection broke after the last byte',
  ],
  E_BROKER_UNREACHABLE: [
    'Messages over the broker wait.',
    'Check broker/url and whether the broker runs (mra doctor).',
    'amqp://… refuses the connection',
  ],
  E_APPROVAL_NEEDED: [
    'A list that moves too far is never applied on the word of one person.',
    'Ask a second person to decide.',
    'One approval of two',
  ],
  E_APPROVAL_REPEATED: [
    'Two decisions of one person are one decision.',
    'Ask somebody else.',
    'The same name approves twice',
  ],
  E_REQUEST_INVALID: [
    'The request cannot be understood without guessing.',
    'Follow the fix that stands with the error; --help shows the options.',
    '--runs ten',
  ],
  E_REQUEST_MALFORMED: [
    'A body that cannot be read has no meaning.',
    'Send JSON or XML in UTF-8, and say which in Content-Type.',
    'A body cut in the middle',
  ],
  E_REQUEST_TYPE: [
    'Another content type may mean another thing altogether.',
    'Send application/json, or application/xml where the door takes it.',
    'Content-Type: text/html',
  ],
  E_ROUTE_UNKNOWN: ['Nothing answers at this address.', 'Check the path against docs/border.md.', '/v1/chekcs'],
  E_METHOD_UNKNOWN: [
    'The address exists and does something else.',
    'Use the method that Allow names.',
    'GET where POST is meant',
  ],
  E_BUSY: [
    'Answering slowly to everybody is worse than answering late to some.',
    'Try again after the seconds that Retry-After names.',
    'A thousand assessments in one second',
  ],
  E_OPERATOR_UNKNOWN: [
    'There is no domestic record of this code.',
    'Import it (mra operator import), or correct the code.',
    'mra operator show 0000000000',
  ],
  E_PARTNER_UNKNOWN: [
    'No arrangement with this administration is set up here.',
    'Add it under partners in the configuration, or correct the letters.',
    'mra list send ZZ',
  ],
  E_ENTRY_UNREADABLE: [
    'A declaration that is not understood cannot be assessed.',
    'Use a profile of schemas/entry-profiles, or write one for the border system.',
    'A declaration in a layout of its own',
  ],
  E_CONSULTATION_UNKNOWN: [
    'No recorded answer has this number.',
    'Check the number on the declaration.',
    'A number of another gateway',
  ],
  E_CONSULTATION_NUMBER: [
    'Its check character does not fit, so it was mistyped.',
    'Type it again; look at 0 and O, 1 and I.',
    'One character too few',
  ],
  E_ASSESSMENT_UNKNOWN: ['No recorded assessment has this number.', 'Check the number.', 'A number of another gateway'],
  E_IDEMPOTENCY_MISMATCH: [
    'One key for two questions would give the second the answer of the first.',
    'Use a new key for each request; repeat a key only with the same body.',
    'The same key for two entries',
  ],
  E_FILE_UNREADABLE: [
    'A file that is read in part is a list in part.',
    'Check path, rights and encoding; save as CSV UTF-8.',
    'A workbook instead of CSV',
  ],
  E_FILE_STRUCTURE: [
    'A column taken for another would mix up operators.',
    'Give the columns the titles that home.yaml names.',
    'custom_code instead of customs_code',
  ],
  E_SAMPLE_UNREADABLE: [
    'No adapter can be drafted from what cannot be read.',
    'Give a message as the partner sends it; name the operator’s number with --answer where nothing looks like it.',
    'A PDF of the specification',
  ],
  E_CONFIG_INVALID: [
    'A setting that is passed over in silence is a door left open.',
    'Correct the line named; docs/gateway.example.yaml shows every setting.',
    'port: eight',
  ],
  E_ADAPTER_INVALID: [
    'An adapter that does not load speaks for a partner wrongly or not at all.',
    'Run mra adapter lint: it names every fault, with line and fix.',
    'A template without {identifier}',
  ],
  E_ADAPTER_UNCERTIFIED: [
    'In production a guess would reach the border.',
    'Bring it to silver: mra adapter certify names what is open.',
    'A draft with open questions',
  ],
  E_ADAPTER_UNKNOWN: [
    'There is no folder of this name with an adapter.yaml.',
    'Name a folder under adapters/, or draft one with mra adapter new.',
    'mra adapter lint zz',
  ],
  E_KEY_MISSING: [
    'Nothing can be signed or proved without it.',
    'Put the file where the configuration says, or let mra key make one.',
    'certificates/signing names a file that is not there',
  ],
  E_STORE_UNREACHABLE: [
    'Nothing may be confirmed that is not stored.',
    'Check the address and whether the database runs (mra doctor).',
    'The database restarts',
  ],
  E_STORE_UNDURABLE: [
    'What it confirms may be gone after a power cut.',
    'Switch on fsync and synchronous_commit.',
    'fsync = off',
  ],
  E_STORE_SCHEMA: [
    'Another version of the gateway keeps its data differently.',
    'Run the version that made it, or the newer one, which moves the data.',
    'A store of tomorrow’s version',
  ],
  E_OUTCOME_UNKNOWN: [
    'The connection broke while the change was being stored.',
    'Ask again with the same key: what was stored is not stored twice.',
    'The database went away during the commit',
  ],
  E_INTERNAL: [
    'Something happened that nobody foresaw.',
    'Look at the log for the cause, and report it; the request was not half done.',
    'A bug',
  ],
} as const satisfies Partial<Record<ErrorCode, Explanation>>;
