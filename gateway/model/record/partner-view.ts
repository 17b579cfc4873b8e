/** Our operators as a partner may see them, from the store's text to that of a list record: most values are copied as they stand. */

import { byteMemo, type ByteMemo } from '../byte-memo.ts';
import { putBytes, putText } from '../byte-writer.ts';
import { cellOf, cellText, isEmpty, openCells, type Cells } from './json-spans.ts';
import { reasonsAgainst, type Ineligible, type ListTerms, type Standing } from './eligibility.ts';
import { operatorCell, operatorFields, operatorRolesFrom, type OperatorField } from './operator-text.ts';
import type { MirrorEntry } from '../list/mirror.ts';
import { beginRecord, dropRecord, lastLeaf, type RecordField, type RecordPacker } from './packed-records.ts';
import type { OperatorStatus } from './domestic-record.ts';

/** What a layout makes of a value: nothing is changed, it is not carried, or it loses something. Undefined: nothing is left of it. */
export type ValueView = 'kept' | 'left_out' | ((text: string) => string | undefined);

export interface RecordViewing {
  readonly values: Readonly<Record<RecordField, ValueView>>;
  readonly roles: boolean;
}

/**
 * Packs an operator, if this partner may see it, and gives its entry in the mirror; else says why not. `value_not_writable`:
 * nothing is left of a value in the partner's layout.
 */
export type OperatorPacking = (operator: Cells, packer: RecordPacker) => MirrorEntry | readonly Ineligible[];

const notWritable: readonly Ineligible[] = ['value_not_writable'];

export function operatorPacking(terms: ListTerms, viewing: RecordViewing): OperatorPacking {
  const standing = new CellStanding();
  const steps = stepsOf(terms, viewing);
  return (operator, packer) => {
    const identifier = terms.form.toIdentifier(cellText(operator, operatorCell.code));
    standing.take(operator, identifier);
    const reasons = reasonsAgainst(standing, terms);
    if (reasons.length > 0) return reasons;
    beginRecord(packer);
    for (const step of steps) {
      if (step(operator, packer)) continue;
      dropRecord(packer);
      return notWritable;
    }
    return { identifier, leaf: lastLeaf(packer), active: standing.status === 'active' };
  };
}

/** The operator whose cells are at hand. */
class CellStanding implements Standing {
  identifier = '';
  #cells = openCells();
  readonly #words: ByteMemo<string> = byteMemo((text) => JSON.parse(`"${text}"`) as string);

  take(cells: Cells, identifier: string): void {
    this.#cells = cells;
    this.identifier = identifier;
  }

  #word(field: OperatorField): string {
    const { bytes, starts, ends } = this.#cells;
    const cell = operatorCell[field];
    return this.#words(bytes, starts[cell] ?? 0, ends[cell] ?? 0);
  }

  get grade(): string {
    return this.#word('grade');
  }

  get status(): OperatorStatus {
    return this.#word('status') as OperatorStatus;
  }

  get consent(): boolean {
    return this.#word('consent') === 'yes';
  }

  lacks(path: string): boolean {
    if (path === 'roles') return this.#cells.count === operatorRolesFrom;
    const cell = operatorFields.indexOf(path as OperatorField);
    return cell < 0 || isEmpty(this.#cells, cell);
  }
}

/** Writes a piece of the text; false where nothing is left of a value. */
type Step = (operator: Cells, packer: RecordPacker) => boolean;

/** A piece of the text: always the same, or the cells from one to another with what stands between them, or what a layout makes of one. */
type Piece =
  | string
  | { readonly first: number; readonly last: number }
  | { readonly cell: number; readonly view: (text: string) => string | undefined };

/** Where the values of a list record come from, in their order behind the identifier, and what stands behind each of them. */
const sources: readonly (readonly [field: RecordField, from: OperatorField, behind: string])[] = [
  ['name.local', 'name.local', '","'],
  ['name.latin', 'name.latin', '"],["'],
  ['address.local', 'address.local', '","'],
  ['address.latin', 'address.latin', '","'],
  ['address.city', 'address.city', '","'],
  ['address.postcode', 'address.postcode', '"],"'],
  ['grade', 'grade', '","'],
  ['status', 'status', '","'],
  ['statusSince', 'statusSince', '","'],
  // Our programme states no end of validity.
  ['validFrom', 'gradeSince', '","",['],
];

function stepsOf({ form }: ListTerms, { values, roles }: RecordViewing): Step[] {
  // An identifier is the code with fixed text around it.
  const [before = '', after = ''] = form.toIdentifier('{code}').split('{code}').map(cellOf);
  const { code } = operatorCell;
  const pieces: Piece[] = [`["${before}`, { first: code, last: code }, `${after}",["`];
  for (const [field, from, behind] of sources) {
    const [cell, view] = [operatorCell[from], values[field]];
    if (typeof view === 'function') pieces.push({ cell, view });
    else if (view === 'kept') addCell(pieces, cell);
    addFixed(pieces, behind);
  }
  return [...pieces.map(stepOf), rolesStep(roles)];
}

/** A cell right behind its neighbour is copied with it, and with the quotes and the comma between them. */
function addCell(pieces: Piece[], cell: number): void {
  const [before, between] = pieces.slice(-2);
  if (between === '","' && typeof before === 'object' && 'first' in before && before.last === cell - 1)
    pieces.splice(-2, 2, { first: before.first, last: cell });
  else pieces.push({ first: cell, last: cell });
}

function addFixed(pieces: Piece[], text: string): void {
  const before = pieces.at(-1);
  if (typeof before === 'string') pieces.splice(-1, 1, before + text);
  else pieces.push(text);
}

function stepOf(piece: Piece): Step {
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
  const { cell, view } = piece;
  return (operator, { writer }) => {
    const seen = isEmpty(operator, cell) ? '' : view(cellText(operator, cell));
    if (seen !== undefined) putText(writer, cellOf(seen));
    return seen !== undefined;
  };
}

/** Roles are sorted in a list record; there are few ways to combine them. */
function rolesStep(seen: boolean): Step {
  const end = Buffer.from(']]');
  const sorted = byteMemo((between) => {
    const roles = JSON.parse(`["${between}"]`) as string[];
    // The bracket that opens them stands there already.
    return Buffer.from(`${JSON.stringify(roles.sort()).slice(1)}]`);
  });
  return ({ bytes, starts, ends, count }, { writer }) => {
    const has = seen && count > operatorRolesFrom;
    putBytes(writer, has ? sorted(bytes, starts[operatorRolesFrom] ?? 0, ends[count - 1] ?? 0) : end);
    return true;
  };
}
