/** Makes the records that a partner will read, from the columns of stored records. Most values are copied as bytes. */

import { byteMemo } from '../byte-memo.ts';
import { putBytes, putText } from '../byte-writer.ts';
import { GatewayError } from '../errors.ts';
import type { MirrorEntry } from '../list/mirror.ts';
import { columnText, insideQuotes, isAbsent, openColumns, readColumns, rolesIn, type Columns } from './columns.ts';
import type { DomesticRecord, ListPath, ListRecord } from './record.ts';
import {
  domesticColumn,
  eligibilityRule,
  identifierOf,
  type IneligibilityReason,
  type ListTerms,
} from './eligibility.ts';
import {
  beginRecord,
  dropRecord,
  lastLeaf,
  openPacker,
  closePacker,
  packRecords,
  readRecordAt,
  recordAt,
  type PackedRecords,
  type RecordPacker,
} from './packed-records.ts';
import { domesticLayout, endOfText, listLayout, operatorText, type TextLayout } from './record-text.ts';

/**
 * How a value reaches the partner: unchanged, not at all, or shortened (undefined: nothing is left of the value); as the value
 * that the partner takes for every record; as a copy of another value.
 */
export type ValueView =
  'kept' | 'left_out' | ((text: string) => string | undefined) | { readonly is: string } | { readonly from: ListPath };

/** How the values of a record reach the partner. Digests cover the values that the partner reads, not those that we know. */
export interface PartnerView {
  readonly values: Readonly<Record<ListPath, ValueView>>;
  readonly roles: boolean;
}

const wholeView: PartnerView = {
  values: Object.fromEntries(listLayout.paths.map((path) => [path, 'kept'])) as PartnerView['values'],
  roles: true,
};

/** Packs an operator that the partner may see and returns its mirror entry; otherwise returns the reasons against it. */
export type PackOperator = (operator: Columns, packer: RecordPacker) => MirrorEntry | readonly IneligibilityReason[];

const notEncodable: readonly IneligibilityReason[] = ['value_not_writable'];

export function operatorPacker(terms: ListTerms, view: PartnerView): PackOperator {
  const rule = eligibilityRule(terms);
  // An identifier is the code with fixed text around it.
  const affixes = terms.form.toIdentifier('{code}').split('{code}').map(insideQuotes);
  const copy = recordCopier({ layout: domesticLayout, columns: domesticColumn, affixes }, view);
  return (operator, packer) => {
    const identifier = identifierOf(operator, terms);
    const reasons = rule.ineligibilityReasons(operator, identifier);
    if (reasons.length > 0) return reasons;
    if (!copy(operator, packer)) return notEncodable;
    return { identifier, leaf: lastLeaf(packer), active: rule.isActive(operator) };
  };
}

type Eligibility =
  | { readonly eligible: true; readonly entry: ListRecord }
  | { readonly eligible: false; readonly reasons: readonly IneligibilityReason[] };

/** Decides for one operator, with a layout that carries every value. */
export function eligibility(record: DomesticRecord, terms: ListTerms): Eligibility {
  const packer = openPacker();
  const columns = openColumns();
  readColumns(columns, domesticLayout, Buffer.from(operatorText(record)), 0);
  const result = operatorPacker(terms, wholeView)(columns, packer);
  return 'leaf' in result
    ? { eligible: true, entry: recordAt(closePacker(packer), 0) }
    : { eligible: false, reasons: result };
}

/** The records of a list as the partner reads them. Throws E_VALUE_INVALID when nothing is left of a value. */
export function viewRecords(records: PackedRecords, view: PartnerView): PackedRecords {
  const copy = recordCopier({ layout: listLayout, columns: listLayout.column, affixes: ['', ''] }, view);
  const packer = openPacker(records.count);
  const columns = openColumns();
  for (let i = 0; i < records.count; i += 1) {
    readRecordAt(columns, records, i);
    if (!copy(columns, packer))
      throw new GatewayError('E_VALUE_INVALID', 'nothing of the value is left', { at: `/records/${i}` });
  }
  return closePacker(packer);
}

export function viewRecord(record: ListRecord, view: PartnerView): ListRecord {
  return recordAt(viewRecords(packRecords([record]), view), 0);
}

/** The source of the values of a list record. */
interface CopySource {
  readonly layout: TextLayout;
  readonly columns: Partial<Readonly<Record<ListPath, number>>>;
  /** Fixed text before and after the first value, the identifier. */
  readonly affixes: readonly string[];
}

/** Packs the record of these columns; false, and nothing packed, when nothing is left of a value. */
type RecordCopier = (source: Columns, packer: RecordPacker) => boolean;

