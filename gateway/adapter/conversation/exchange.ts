/** Compiles how messages and answers travel to and from a partner of another make: templates, names of files, lines of logs. */

import answerTexts from '../../../schemas/answer-texts.json' with { type: 'json' };
import type { Acknowledgement, Verdict } from '../../model/message.ts';
import { present } from '../../model/present.ts';
import type { AnswerStage, Exchange, MessageFormat, TransportKind } from '../adapter.ts';
import { invalid, type Place } from '../faults.ts';
import { messageFormat, type TemplateSource, type TemplateTools } from '../format.ts';
import type { MessageData } from '../message-data.ts';
import { acknowledgementFields, recordResultFields } from '../template/message-fields.ts';
import type { TransformContext } from '../template/transforms.ts';
import { answersOf, type ReceiveData, type SendData } from './answers.ts';
import { besideFile, logLine, receiveFile, sendFile } from './file-names.ts';
import { headReader, headWriter } from './response-heads.ts';
import { stageOf, type AnswerData, type StatusAnswerData } from './stages.ts';

interface ExchangeTools {
  load(data: MessageData): Promise<TemplateSource>;
  readonly context: TransformContext;
  readonly readers: TemplateTools;
  readonly transport: TransportKind;
  readonly place: Place;
}

/** Throws E_ADAPTER_INVALID. */
export async function exchangeOf(
  { send: stated, receive }: { readonly send?: SendData; readonly receive?: ReceiveData },
  tools: ExchangeTools,
): Promise<Exchange> {
  const send = travelling(stated);
  const { context, place } = tools;
  const compiled = new Map<string, MessageFormat<Acknowledgement>>();
  const compile = async (data: MessageData & Pick<AnswerData, 'per'>): Promise<MessageFormat<Acknowledgement>> => {
    const source = await tools.load(data);
    const format = compiled.get(source.file) ?? acknowledgementFormat(source, tools.context, tools.readers, data.per);
    compiled.set(source.file, format);
    return format;
  };
  const stage = async (data: AnswerData): Promise<AnswerStage> => {
    const format = 'template' in data ? await compile(data as AnswerData & MessageData) : undefined;
    return answerStage(data, format, { ...tools, resend: send?.resend });
  };
  const { file: sent, ...sending } = send ?? {};
  const { file: received, answer: ours, ...receiving } = receive ?? {};
  const answered = ours !== undefined && 'template' in ours ? ours : undefined;
  return present({
    send: send && {
      ...sending,
      ...statusesRead(send),
      ...present({ file: sent && sendFile(sent, context, place('/conversation/send/file')) }),
      stages: await Promise.all(answersOf(send).map(stage)),
    },
    receive: receive && {
      ...receiving,
      ...present({ file: received && receiveFile(received, context, place('/conversation/receive/file')) }),
      ...present({ answer: answered && (await compile(answered)) }),
      ...present({ publish: answered?.publish, answerRequest: answered?.request }),
      ...headerOf(receive, tools),
      ...(answered?.file !== undefined && { answerFile: besideFile(answered.file, place('/conversation/receive')) }),
      textOf: textsOf(answered?.language, place),
      ...verdictsOf(receive),
    },
  });
}

function answerStage(
  data: AnswerData,
  format: MessageFormat<Acknowledgement> | undefined,
  { resend, ...tools }: ExchangeTools & { readonly resend: SendData['resend'] | undefined },
): AnswerStage {
  const head = data.kind === 'status' ? headOf(data, tools) : {};
  const stage = stageOf(data, format, { answersAtOnce: tools.transport === 'https', resend });
  return { ...stage, ...fileOfAnswer(data, tools), ...head };
}

