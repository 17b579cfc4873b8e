/** Writes lines of a drafted message, separated or of fixed width: template, schema, and the kept sample. */

import type { DraftPart } from './parts.ts';
import type { LinesLayout } from './read-lines.ts';
import { schemaText } from './write-json.ts';

/** Cells of groups that were added stand in the line itself. */
function cellsOf({ parts }: DraftPart): readonly DraftPart[] {
  return parts.flatMap((part) => (part.content.is === 'parts' ? cellsOf(part) : [part]));
}

const isDropped = ({ content }: DraftPart): boolean => content.is === 'ignored';

/** The template, with directives between the lines. */
export function linesTemplate(root: DraftPart, layout: LinesLayout, comment: string): string {
  const { format, separator } = layout;
  const directive = format === 'csv' && separator !== ',' ? [`#separator ${separator}`] : [];
  const lines = root.parts.flatMap((line) => [
    ...(isDropped(line) ? ['#ignore'] : []),
    ...(line.each === undefined ? [] : [`#each ${line.each}`]),
    lineText(line, layout, true),
  ]);
  return [`# ${comment}`, ...directive, ...lines, ''].join('\n');
}

/** The message; its lines end with CR LF. */
export function linesMessage(root: DraftPart, layout: LinesLayout): string {
  return root.parts.map((line) => `${lineText(line, layout)}\r\n`).join('');
}

/** In a template a line that begins with the sign of a comment is quoted. */
function lineText(line: DraftPart, layout: LinesLayout, template = false): string {
  const cells = isDropped(line) ? [] : cellsOf(line).map((cell) => cellText(cell, layout));
  const [first = '', ...others] = [...(line.tag === undefined ? [] : [quoted(line.tag.text, layout)]), ...cells];
  const begin =
    template && layout.format === 'csv' && first.startsWith('#') ? `"${first.replaceAll('"', '""')}"` : first;
  return [begin, ...others].join(layout.separator);
}

function cellText({ content, before = '', columns }: DraftPart, layout: LinesLayout): string {
  const fixed = layout.format === 'fixed';
  const width = columns?.width ?? 0;
  if (content.is === 'fixed')
    return quoted(
      fixed
        ? columns?.fill === ''
          ? content.text.padEnd(width)
          : content.text.padStart(width, columns?.fill[0] === '0' ? '0' : ' ')
        : before + content.text,
      layout,
    );
  if (content.is !== 'hole') return fixed ? `{ignored:${width}}` : '{ignored}';
  if (!fixed) return quoted(before + content.hole, layout);
  const fill = columns?.fill ?? '';
  return content.hole.replace(/(?=[|}])/u, `:${fill}${width}`);
}

function quoted(cell: string, { separator, format }: LinesLayout): string {
  return format === 'csv' && (cell.includes(separator) || cell.includes('"'))
    ? `"${cell.replaceAll('"', '""')}"`
    : cell;
}

/** The schema of the lines: each follows one of the kinds. */
export function linesSchema(root: DraftPart, layout: LinesLayout, id: string): string {
  const kinds = root.parts.map((line) => {
    const tag = line.tag === undefined ? [] : [plainRegex(quoted(line.tag.text, layout))];
    return isDropped(line)
      ? `${tag.join('')}.*`
      : [...tag, ...cellsOf(line).map((cell) => cellRegex(cell, layout))].join(plainRegex(layout.separator));
  });
  return schemaText(id, {
    type: 'array',
    minItems: 1,
    items: { type: 'string', pattern: `^(?:${[...new Set(kinds)].join('|')})$` },
  });
}

/** A text as a pattern that every dialect reads alike. */
function plainRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

function cellRegex(cell: DraftPart, layout: LinesLayout): string {
  const { content, optional, before = '', columns } = cell;
  if (layout.format === 'fixed') {
    const width = columns?.width ?? 0;
    if (content.is === 'fixed') return plainRegex(cellText(cell, layout));
    // A value that must be there stands at the side from which it is not filled.
    if (content.is !== 'hole' || optional || content.type.pattern === '.{0,400}') return `.{${width}}`;
    return columns?.fill === '' ? `[^ ].{${width - 1}}` : `.{${width - 1}}[^ ]`;
  }
  const text = (most: number): string =>
    `(?:[^"${plainRegex(layout.separator)}]{1,${most}}|"(?:[^"]|""){1,${most * 2}}")`;
  if (content.is === 'fixed') return plainRegex(quoted(before + content.text, layout));
  if (content.is !== 'hole') return `(?:${text(512)})?`;
  const affixed = content.hole.split(/\{.*\}/u).map(plainRegex);
  const whole = content.type.pattern === undefined ? text(512) : `${plainRegex(before)}(?:${content.type.pattern})`;
  return optional || (affixed.join('') === '' && content.type.pattern === '.{0,400}')
    ? `(?:${whole})?`
    : before !== '' && content.type.pattern === undefined
      ? text(512)
      : whole;
}
