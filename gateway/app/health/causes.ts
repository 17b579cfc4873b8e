/** Why an alarm is open: who must act, and which other problems of the same partners it explains. The texts are in schemas/code-explanations.json. */

/** Published: who must act. `we`: the administration whose gateway this is. */
export type Actor = (typeof actorList)[number];

export const actorList = ['we', 'partner', 'network', 'broker', 'certificate_authority', 'data_owner'] as const;

/** Published: the causes of alarms. */
export type Cause = keyof typeof actors;

const actors = {
  // The gateway
  settings_faulty: 'we',
  store_unwritable: 'we',
  store_older: 'we',
  disk_full: 'we',
  log_altered: 'we',
  files_exposed: 'we',
  clock_wrong: 'we',
  key_expiring: 'we',
  key_expired: 'we',
  broker_down: 'broker',
  broker_network: 'network',
  broker_access: 'we',
  broker_blocked: 'broker',
  broker_incomplete: 'broker',
  dead_letters: 'we',

  // The way to a partner
  network_down: 'network',
  partner_down: 'partner',
  partner_busy: 'partner',
  partner_certificate: 'partner',
  certificate_untrusted: 'certificate_authority',
  our_certificate: 'we',
  not_registered: 'partner',
  access_refused: 'we',
  address_wrong: 'we',
  message_refused: 'we',
  no_queue: 'partner',
  broker_refuses: 'broker',
  files_unusable: 'partner',
  folder_unusable: 'we',
  clock_of_partner: 'partner',

  // Our messages
  message_altered: 'we',
  message_held: 'partner',
  no_answer: 'partner',
  lease_expired: 'we',
  list_rejected: 'we',
  list_not_sent: 'we',
  list_by_file: 'we',
  records_refused: 'data_owner',
  restriction_unacknowledged: 'partner',

  // Messages of a partner
  answers_exposed: 'we',
  numbers_differ: 'we',
  numbers_missing: 'partner',
  news_not_taken: 'we',
  certificate_missing: 'we',
  certificate_unreadable: 'we',
  certificate_expiring: 'partner',
  certificate_expired: 'partner',
  list_due: 'partner',
  list_stale: 'partner',
  list_held: 'we',
  lists_lost: 'partner',
  message_rejected: 'partner',
  signature_rejected: 'partner',
  path_rejected: 'certificate_authority',
} as const satisfies Record<string, Actor>;

export function isCause(text: string): text is Cause {
  return Object.hasOwn(actors, text);
}

export function whoMustAct(cause: Cause): Actor {
  return actors[cause];
}

/** What follows where a partner does not get our messages. */
const notDelivered: readonly Cause[] = ['no_answer', 'list_not_sent', 'restriction_unacknowledged', 'lease_expired'];
/** The same where it cannot reach us either, or is not there at all. */
const silent: readonly Cause[] = [
  ...notDelivered,
  'list_due',
  'list_stale',
  'files_unusable',
  'folder_unusable',
  'numbers_missing',
];
const certificates: readonly Cause[] = ['partner_certificate', 'certificate_untrusted'];

