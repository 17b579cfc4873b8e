/**
 * The record of an operator, as its own programme knows it and as a list shows it to a partner. `recordFields` is the one place
 * that names and orders its fields: canonical text, stored text, import columns, template holes, record faults and what a partner
 * may see all derive from it.
 */

/** What an operator does in the trade. The WCO roles of AEO programmes. */
export const roles = [
  'exporter',
  'importer',
  'manufacturer',
  'warehouse',
  'forwarder',
  'broker',
  'carrier',
  'terminal',
] as const;
export type Role = (typeof roles)[number];

/** The operator asked to be `withdrawn`; `revoked` is a decision of the administration. */
export const operatorStatuses = ['active', 'suspended', 'revoked', 'withdrawn'] as const;
export type OperatorStatus = (typeof operatorStatuses)[number];
/** The statuses that a list shows; other operators leave it. */
export const listedStatuses = ['active', 'suspended'] as const satisfies readonly OperatorStatus[];

/** A calendar day, `YYYY-MM-DD`, in the calendar of the administration that states it. */
export type Day = string;
/** A moment in UTC, `YYYY-MM-DDTHH:MM:SS.sssZ`. Text, so that it sorts the same in every store. */
export type Moment = string;

/** A text in the operator's own script and in Latin letters; either may be absent. */
interface TwoScripts {
  readonly local?: string;
  readonly latin?: string;
}

interface Address extends TwoScripts {
  readonly city?: string;
  readonly postcode?: string;
}

/** The customs official whom the programme assigns to the enterprise. */
interface Coordinator {
  readonly name?: string;
  readonly telephone?: string;
  readonly email?: string;
}

export interface DomesticRecord {
  /** The registration code partners know the operator by, once the partner's form is applied. */
  readonly code: string;
  /** The number of the business itself (a unified social credit code, a UEN …). */
  readonly businessNumber?: string;
  readonly name: TwoScripts;
  readonly address: Address;
  /** A grade of the home programme; which law gave it follows from `gradeSince` (home.ts, `decreeAt`). */
  readonly grade: string;
  readonly gradeSince: Day;
  readonly status: OperatorStatus;
  readonly statusSince: Day;
  readonly roles: readonly Role[];
  /** Whether the operator agrees that partners learn of it. Without it nothing leaves. */
  readonly consent: boolean;
  readonly consentSince?: Day;
  readonly coordinator?: Coordinator;
}

/** One operator on a list, as both sides understand it. */
export interface ListRecord {
  /** As the receiving side writes it: `AEOCN4403131697`, `KR1234567`. The key of the list. */
  readonly identifier: string;
  readonly name: TwoScripts;
  readonly address: Address;
  readonly grade: string;
  readonly status: (typeof listedStatuses)[number];
  readonly statusSince: Day;
  readonly validFrom: Day;
  readonly validTo?: Day;
  readonly roles: readonly Role[];
  readonly coordinator?: Coordinator;
}

/** The paths of the single values of a record. Roles, a list, have none. */
type PathOf<T> = {
  [K in keyof T & string]-?: NonNullable<T[K]> extends readonly unknown[]
    ? never
    : NonNullable<T[K]> extends object
      ? `${K}.${keyof NonNullable<T[K]> & string}`
      : K;
}[keyof T & string];
export type DomesticPath = PathOf<DomesticRecord>;
export type ListPath = PathOf<ListRecord>;

interface RecordField {
  /** Path in a list record, as templates and digests use it. Absent: partners never receive the value. */
  readonly listed?: ListPath;
  /** Path in a domestic record, as import columns use it. Absent: our programme states no such value. */
  readonly domestic?: DomesticPath;
  readonly kind: 'text' | 'words' | 'day';
  readonly words?: readonly string[];
  /** A list record always has it. */
  readonly required?: true;
  /** Text for people, which a partner may receive shortened; no rule decides by it. */
  readonly free?: true;
  /** Expected in Latin letters. */
  readonly latin?: true;
  /** Digits, which a spreadsheet may take for a quantity. */
  readonly numeric?: true;
  /** Belongs to a group that texts, files and lists may leave out altogether: texts without it are as they were before it existed. */
  readonly optionalGroup?: true;
  readonly title: string;
}

/** The fields in order. Those with `optionalGroup` stand last, and behind the roles in every text. */
export const recordFields: readonly RecordField[] = [
  { listed: 'identifier', domestic: 'code', kind: 'text', required: true, title: 'registration code' },
  { domestic: 'businessNumber', kind: 'text', title: 'business number' },
  { listed: 'name.local', domestic: 'name.local', kind: 'text', free: true, title: 'name in its own script' },
  {
    listed: 'name.latin',
    domestic: 'name.latin',
    kind: 'text',
    free: true,
    latin: true,
    title: 'name in Latin letters',
  },
  { listed: 'address.local', domestic: 'address.local', kind: 'text', free: true, title: 'address in its own script' },
  {
    ...{ listed: 'address.latin', domestic: 'address.latin', kind: 'text', free: true, latin: true },
    title: 'address in Latin letters',
  },
  { listed: 'address.city', domestic: 'address.city', kind: 'text', free: true, title: 'city' },
  {
    ...{ listed: 'address.postcode', domestic: 'address.postcode', kind: 'text', free: true, numeric: true },
    title: 'postcode',
  },
  { listed: 'grade', domestic: 'grade', kind: 'text', required: true, title: 'grade' },
  {
    ...{ listed: 'status', domestic: 'status', kind: 'words', words: listedStatuses, required: true },
    title: 'status',
  },
  { listed: 'statusSince', domestic: 'statusSince', kind: 'day', required: true, title: 'day of the status' },
  { listed: 'validFrom', domestic: 'gradeSince', kind: 'day', required: true, title: 'day of the grade' },
  { listed: 'validTo', kind: 'day', title: 'last day of validity' },
  { domestic: 'consent', kind: 'words', words: ['yes', 'no'], title: 'consent' },
  { domestic: 'consentSince', kind: 'day', title: 'day of the consent' },
  {
    ...{ listed: 'coordinator.name', domestic: 'coordinator.name', kind: 'text', free: true, optionalGroup: true },
    title: 'name of the customs coordinator',
  },
  {
    ...{ listed: 'coordinator.telephone', domestic: 'coordinator.telephone', kind: 'text', numeric: true },
    ...{ optionalGroup: true, title: 'telephone of the customs coordinator' },
  },
  {
    ...{ listed: 'coordinator.email', domestic: 'coordinator.email', kind: 'text', optionalGroup: true },
    title: 'e-mail address of the customs coordinator',
  },
];

/** A field of list records, and one of domestic records. */
type ListField = RecordField & { readonly listed: ListPath };
export type DomesticField = RecordField & { readonly domestic: DomesticPath };

export const listFields = recordFields.filter((field): field is ListField => field.listed !== undefined);
export const domesticFields = recordFields.filter((field): field is DomesticField => field.domestic !== undefined);

/** The paths of texts in a list record for which no other rule holds than that people can read them. */
export const textPaths: readonly ListPath[] = listFields
  .filter(({ kind, required }) => kind === 'text' && required !== true)
  .map(({ listed }) => listed);
