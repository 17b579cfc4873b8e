/** Compiles the names of files, which are written and read back, and the lines of logs. */

import { GatewayError, isGatewayError } from '../../model/errors.ts';
import type { Acknowledgement } from '../../model/message.ts';
import { present } from '../../model/present.ts';
import { invalid } from '../faults.ts';
import { readSlot } from '../template/computed.ts';
import { openTemplateScope, parseHole, readItem, type TemplateScope } from '../template/holes.ts';
import { acknowledgementFields, fileNameFields, type NamedValues } from '../template/message-fields.ts';
import type { TransformContext } from '../template/transforms.ts';
import type { Beside, FileNames, LogAnswerData, ReadLog } from './files.ts';
import type { ReceiveFile, ReceiveFileData, SendFile, SendFileData } from './files.ts';

/** Throws E_ADAPTER_INVALID. */
export function sendFile({ name, put, marker }: SendFileData, context: TransformContext, at: string): SendFile {
  const direct = put === 'direct';
  if (direct && marker === undefined)
    throw invalid('a file that is put directly has no marker', at, 'Agree a marker, or put: rename.');
  return present({
    names: fileNames(name, context, at),
    direct,
    marker: marker === undefined ? undefined : besideFile(marker, at),
  });
}

/** Throws E_ADAPTER_INVALID. */
export function receiveFile(
  { name, ready, then }: ReceiveFileData,
  context: TransformContext,
  at: string,
): ReceiveFile {
  const marker = ready === 'stable' ? undefined : besideFile(ready, at);
  return present({ names: fileNames(name, context, at), marker, then });
}

/** `{file}.ok`, `{stem}.ok`: {stem} is the name without its last ending. Throws E_ADAPTER_INVALID. */
export function besideFile(pattern: string, at: string): Beside {
  const [, before = '', hole, after = ''] = /^([^{}]*)\{(file|stem)\}([^{}]*)$/u.exec(pattern) ?? [];
  if (hole === undefined || before + after === '' || !isFileName(`${before}x${after}`))
    throw invalid(`${pattern} does not name a file beside another`, at, 'Write {file}.ok, or {stem}.ok.');
  return {
    of: (file) => before + (hole === 'stem' ? file.replace(/\.[^.]*$/u, '') : file) + after,
    fits: (name) => name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after),
  };
}

/** No separator, no control character, not hidden, and short enough for every file system with an ending of ours. */
function isFileName(name: string): boolean {
  return !/^\.|[/\\\p{C}]/u.test(name) && Buffer.byteLength(name) <= 200;
}

const dayOfIssue = /\{message\.issuedAt\|zoned:([^|{}HmsSX]+)\}/gu;

function fileNames(pattern: string, context: TransformContext, at: string): FileNames {
  if (!isFileName(pattern.replaceAll(/\{[^{}]*\}/gu, 'x')))
    throw invalid(`${pattern} is not the name of a file`, at, 'Name a file without its folder.');
  // A name seldom states the time: the day is enough.
  const shown = pattern.replaceAll(dayOfIssue, '{message.issuedAt|date:$1}');
  const scope = openTemplateScope(fileNameFields, context);
  const hole = shown.includes('{') ? parseHole(scope, shown, at) : undefined;
  return {
    carries: new Set(scope.holes.keys()),
    nameOf(list) {
      const name = hole === undefined ? pattern : hole.write(list);
      if (name !== undefined && isFileName(name)) return name;
      throw new GatewayError('E_VALUE_INVALID', 'a value of the message cannot stand in the name of a file');
    },
    read(name) {
      if (hole === undefined) return name === pattern ? {} : undefined;
      if (!isFileName(name)) return undefined;
      return readText(scope, (slots) => readSlot(hole, name, slots, () => at)) as NamedValues | undefined;
    },
  };
}

/** Undefined for a text of another form: also for a day that does not exist, or an unknown code. */
function readText(scope: TemplateScope, fill: Parameters<typeof readItem>[1]): unknown {
  try {
    return readItem(scope, fill);
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
}

/** Reads and writes a line. One without a verdict says that the list was taken. Throws E_ADAPTER_INVALID. */
export function logLine(
  { line }: LogAnswerData,
  context: TransformContext,
  at: string,
): { readonly readLog: ReadLog; readonly write: (ack: Acknowledgement) => string | undefined } {
  const scope = openTemplateScope(acknowledgementFields, context);
  const hole = line.includes('{') ? parseHole(scope, line, at) : undefined;
  if (hole === undefined || !(scope.holes.has('ack.taken') || scope.holes.has('ack.verdict')))
    throw invalid('the line of the log has no result', at, 'Write {ack.taken} where the number of records stands.');
  const [before, after] = [line.slice(0, line.indexOf('{')), line.slice(line.lastIndexOf('}') + 1)];
  const readLine = (text: string): Partial<Acknowledgement> | undefined => {
    const [from, end] = [text.indexOf(before), text.lastIndexOf(after) + after.length];
    const said = text.slice(from, end);
    if (from < 0 || end < from) return undefined;
    return readText(scope, (slots) => readSlot(hole, said, slots, () => at)) as Partial<Acknowledgement> | undefined;
  };
  const readLog: ReadLog = (log) => {
    const found = log.split(/\r?\n/u).findLast((text) => readLine(text) !== undefined);
    return found === undefined ? undefined : { verdict: 'applied', ...readLine(found) };
  };
  return { readLog, write: (ack) => hole.write(ack) };
}