const followers: Partial<Record<Cause, readonly Cause[]>> = {
  disk_full: ['store_unwritable'],
  store_older: ['log_altered'],
  store_unwritable: ['list_not_sent', 'lease_expired'],
  clock_wrong: ['clock_of_partner', 'lease_expired', 'message_rejected'],
  key_expired: ['our_certificate', 'not_registered', 'list_not_sent'],
  broker_down: ['broker_refuses', ...silent],
  broker_network: ['broker_refuses', ...silent],
  broker_access: ['broker_refuses', ...silent],
  broker_blocked: ['broker_refuses', ...notDelivered],
  broker_incomplete: ['broker_refuses', 'no_queue', ...silent],
  settings_faulty: silent,
  network_down: silent,
  partner_down: silent,
  files_unusable: silent,
  folder_unusable: silent,
  certificate_expired: [...certificates, ...silent, 'signature_rejected', 'message_rejected'],
  certificate_missing: ['signature_rejected', 'path_rejected', 'list_due', 'list_stale'],
  certificate_unreadable: ['signature_rejected', 'path_rejected', 'list_due', 'list_stale'],
  signature_rejected: ['list_due', 'list_stale'],
  path_rejected: ['list_due', 'list_stale'],
  message_rejected: ['list_due', 'list_stale'],
  list_held: ['list_due', 'list_stale'],
  message_held: notDelivered,
  message_altered: [...notDelivered, 'list_rejected'],
  no_answer: ['list_not_sent', 'restriction_unacknowledged'],
  list_rejected: ['list_not_sent', 'restriction_unacknowledged', 'records_refused'],
  list_by_file: ['restriction_unacknowledged'],
  ...Object.fromEntries(
    (
      [
        ...['partner_busy', 'partner_certificate', 'certificate_untrusted', 'our_certificate', 'not_registered'],
        ...['access_refused', 'address_wrong', 'message_refused', 'no_queue', 'broker_refuses'],
      ] as const
    ).map((cause) => [cause, notDelivered]),
  ),
};

/** Whether a problem of one cause makes one of the other: it gets no alarm of its own then. */
export function explains(cause: Cause, other: Cause): boolean {
  return followers[cause]?.includes(other) === true;
}

/** What keeps messages from a partner, by the evidence of the last attempt (wire/transport): the first pattern that fits decides. */
const evidences: readonly (readonly [RegExp, Cause])[] = [
  [/^authorization server: (?=\D*$)/u, 'partner_down'],
  [/^authorization server: HTTP [4]/u, 'access_refused'],
  [
    /\b(ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)\b/u,
    'network_down',
  ],
  [/^HTTP (407|502|504)\b/u, 'network_down'],
  [/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|ERR_TLS_CERT_ALTNAME_INVALID)$/u, 'partner_certificate'],
  [/^ERR_SSL_.*CERTIFICATE_EXPIRED/u, 'our_certificate'],
  [/^ERR_SSL_.*(CERTIFICATE|UNKNOWN_CA|CERT_)/u, 'not_registered'],
  [/^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_(CA|PURPOSE)|ERR_TLS_CERT)/u, 'certificate_untrusted'],
  [/^(ERR_SSL_|EPROTO|HPE_|HTTP (3|404|405|410|421))/u, 'address_wrong'],
  [/^HTTP 401\b/u, 'access_refused'],
  [/^HTTP 403\b/u, 'not_registered'],
  [/^HTTP (429|503)\b/u, 'partner_busy'],
  [/^HTTP 4/u, 'message_refused'],
  [/^unroutable/u, 'no_queue'],
  [/ has another host key/u, 'partner_certificate'],
  [/ refused the account| offers no file|^the private key /u, 'access_refused'],
  [/^E[A-Z]+ at /u, 'folder_unusable'],
  [/^SFTP status | cannot do it at | was written and has /u, 'files_unusable'],
  [/\b(broker|exchange has other|account may not write|confirm)\b/u, 'broker_refuses'],
];

export function causeOfFailure(evidence: string | undefined): Cause {
  return evidences.find(([pattern]) => pattern.test(evidence ?? ''))?.[1] ?? 'partner_down';
}

/** Why a message waits for staff, by the reason of its hold. */
export function causeOfHold(reason: string | undefined, evidence: string | undefined): Cause {
  if (reason === 'altered') return 'message_altered';
  const refused = reason === 'refused' ? causeOfFailure(evidence) : 'message_held';
  return refused === 'partner_down' ? 'message_held' : refused;
}

/** Why a message of a partner was rejected, by its code. */
export function causeOfRejection(code: string | undefined): Cause {
  if (code === 'E_CERTIFICATE_PATH') return 'path_rejected';
  return /^E_(SIGNATURE|SIGNER|KEY|CERTIFICATE)_/u.test(code ?? '') ? 'signature_rejected' : 'message_rejected';
}
