/** The contents of adapter.yaml, and the terms of the arrangement for each side. Every fact may state its source and confidence. */

import type { CardLine } from '../model/corridor-card.ts';
import type { KeyTerms } from '../model/partner-key.ts';
import type {
  Arrangement,
  Benefits,
  Direction,
  EntryRole,
  Fact,
  Limits,
  ListBands,
  Matching,
  Sourced,
  TransportMode,
} from '../model/arrangement.ts';
import type { SealTerms } from '../model/message.ts';
import type { Day } from '../model/record/record.ts';
import type { TransportKind } from './adapter.ts';
import type { ConversationData } from './conversation/conversation.ts';
import type { IdentifierData } from './identifiers.ts';
import type { MemorandumData } from '../model/memorandum.ts';
import type { MessageData, MessageVersion } from './message-data.ts';
import { present } from '../model/present.ts';

/** A fact with two sides: `ours` belongs to the administration that wrote the folder. */
type TwoSided<T> = Sourced & { readonly theirs: T; readonly ours: T };

/** A code and the period in which it stands for our word. */
export interface DatedCode {
  readonly code: string;
  readonly from?: Day;
  readonly until?: Day;
}

/** What is written for each word without a code, and the word as which that is read. */
export interface OtherWords {
  readonly write: string;
  readonly read: string;
}

/** Codes by our words; `else`: for all other words. */
type CodeRows = Readonly<Record<string, string | readonly DatedCode[] | OtherWords>>;

/** The rows of a table without `else`. */
export function wordRows(rows: CodeRows): [word: string, codes: string | readonly DatedCode[]][] {
  return Object.entries(rows).flatMap(([word, codes]) =>
    typeof codes === 'object' && 'write' in codes ? [] : [[word, codes]],
  );
}

export function otherWords({ else: other }: CodeRows): OtherWords | undefined {
  return typeof other === 'object' && 'write' in other ? other : undefined;
}

/** An open question. Lint reports it until it is deleted. */
export interface Ask {
  /** A JSON Pointer into adapter.yaml, or `list.xml#/Root/Element`. */
  readonly at: string;
  readonly question: string;
}

export interface Manifest {
  /** `agency`: with a memorandum, from which `arrangement` and `identifiers.theirs` are made. */
  readonly kind?: 'administration' | 'agency';
  readonly memorandum?: MemorandumData;
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
    readonly operatorRoles?: Arrangement['operatorRoles'];
    readonly benefits: Fact<Benefits>;
    readonly maxAgeSeconds: Fact<number>;
    readonly bands: TwoSided<ListBands>;
    readonly limits?: Fact<Limits>;
    readonly matching?: TwoSided<readonly Matching[]>;
  };
  readonly identifiers: {
    readonly theirs: IdentifierData & Sourced;
    readonly ours: IdentifierData & Sourced;
  };
  readonly codes: Readonly<Record<string, CodeRows>>;
  readonly seal: SealTerms;
  readonly transport: TransportKind;
  /** How keys change; what is absent has the default of key-terms.ts. */
  readonly keys?: Partial<KeyTerms>;
  /** How the partner's lists state their order, and what they do not carry. */
  readonly conversation?: ConversationData;
  /** How lists travel; without it full lists and deltas, each in one message. */
  readonly lists?: Sourced & {
    readonly kinds?: readonly ('full' | 'delta')[];
    /** Lists of more records travel in parts of at most so many. */
    readonly partRecords?: number;
    readonly numbers?: boolean;
    readonly schedule?: ScheduleData;
  };
  readonly messages: {
    readonly list: MessageData | readonly MessageVersion[];
    /** Absent where the partner does not answer for each record. */
    readonly reply?: MessageData | readonly MessageVersion[];
  };
  readonly card?: readonly CardLine[];
  readonly asks?: readonly Ask[];
}

/** Seconds and days; what is absent has the default of schedule.ts. */
interface ScheduleData {
  readonly onChange?: number | 'never';
  readonly at?: readonly string[];
  readonly except?: readonly Day[];
  readonly empty?: 'send' | 'skip';
  readonly renewSeconds?: number;
  readonly fullDays?: number;
}

/** The terms for the gateway of one side. `ours`: the administration that wrote the folder. */
export function arrangementFor({ arrangement }: Manifest, side: 'ours' | 'theirs'): Arrangement {
  const other = side === 'ours' ? 'theirs' : 'ours';
  const {
    title,
    inForce,
    programme,
    grades,
    directions,
    entryRoles,
    operatorRoles,
    benefits,
    maxAgeSeconds,
    bands,
    limits,
    matching,
  } = arrangement;
  const { from, until, modes } = inForce;
  return present({
    title,
    programme: programme[other],
    inForce: present({ from, until, modes }),
    directions: directions.value,
    entryRoles: entryRoles.value,
    operatorRoles,
    grades: grades[side],
    benefits: benefits.value,
    maxAgeSeconds: maxAgeSeconds.value,
    bands: bands[other],
    limits: limits && (side === 'ours' ? limits.value : limitsOfOtherSide(limits.value)),
    matching: matching?.[other],
  });
}

/** The ports of each side, from the other side. */
function limitsOfOtherSide({ modes, ports }: Limits): Limits {
  return present({ modes, ports: ports && present({ ours: ports.theirs, theirs: ports.ours }) });
}
