/** Every rule of lint: its stable code, whether it stops an adapter, and what `mra explain` says of it. */

export interface RuleText {
  /** `E-001`, `W-101`: stable, never used for something else. */
  readonly code: string;
  /** What it means. */
  readonly means: string;
  /** What happens when it is left as it is. */
  readonly why: string;
  readonly mend: string;
  readonly example: string;
}

export const lintRules = {
  manifest_invalid: {
    code: 'E-001',
    means: 'A file of data (adapter.yaml, home.yaml) is missing, is no YAML, or does not follow its schema.',
    why: 'Nothing of the adapter can be read; a misspelt key would otherwise be a term that silently does not hold.',
    mend: 'Correct the value at the line named; schemas/adapter.schema.json lists every key with what it takes.',
    example: 'timezone: Europe/Example   becomes   timeZone: Europe/Example',
  },
  table_not_one_to_one: {
    code: 'E-002',
    means: 'On some day one code stands for two of our words, or one word has two codes.',
    why: 'What is written could not be read back: a suspended operator might come back as an active one.',
    mend: 'Give each word a code of its own, and let dated codes end before the next begins.',
    example: "status: { active: '01', suspended: '01' }   becomes   status: { active: '01', suspended: '02' }",
  },
  identifier_invalid: {
    code: 'E-003',
    means:
      'The form of an identifier has no {code}, its pattern is no regular expression, or its example does not follow it.',
    why: 'Operators are found by this form; with a wrong one every declaration would be answered as malformed.',
    mend: 'Correct form, code or example until the example is what a trader really writes.',
    example: "form: 'XA{code}', code: '[0-9]{7}', example: XA1234567",
  },
  template_invalid: {
    code: 'E-004',
    means:
      'A template is missing, is not well-formed, names a value there is not, or lacks one that every message needs.',
    why: 'The template is the writer and the reader of the partner’s messages; without it nothing travels.',
    mend: 'Correct the line named; docs/adapters.md lists holes, lists and transforms.',
    example: '<Name>{nmae.latin}</Name>   becomes   <Name>{name.latin}</Name>',
  },
  seal_unfit: {
    code: 'E-005',
    means:
      'The adapter does not load as a whole: most often the kind of seal does not fit the format of its templates.',
    why: 'A message that cannot be signed as agreed is refused by the partner, unread.',
    mend: 'XML takes xml-signature, JSON takes jws, lines take cms-detached.',
    example: 'seal: { kind: jws, algorithm: ecdsa-p256-sha256 }   for   list.json',
  },
  bands_empty: {
    code: 'E-006',
    means: 'The least number of operators a list may have is more than the most.',
    why: 'Every list would be held for two people, for ever.',
    mend: 'Put the smaller number first.',
    example: 'between: [9, 1]   becomes   between: [1, 9]',
  },
  ask_open: {
    code: 'E-007',
    means: 'A question of the draft has not been answered.',
    why: 'The value in its place is a guess. A guess that travels is a wrong list, not an incomplete one.',
    mend: 'Ask the partner, correct the value at the place named, and take the question away from asks in adapter.yaml.',
    example:
      "asks: [{ at: /codes/status, question: 'What do the codes mean?' }]   is deleted once codes/status is right",
  },
  grade_unknown: {
    code: 'E-008',
    means: 'A grade accepted of the partner is none of the grades in its home.yaml.',
    why: 'In a rehearsal the partner’s side could never send an operator of this grade.',
    mend: 'Use the words of home.yaml in arrangement/grades/theirs.',
    example: 'grades: { theirs: [premium] }   with   grades: [premium, standard]   in home.yaml',
  },
  codes_days: {
    code: 'E-009',
    means: 'The days of a dated code leave a gap, or overlap.',
    why: 'On a day in the gap a whole list would stop; on a day of overlap nobody knows which code is meant.',
    mend: 'Let each code begin on the day after the one before it ends.',
    example: 'active: [{ code: A, until: 2026-06-30 }, { code: ACT, from: 2026-07-01 }]',
  },
  layouts_gap: {
    code: 'E-010',
    means: 'Between two layouts of a message there are days on which none holds.',
    why: 'On those days nothing could be sent or read.',
    mend: 'Let the next layout begin at the latest on the day after the one before it ends; they may overlap.',
    example: 'list: [{ …, until: 2026-06-30 }, { …, from: 2026-07-01 }]',
  },
  parts_missing: {
    code: 'E-011',
    means: 'Lists travel in parts, and a list template does not say which part a message is.',
    why: 'The receiver could not tell whether it has all parts, and would take one part for the whole list.',
    mend: 'Show {message.part.no} and {message.part.of} in the template, or leave lists/partRecords out.',
    example: '<Page no="{message.part.no?}" of="{message.part.of?}"/>',
  },
  identifier_unfit: {
    code: 'E-012',
    means: 'An identifier as it is agreed does not fit the place it has in the partner’s message or schema.',
    why: 'Lists with such an operator would be refused. An identifier is never cut to fit: a cut one names somebody else.',
    mend: 'Agree a longer element with the partner, or another form of identifier (reform), and change schema or form.',
    example: 'maxLength 17 for AEOXA plus fourteen characters: 19 do not fit',
  },
  check_unknown: {
    code: 'E-013',
    means: 'The kind of check digit named for an identifier is not known.',
    why: 'Slips of the pen in identifiers would not be pointed out.',
    mend: 'Name it country.kind as docs/decisions/0005-check-digits.md says, or leave check out.',
    example: 'check: { kind: kr.brn }',
  },
  table_not_total: {
    code: 'E-014',
    means: 'A code table has codes for some words of a closed set and not for all.',
    why: 'On the day the missing word first occurs the whole list could not be written.',
    mend: 'Ask the partner for the missing code and add it.',
    example: 'status: { active: A }   becomes   status: { active: A, suspended: S }',
  },
  kind_not_agreed: {
    code: 'E-015',
    means: 'A sample is a list of a kind that lists/kinds does not name.',
    why: 'Either the partner does send such lists, and they would be refused, or the sample shows what never happens.',
    mend: 'Add the kind to lists/kinds, or take the sample away.',
    example: 'lists: { kinds: [full, delta] }',
  },
  fact_unsourced: {
    code: 'W-101',
    means: 'A term of the arrangement does not say where it was found.',
    why: 'Whoever doubts it later cannot look it up.',
    mend: 'Add source and confidence, or mark it assumed.',
    example: 'directions: { value: [import], source: Announcement 2014/20, confidence: seen }',
  },
  fact_not_agreed: {
    code: 'W-102',
    means: 'The layout is marked agreed, and a term beside it is not.',
    why: 'What is agreed in part is used as if it were agreed.',
    mend: 'Agree it with the partner, and name the document.',
    example: 'confidence: agreed, source: Annex 2 of the arrangement',
  },
  sample_missing: {
    code: 'W-103',
    means: 'One of the conversations that every adapter shows is not among its samples.',
    why: 'A change of the template that breaks it would go unnoticed.',
    mend: 'Add it; copy that of another adapter and change it.',
    example: 'samples/grant-new/1-ours.json and samples/grant-new/2-list.xml',
  },
  readme_missing: {
    code: 'W-104',
    means: 'There is no README.md.',
    why: 'What is peculiar to this partner is then known to one person only.',
    mend: 'Say what is agreed, what is assumed, and where it was found.',
    example: 'adapters/kr/README.md',
  },
  card_missing: {
    code: 'W-105',
    means: 'The adapter does not say who writes which code in which box of an entry.',
    why: 'Operators then do not write their code, and lose benefits that were agreed.',
    mend: 'Add card, with at least one line for home and one for abroad.',
    example: 'card: [{ where: home, system: …, box: …, form: …, example: …, writtenBy: declarant }]',
  },
  loss_untold: {
    code: 'W-106',
    means: 'A template cuts or changes a text so that it cannot be read back, and README.md does not say so.',
    why: 'The partner compares names; a name that was cut looks like another name.',
    mend: 'Name the value or the transform in README.md, with what is lost and that the partner knows.',
    example: '`name.latin` is cut after 26 characters (`max:26`), as the partner’s screens show no more.',
  },
} as const satisfies Record<string, RuleText>;

export type LintRule = keyof typeof lintRules;