/** Writes a piece of the text; false when nothing is left of a value. */
type CopyStep = (source: Columns, packer: RecordPacker) => boolean;

/** A piece of the text: constant, a range of adjacent columns, or one column that the view shortens. */
type TextPiece =
  | string
  | { readonly first: number; readonly last: number }
  | { readonly column: number; readonly view: (text: string) => string | undefined };

function recordCopier(source: CopySource, view: PartnerView): RecordCopier {
  const steps = [...textPieces(source, view).map(stepOf), endStep(source, view)];
  return (columns, packer) => {
    beginRecord(packer);
    for (const step of steps) {
      if (step(columns, packer)) continue;
      dropRecord(packer);
      return false;
    }
    return true;
  };
}

function textPieces(
  { columns, affixes: [prefix = '', suffix = ''] }: CopySource,
  { values }: PartnerView,
): TextPiece[] {
  const pieces: TextPiece[] = [];
  for (const [i, path] of listLayout.paths.slice(0, listLayout.fixed).entries()) {
    addConstant(pieces, (listLayout.before[i] ?? '') + (i === 0 ? prefix : ''));
    const [column, view] = [columns[path], values[path]];
    if (column !== undefined && typeof view === 'function') pieces.push({ column, view });
    else if (column !== undefined && view === 'kept') addColumn(pieces, column);
    else if (column !== undefined && typeof view === 'object')
      if ('is' in view) pieces.push({ column, view: (text) => (text === view.is ? text : undefined) });
      else addColumn(pieces, columns[view.from] ?? column);
    if (i === 0) addConstant(pieces, suffix);
  }
  return pieces;
}

/** Adjacent columns are copied together, with the quotes and the comma between them. */
function addColumn(pieces: TextPiece[], column: number): void {
  const [before, between] = pieces.slice(-2);
  if (between === '","' && typeof before === 'object' && 'first' in before && before.last === column - 1)
    pieces.splice(-2, 2, { first: before.first, last: column });
  else pieces.push({ first: column, last: column });
}

function addConstant(pieces: TextPiece[], text: string): void {
  const before = pieces.at(-1);
  if (text === '') return;
  if (typeof before === 'string') pieces.splice(-1, 1, before + text);
  else pieces.push(text);
}

function stepOf(piece: TextPiece): CopyStep {
  if (typeof piece === 'string') {
    const bytes = Buffer.from(piece);
    return (_, { writer }) => {
      putBytes(writer, bytes);
      return true;
    };
  }
  if ('first' in piece) {
    const { first, last } = piece;
    return ({ bytes, starts, ends }, { writer }) => {
      putBytes(writer, bytes, starts[first], ends[last]);
      return true;
    };
  }
  const { column, view } = piece;
  return (source, { writer }) => {
    const text = valueIn(source, column, view);
    if (text !== undefined) putText(writer, insideQuotes(text));
    return text !== undefined;
  };
}

function valueIn(source: Columns, column: number | undefined, view: ValueView): string | undefined {
  if (column === undefined || view === 'left_out' || isAbsent(source, column)) return '';
  const text = columnText(source, column);
  return typeof view === 'function' ? view(text) : text;
}

/** Writes the roles, sorted as in every canonical text, and the optional groups. Few combinations of roles occur. */
function endStep({ layout, columns }: CopySource, { values, roles: carried }: PartnerView): CopyStep {
  const ends = byteMemo((between) =>
    Buffer.from(endOfText(listLayout, (JSON.parse(`["${between}"]`) as string[]).sort(), () => '""')),
  );
  const none = Buffer.from(endOfText(listLayout, [], () => '""'));
  const more = listLayout.paths.slice(listLayout.fixed).map((path) => ({ column: columns[path], view: values[path] }));
  const shown = more.flatMap(({ column, view }) => (column === undefined || view === 'left_out' ? [] : column));
  return (source, { writer }) => {
    const { bytes, starts, ends: to, count } = source;
    const has = carried && count > layout.rolesFrom;
    if (shown.every((column) => isAbsent(source, column))) {
      putBytes(writer, has ? ends(bytes, starts[layout.rolesFrom] ?? 0, to[count - 1] ?? 0) : none);
      return true;
    }
    const texts = more.map(({ column, view }) => valueIn(source, column, view));
    if (texts.includes(undefined)) return false;
    const roles = has ? rolesIn(source, layout).sort() : [];
    putText(
      writer,
      endOfText(listLayout, roles, (column) => JSON.stringify(texts[column - listLayout.fixed] ?? '')),
    );
    return true;
  };
}
