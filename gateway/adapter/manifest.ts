/** adapter.yaml as it is written, and the terms it states; every fact may name its source and how sure it is. */

import type { Arrangement, Benefits, Direction, EntryRole, ListBands, TransportMode } from '../model/arrangement.ts';
import type { Day } from '../model/record.ts';
import type { SealKind, SignatureAlgorithm } from './adapter.ts';
import type { IdentifierData } from './identifiers.ts';

export const confidences = ['agreed', 'seen', 'inferred', 'general', 'assumed'] as const;
export type Confidence = (typeof confidences)[number];

/** Where a fact comes from. `assumed` marks what is to be replaced by what is agreed. */
export interface Sourced {
  readonly source?: string;
  readonly confidence?: Confidence;
}

export type Fact<T> = Sourced & { readonly value: T };
/** A fact with two sides: `ours` belongs to the administration that wrote the folder. */
export type TwoSided<T> = Sourced & { readonly theirs: T; readonly ours: T };

export interface MessageData {
  readonly template: string;
  readonly schema: string;
  readonly type?: string;
  readonly contentType?: string;
}

export interface Manifest {
  readonly partner: string;
  readonly name: string;
  readonly timeZone: string;
  /** `reference`: layouts of our own in place of an agreed specification. */
  readonly stage: 'reference' | 'agreed';
  readonly arrangement: {
    readonly title: string;
    readonly inForce: Sourced & {
      readonly from: Day;
      readonly until?: Day;
      readonly modes?: Readonly<Partial<Record<TransportMode, Day>>>;
    };
    readonly programme: TwoSided<string>;
    readonly grades: TwoSided<readonly string[]>;
    readonly directions: Fact<readonly Direction[]>;
    readonly entryRoles: Fact<readonly EntryRole[]>;
    readonly benefits: Fact<Benefits>;
    readonly maxAgeSeconds: Fact<number>;
    readonly bands: TwoSided<ListBands>;
  };
  readonly identifiers: {
    readonly theirs: IdentifierData & Sourced;
    readonly ours: IdentifierData & Sourced;
  };
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly seal: { readonly kind: SealKind; readonly algorithm: SignatureAlgorithm };
  readonly transport: 'https' | 'amqp';
  readonly messages: { readonly list: MessageData; readonly reply: MessageData };
}

/** The terms for the gateway of one side. `ours`: the administration that wrote the folder. */
export function termsOf({ arrangement }: Manifest, side: 'ours' | 'theirs'): Arrangement {
  const other = side === 'ours' ? 'theirs' : 'ours';
  const { title, inForce, programme, grades, directions, entryRoles, benefits, maxAgeSeconds, bands } = arrangement;
  const { from, until, modes } = inForce;
  return {
    title,
    programme: programme[other],
    inForce: { from, ...(until === undefined ? {} : { until }), ...(modes === undefined ? {} : { modes }) },
    directions: directions.value,
    entryRoles: entryRoles.value,
    grades: grades[side],
    benefits: benefits.value,
    maxAgeSeconds: maxAgeSeconds.value,
    bands: bands[other],
  };
}
