/** What must hold where messages travel as files: two never share a name, each value is found again, and each answer has a file. */

import type { Exchange, TransportKind } from '../adapter.ts';
import { invalid, type Place } from '../faults.ts';
import { answersOf, type ReceiveData, type SendData } from './answers.ts';
import { filledPath, streamRules, type ConversationData } from './conversation.ts';
import type { AnswerData } from './stages.ts';

interface FilePartner {
  readonly transport: TransportKind;
  readonly conversation: ConversationData | undefined;
  readonly exchange: Exchange;
  /** Several lists follow each other: changes, or parts. */
  readonly several: boolean;
  readonly place: Place;
}

/** Throws E_ADAPTER_INVALID for the first contradiction. */
export function requireFiles(partner: FilePartner): void {
  const { transport, conversation: { send, receive } = {}, place } = partner;
  if (transport !== 'sftp' && transport !== 'folder') return requireNoFiles(partner);
  if (send?.file === undefined || receive?.file === undefined)
    throw invalid(`the transport is ${transport}, and no files are described`, place('/transport'), filesFix);
  requireAnswerFiles(send, receive, place);
  requireNames(partner);
}

const filesFix = 'Write conversation/send/file and conversation/receive/file, or another transport.';

/** Over a connection nothing stands beside a message. */
function requireNoFiles({ transport, conversation: { send, receive, fills } = {}, place }: FilePartner): void {
  const filled = Object.entries(fills?.message ?? {}).find(([, fill]) => fill === 'file')?.[0];
  const answers = send === undefined ? [] : answersOf(send);
  const wrong: readonly (readonly [boolean, string, string])[] = [
    [send?.file !== undefined, 'file', '/conversation/send/file'],
    [receive?.file !== undefined, 'file', '/conversation/receive/file'],
    [answers.some((answer) => 'file' in answer), 'an answer in a file', '/conversation/send'],
    [isKind(receive, 'none') && takesMessages(receive), 'no answer', '/conversation/receive/answer'],
    [receive !== undefined && 'file' in receive.answer, 'file', '/conversation/receive/answer/file'],
    [filled !== undefined, 'the fill file', `/conversation/fills/message/${filled ?? ''}`],
  ];
  const fix = `Remove it, or write transport: sftp or folder; this partner uses ${transport}.`;
  for (const [is, what, pointer] of wrong) if (is) throw invalid(`${what} is for files`, place(pointer), fix);
  if (isKind(receive, 'status') && receive?.path === undefined)
    throw invalid(
      'a status is the answer to a request, and none comes',
      place('/conversation/receive/answer'),
      'Describe the answer by a template, or name the path of our door to which messages are posted.',
    );
}

/** Not where a partner acknowledges our messages and sends none. */
function takesMessages({ path, consume, request }: ReceiveData = { answer: { kind: 'none' } }): boolean {
  return (path ?? consume ?? request) !== undefined;
}

function isKind(receive: ReceiveData | undefined, kind: 'none' | 'status'): boolean {
  return receive !== undefined && 'kind' in receive.answer && receive.answer.kind === kind;
}

/** No path, status or queue, and a file of its own for each answer. */
function requireAnswerFiles(send: SendData, receive: ReceiveData, place: Place): void {
  const answers = answersOf(send);
  const ours = 'template' in receive.answer ? receive.answer : undefined;
  if (isKind(receive, 'status')) throw invalid('a file has no status', place('/conversation/receive/answer'), filesFix);
  if ((send.request ?? send.statuses ?? send.publish) !== undefined || answers.some(isOfConnections))
    throw invalid('a file has no path, status or key', place('/conversation/send'), filesFix);
  if (receive.acknowledgements !== undefined || (ours?.publish ?? ours?.request ?? ours?.statuses) !== undefined)
    throw invalid('a file has no path, status or key', place('/conversation/receive'), filesFix);
  const answerFix = 'Name each by the file that it answers: file: "{file}.ack".';
  if (answers.some((answer) => 'template' in answer && answer.file === undefined))
    throw invalid('no file is named for the answer', place('/conversation/send'), answerFix);
  if (ours !== undefined && ours.file === undefined)
    throw invalid('no file is named for the answer', place('/conversation/receive/answer'), answerFix);
  const theirs = [send.file?.marker, ...answers.map((answer) => ('file' in answer ? answer.file : undefined))];
  const names = theirs.filter((name) => name !== undefined);
  const twice = 'two files beside ours have the same name';
  if (new Set(names).size < names.length) throw invalid(twice, place('/conversation/send'), answerFix);
  if (ours?.file !== undefined && ours.file === receive.file?.ready)
    throw invalid(twice, place('/conversation/receive/answer/file'), answerFix);
}

/** Receipts of this program, HTTP statuses, and properties of messages. */
function isOfConnections({ kind, mode, correlate }: AnswerData): boolean {
  return kind === 'status' || kind === 'receipt' || mode === 'sync' || (correlate ?? 'subject') !== 'subject';
}

function requireNames({ conversation, exchange, several, place }: FilePartner): void {
  const [ours, theirs] = [exchange.send?.file?.names.carries, exchange.receive?.file?.names.carries];
  for (const [path, fill] of Object.entries(conversation?.fills?.message ?? {})) {
    const value = filledPath(path);
    if (fill !== 'file' || path === 'id' || (ours?.has(value) === true && theirs?.has(value) === true)) continue;
    throw invalid(
      `${path} is filled from the name of the file, which does not carry it`,
      place(`/conversation/fills/message/${path}`),
      `Show ${value} in send/file/name and in receive/file/name.`,
    );
  }
  const rules = streamRules(conversation);
  const restarts = rules.discipline === 'numbered' && rules.restart !== 'never';
  const dated = ['message.id', 'message.period', 'message.issuedAt'].some((path) => ours?.has(path) === true);
  if (restarts && ours?.has('message.position.sequence') === true && !dated)
    throw invalid(
      'numbers begin again, and the first list of a period would replace that of the period before',
      place('/conversation/send/file/name'),
      'Show message.period or message.issuedAt beside the number.',
    );
  if (!several || ours?.has('message.id') === true || ours?.has('message.position.sequence') === true) return;
  throw invalid(
    'two lists that follow each other have the same name, and the second would replace the first',
    place('/conversation/send/file/name'),
    'Show message.id or message.position.sequence in it, or send whole full lists only.',
  );
}