/** Of our response. */
function headerOf({ answer }: ReceiveData, { context, place }: ExchangeTools) {
  if (!('kind' in answer) || answer.kind !== 'status') return {};
  const at = place('/conversation/receive/answer');
  const { header } = answer;
  const statuses = header === undefined ? { ...ourStatuses, ...answer.statuses } : undefined;
  const readHead = headReader(present({ kind: 'status' as const, header, statuses }), context.tables, at);
  return { readHead, ...(header !== undefined && { answerHeader: headWriter(header, context.tables, at) }) };
}

/** Unless `statuses` says otherwise. */
const ourStatuses = { applied: 200, held: 202, rejected: 422 } as const;

function headOf(
  { header, ...data }: StatusAnswerData,
  { context: { tables }, place }: ExchangeTools,
): Pick<AnswerStage, 'readHead' | 'header' | 'written'> {
  const at = place('/conversation/send');
  const readHead = headReader({ ...data, ...present({ header }) }, tables, at);
  // The partner need not have a word for each verdict.
  const head = header === undefined ? undefined : (verdict: Verdict) => headWriter(header, tables, at)(verdict);
  return present({ readHead, header, written: present({ head, statuses: data.statuses }) });
}

/** Each status that says a verdict is read. */
function statusesRead(send: SendData): Pick<SendData, 'statuses'> {
  const [read] = answersOf(send).flatMap((each) => (each.kind === 'status' ? (each.statuses ?? []) : []));
  return read === undefined ? {} : { statuses: { read: Object.values(read), ...send.statuses } };
}

/** Undefined where it says only how often messages are sent. */
function travelling({ retry: _, ...send }: SendData = {}): SendData | undefined {
  return Object.keys(send).length === 0 ? undefined : send;
}

/** How a verdict is answered: only a request of the partner has a response, and only a template gives it a body. */
function verdictsOf({ path, answer }: ReceiveData): Pick<NonNullable<Exchange['receive']>, 'mode' | 'statuses'> {
  const mode = 'template' in answer ? answer.mode : 'async';
  const statuses = 'statuses' in answer ? answer.statuses : undefined;
  return {
    mode: mode ?? (path === undefined ? 'async' : 'sync'),
    statuses: { ...ourStatuses, ...statuses },
  };
}

/** Of an answer in a file. */
function fileOfAnswer(
  data: AnswerData,
  { context, place }: ExchangeTools,
): Pick<AnswerStage, 'answerFile' | 'readLog' | 'written'> {
  if (!('file' in data)) return {};
  const at = place('/conversation/send');
  const answerFile = besideFile(data.file, at);
  if (data.kind !== 'log') return { answerFile };
  const { readLog, write: line } = logLine(data, context, at);
  return { answerFile, readLog, written: { line, file: answerFile } };
}

/** Acknowledgements travel on connections of their own, so that their type need not be distinguished from others. */
export function acknowledgementFormat(
  source: TemplateSource,
  context: TransformContext,
  readers: TemplateTools,
  per: AnswerData['per'] = 'message',
): MessageFormat<Acknowledgement> {
  const fields = per === 'record' ? recordResultFields : acknowledgementFields;
  return messageFormat({ type: 'acknowledgement', ...source }, fields, context, readers);
}

const texts: Readonly<Record<string, Readonly<Record<string, string>>>> = answerTexts;

/** What people read of a code, in a language. Throws E_ADAPTER_INVALID for a language without texts. */
function textsOf(language = 'en', place: Place): (code: string) => string | undefined {
  const own = texts[language];
  if (own !== undefined) return (code) => own[code];
  const fix = `Name one of ${Object.keys(texts).join(', ')}.`;
  throw invalid(`there are no texts in the language ${language}`, place('/conversation/receive/answer/language'), fix);
}

/** The formats of both directions; one where several have the same template. */
export function acknowledgementsOf({ send, receive }: Exchange): readonly MessageFormat<Acknowledgement>[] {
  const formats = [...(send?.stages.map(({ format }) => format) ?? []), receive?.answer];
  return [...new Set(formats.filter((each) => each !== undefined))];
}
