/** Reads and writes YAML files, and finds the line of a JSON Pointer for the errors of later checks. */

import { isNode, LineCounter, parseDocument, stringify, type Document } from 'yaml';
import type { TextPlace } from '../../model/message-body.ts';
import { GatewayError } from '../../model/errors.ts';

/** Values by their text: adapters and settings are read again and again, and reading YAML is slow. The oldest goes first. */
const known = new Map<string, unknown>();
const mostKnown = 64;

/**
 * The value of a YAML 1.2 file, which nobody may change; dates remain strings. Throws E_CONFIG_INVALID with file, line and column for
 * malformed YAML, duplicate keys, several documents, and aliases.
 */
export function readYaml(text: string, file: string): unknown {
  if (known.has(text)) return known.get(text);
  const value = frozen(parseValue(text, file));
  known.set(text, value);
  for (const oldest of [...known.keys()].slice(0, -mostKnown)) known.delete(oldest);
  return value;
}

function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

function parseValue(text: string, file: string): unknown {
  const lines = new LineCounter();
  const document = parse(text, lines);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    const detail = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/u, '') ?? '';
    throw new GatewayError('E_CONFIG_INVALID', `the YAML is malformed: ${detail}`, {
      at: `${file}:${line}:${col}`,
    });
  }
  try {
    // Aliases are refused: a few lines of them can expand to gigabytes.
    const value: unknown = document.toJS({ maxAliasCount: 0 });
    return value;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const fix = 'Write the value instead of the alias.';
    throw new GatewayError('E_CONFIG_INVALID', 'YAML aliases are not accepted', { at: file, fix, cause: error });
  }
}

/** Plain data as YAML for manual editing: without aliases, and with single quotes where quotes are needed. */
export function writeYaml(value: unknown): string {
  return stringify(value, { version: '1.2', aliasDuplicateObjects: false, singleQuote: true, lineWidth: 120 });
}

/** The text that was asked about last: many places of one file are asked for in a row. */
let last: { readonly text: string; readonly document: Document; readonly lines: LineCounter } | undefined;

/** Line and column, from 1, of the value at a JSON Pointer, or of the nearest enclosing value. */
export function placeInYaml(text: string, pointer: string): TextPlace {
  if (last?.text !== text) {
    const lines = new LineCounter();
    last = { text, document: parse(text, lines), lines };
  }
  const { document, lines } = last;
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (let length = steps.length; length > 0; length -= 1) {
    const offset = offsetOf(document, steps.slice(0, length));
    if (offset !== undefined) return placeAt(lines, offset);
  }
  return placeAt(lines, 0);
}

function parse(text: string, lines: LineCounter): Document {
  return parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: true, uniqueKeys: true });
}

function offsetOf(document: Document, path: readonly string[]): number | undefined {
  const keys = path.map((step) => (/^\d+$/u.test(step) ? Number(step) : step));
  const node = document.getIn(keys, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

function placeAt(lines: LineCounter, offset: number): TextPlace {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
