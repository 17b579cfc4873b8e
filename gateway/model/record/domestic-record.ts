/** The domestic record: one of our own operators, as our own programme knows it. */

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

/** `withdrawn` is by the operator's own wish, `revoked` is not. */
export const operatorStatuses = ['active', 'suspended', 'revoked', 'withdrawn'] as const;
export type OperatorStatus = (typeof operatorStatuses)[number];

/** A calendar day, `YYYY-MM-DD`, in the calendar of the administration that states it. */
export type Day = string;
/** A moment in UTC, `YYYY-MM-DDTHH:MM:SS.sssZ`. Text, so that it sorts the same in every store. */
export type Moment = string;

/** A text in the operator's own script and in Latin letters; either may be absent. */
export interface TwoScripts {
  readonly local?: string;
  readonly latin?: string;
}

export interface Address extends TwoScripts {
  readonly city?: string;
  readonly postcode?: string;
}

/** The paths of an operator's texts, in the order in which they are kept wherever they stand side by side. */
export const textPaths = [
  'name.local',
  'name.latin',
  'address.local',
  'address.latin',
  'address.city',
  'address.postcode',
] as const;

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
}
