/** Layouts and codes of a partner change on agreed days: what is sent and what is read on each day, compiled beforehand. */

import { isGatewayError } from '../model/errors.ts';
import type { Reply } from '../model/message.ts';
import type { Day } from '../model/record/domestic-record.ts';
import type { AcceptedFormat, DayFormats, ListFormat, MessageFormat } from './adapter.ts';
import { daysLater } from './template/dates.ts';
import { invalid, type Place } from './faults.ts';
import { firstDay, stretchAt, stretchesOf, type CodeTables, type DatedTables } from './template/code-tables.ts';

/** One layout of a kind of message and the days on which it holds. */
export interface Layout<F> {
  readonly from?: Day;
  readonly until?: Day;
  compile(tables: CodeTables): F;
}

export interface Layouts {
  readonly list: readonly Layout<ListFormat>[];
  readonly reply: readonly Layout<MessageFormat<Reply>>[];
}

export interface FormatsByDay {
  readonly stretches: readonly Day[];
  on(day: Day): DayFormats;
}

/**
 * Every layout compiled with the tables of every day on which it holds: what cannot work on a future day is refused today.
 * Throws E_ADAPTER_INVALID for a day without a layout, or with two of one type.
 */
export function formatsByDay({ list, reply }: Layouts, tables: DatedTables, place: Place): FormatsByDay {
  const lists = compiledOnce(list);
  const replies = compiledOnce(reply);
  const stretches = stretchesOf([...tables.stretches, ...changesOf(list), ...changesOf(reply)]);
  const built = stretches.map((day): DayFormats => {
    const listed = holding(lists, day, tables.on(day));
    const replied = holding(replies, day, tables.on(day));
    const accepted: AcceptedFormat[] = [
      ...listed.map((format) => ({ kind: 'list' as const, format })),
      ...replied.map((format) => ({ kind: 'reply' as const, format })),
    ];
    requireTypes(accepted, day, place);
    return { list: newest(listed, 'list', day, place), reply: newest(replied, 'reply', day, place), accepted };
  });
  const [beginning] = built;
  if (beginning === undefined) throw new RangeError('there is always a first stretch');
  return { stretches, on: (day) => built[stretchAt(stretches, day)] ?? beginning };
}

/** A layout is compiled once for each state of the tables; newer layouts come later. */
function compiledOnce<F>(layouts: readonly Layout<F>[]): readonly Layout<F>[] {
  return layouts
    .toSorted((a, b) => (a.from ?? firstDay).localeCompare(b.from ?? firstDay))
    .map((layout) => {
      const made = new Map<CodeTables, F>();
      return {
        ...layout,
        compile(tables) {
          const format = made.get(tables) ?? layout.compile(tables);
          made.set(tables, format);
          return format;
        },
      };
    });
}

function changesOf(layouts: readonly Layout<unknown>[]): Day[] {
  return layouts.flatMap(({ from, until }) => [
    ...(from === undefined ? [] : [from]),
    ...(until === undefined ? [] : [daysLater(until, 1)]),
  ]);
}

function holding<F>(layouts: readonly Layout<F>[], day: Day, tables: CodeTables): F[] {
  return layouts
    .filter(({ from = day, until = day }) => from <= day && until >= day)
    .map((layout) => {
      try {
        return layout.compile(tables);
      } catch (error) {
        if (!isGatewayError(error) || error.code !== 'E_ADAPTER_INVALID' || day === firstDay) throw error;
        throw invalid(`on ${day}: ${error.detail}`, error.at ?? '', error.fix);
      }
    });
}

function newest<F>(formats: readonly F[], kind: 'list' | 'reply', day: Day, place: Place): F {
  const format = formats.at(-1);
  if (format !== undefined) return format;
  const when = day === firstDay ? 'before the first day of its layouts' : `on ${day}`;
  throw invalid(
    `there is no layout of messages.${kind} ${when}`,
    place(`/messages/${kind}`),
    'Let layouts follow each other without a gap; the first has no from, the last no until.',
  );
}

function requireTypes(accepted: readonly AcceptedFormat[], day: Day, place: Place): void {
  const types = accepted.map(({ format }) => format.type);
  const twice = types.find((type, i) => types.indexOf(type) !== i);
  if (twice === undefined) return;
  throw invalid(
    `two layouts of type ${twice} are read ${day === firstDay ? 'side by side' : `on ${day}`}`,
    place('/messages'),
    'Give each layout a namespace or type of its own.',
  );
}
