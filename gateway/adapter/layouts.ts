/** The formats of each day: layouts and codes of a partner change on agreed days, and all are compiled at loading. */

import { isGatewayError } from '../model/errors.ts';
import type { Reply } from '../model/message.ts';
import type { Day } from '../model/record/record.ts';
import type { AcceptedFormat, DayFormats, ListFormat, MessageFormat } from './adapter.ts';
import { addDays } from '../model/day.ts';
import { invalid, type Place } from './faults.ts';
import { firstDay, periodIndex, periodStarts, type CodeTables, type DatedTables } from './template/code-tables.ts';

/** One layout of a kind of message, and the days on which it is in force. */
export interface Layout<F> {
  readonly from?: Day;
  readonly until?: Day;
  compile(tables: CodeTables): F;
}

interface Layouts {
  readonly list: readonly Layout<ListFormat>[];
  readonly reply: readonly Layout<MessageFormat<Reply>>[];
}

export interface FormatsByDay {
  readonly periods: readonly Day[];
  formatsOn(day: Day): DayFormats;
}

/**
 * Compiles every layout with the tables of every day on which it is in force, so that a fault of a future day is reported today.
 * Throws E_ADAPTER_INVALID for a day without a layout, or with two of one type.
 */
export function formatsByDay({ list, reply }: Layouts, tables: DatedTables, place: Place): FormatsByDay {
  const lists = compileOnce(list);
  const replies = compileOnce(reply);
  const periods = periodStarts([...tables.periods, ...changeDays(list), ...changeDays(reply)]);
  const built = periods.map((day): DayFormats => {
    const listed = formatsInForce(lists, day, tables.tablesOn(day));
    const replied = formatsInForce(replies, day, tables.tablesOn(day));
    const accepted: AcceptedFormat[] = [
      ...listed.map((format) => ({ kind: 'list' as const, format })),
      ...replied.map((format) => ({ kind: 'reply' as const, format })),
    ];
    requireDistinctTypes(accepted, day, place);
    return {
      list: newestFormat(listed, 'list', day, place),
      ...(reply.length > 0 && { reply: newestFormat(replied, 'reply', day, place) }),
      accepted,
    };
  });
  const [first] = built;
  if (first === undefined) throw new RangeError('no first period');
  return { periods, formatsOn: (day) => built[periodIndex(periods, day)] ?? first };
}

/** Layouts in the order of their first days, each compiled once for each state of the tables. */
function compileOnce<F>(layouts: readonly Layout<F>[]): readonly Layout<F>[] {
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

function changeDays(layouts: readonly Layout<unknown>[]): Day[] {
  return layouts.flatMap(({ from, until }) => [
    ...(from === undefined ? [] : [from]),
    ...(until === undefined ? [] : [addDays(until, 1)]),
  ]);
}

function formatsInForce<F>(layouts: readonly Layout<F>[], day: Day, tables: CodeTables): F[] {
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

function newestFormat<F>(formats: readonly F[], kind: 'list' | 'reply', day: Day, place: Place): F {
  const format = formats.at(-1);
  if (format !== undefined) return format;
  const when = day === firstDay ? 'before the first layout' : `on ${day}`;
  throw invalid(
    `there is no layout of messages.${kind} ${when}`,
    place(`/messages/${kind}`),
    'Leave no gap between layouts; the first has no from, the last no until.',
  );
}

function requireDistinctTypes(accepted: readonly AcceptedFormat[], day: Day, place: Place): void {
  const types = accepted.map(({ format }) => format.type);
  const twice = types.find((type, i) => types.indexOf(type) !== i);
  if (twice === undefined) return;
  throw invalid(
    `two layouts of type ${twice} are in force ${day === firstDay ? 'at the same time' : `on ${day}`}`,
    place('/messages'),
    'Give each layout a namespace or type of its own.',
  );
}
