/**
 * The files of a partner that people carry: what it gives, with our answer to each row, and what it gets. Our staff do it for any partner
 * (`/partners/XX/files`); a person of a partner does it for that partner, and sees nothing else (`/files`).
 */

import { signatureFileOf } from '../../adapter/seal.ts';
import { answerTo } from '../../app/given-answers.ts';
import { getPartner } from '../../gateway.ts';
import { messageFrom } from '../../inbound/brought-files.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Acknowledgement, Bearer, RecordAnswer } from '../../model/message.ts';
import { hiddenIn } from '../../model/shown-text.ts';
import { fetchFile, messageTo, signatureOf } from '../../outbound/carry-files.ts';
import type { Permission } from '../../people/roles.ts';
import type { InboxMessage } from '../../store/inbox.ts';
import { listMessages, type MessageListRow, type MessageRow } from '../../store/outbox.ts';
import { page, param, type Call, type Done, type Download, type Section } from '../page.ts';
import { actForm, english, facts, field, html, link, name, pathOf, state, table, time, type VNode } from '../parts.ts';
import type { Words } from '../words.ts';
import { messageState } from './messages.ts';

const mostBytes = 64 * 1024 * 1024;
const mostListed = 50;
const mostRows = 200;
/** Of the name of a file. */
const mostCharacters = 200;

/** Whose pages these are. */
interface Place {
  readonly path: '/files' | '/partners/:partner/files';
  readonly needs: Extract<Permission, 'files.own' | 'files.carry'>;
  /** The code of the partner. Throws E_PARTNER_UNKNOWN, E_ROLE_MISSING. */
  partnerOf(call: Call): string;
}

const ownPlace: Place = {
  ...{ path: '/files', needs: 'files.own' },
  partnerOf({ gateway, session: { person } }) {
    if (person.partner !== undefined) return getPartner(gateway, person.partner).code;
    throw new GatewayError('E_ROLE_MISSING', 'the person is of no partner');
  },
};

const staffPlace: Place = {
  ...{ path: '/partners/:partner/files', needs: 'files.carry' },
  partnerOf: (call) => getPartner(call.gateway, param(call, 'partner')).code,
};

/** The addresses below a place, as a person follows them. */
function placeOf({ path, partnerOf }: Place, call: Call): { readonly partner: string; to(...parts: string[]): string } {
  const partner = partnerOf(call);
  const base = path === '/files' ? ['files'] : ['partners', partner, 'files'];
  return { partner, to: (...parts) => pathOf(...base, ...parts) };
}

function bearerOf({ session: { person } }: Call): Bearer {
  return { person: person.id, isOfPartner: person.partner !== undefined };
}

interface Files {
  readonly partner: string;
  readonly name: string;
  /** Ours are fetched here, and nothing else hands them over. */
  readonly by_file: boolean;
  readonly signature_file: boolean;
  readonly from_us: readonly MessageListRow[];
  readonly from_partner: readonly MessageListRow[];
}

async function loadAll(place: Place, call: Call): Promise<Files> {
  const { gateway } = call;
  const partner = getPartner(gateway, place.partnerOf(call));
  const listed = (direction: 'in' | 'out'): Promise<MessageListRow[]> =>
    listMessages(gateway.db.sql, { partner: partner.code, direction, limit: mostListed });
  return {
    ...{ partner: partner.code, name: partner.adapter.name, by_file: partner.byFile },
    signature_file: signatureFileOf(partner.adapter.seal) !== undefined,
    ...{ from_us: await listed('out'), from_partner: await listed('in') },
  };
}

function viewAll(place: Place, files: Files, call: Call): VNode {
  const { t } = call.words;
  const { to } = placeOf(place, call);
  const { needs } = place;
  const children = html`${field({ name: 'file', label: t('files.file'), hint: t('files.hint'), type: 'file', required: true })}
  ${files.signature_file && field({ name: 'signature', label: t('files.signature'), type: 'file' })}`;
  const isStaff = place === staffPlace;
  return html`${isStaff && html`<p>${t('files.staff')}</p>`}
  ${actForm(call, { to: to(), needs, withFile: true, children }, [{ text: t('files.give') }])}
  ${messageTable(t('files.from', { name: files.name }), files.from_partner, files, call, ({ digest }) => to('received', digest))}
  ${messageTable(t('files.from', { name: call.gateway.home.name }), files.from_us, files, call, ({ id = '' }) => to('sent', id))}
  ${isStaff && files.by_file && actForm(call, { to: to('list'), needs }, [{ text: t('files.make') }])}`;
}

function messageTable(
  caption: string,
  rows: readonly MessageListRow[],
  { by_file: byFile }: Pick<Files, 'by_file'>,
  { words }: Call,
  addressOf: (row: MessageListRow) => string,
): VNode {
  const { t } = words;
  return html`<h2>${caption}</h2>
    ${table(
      caption,
      [{ head: t('head.at') }, { head: t('head.kind') }, { head: t('head.state') }, { head: t('head.message') }],
      rows.map((row) => [
        ...[time(words, row.at), words.code('kind', row.kind ?? ''), fileState(words, row.state, byFile)],
        link(addressOf(row), html`<code>${(row.id ?? row.digest).slice(0, 60)}</code>`),
      ]),
      t('messages.none'),
    )}`;
}

/** Nothing sends what people carry: it waits for the person who fetches it. */
function fileState(words: Words, code: MessageListRow['state'], byFile: boolean): VNode {
  return byFile && code === 'SEALED' ? state('old', words.t('files.waits')) : messageState(words, code);
}

interface Received extends InboxMessage {
  /** What we answered, where it is no signed receipt; rows from the first faulty one on. */
  readonly answer: Acknowledgement | null;
  /** Whether there is a file with it. */
  readonly has_answer: boolean;
}

async function loadReceived(place: Place, call: Call): Promise<Received> {
  const partner = place.partnerOf(call);
  const message = await messageFrom(call.gateway, partner, param(call, 'digest'));
  const answer = await call.work.answerTo(partner, message.digest);
  return { ...message, answer: answer?.says ?? null, has_answer: answer !== undefined };
}

function viewReceived(place: Place, { answer, ...message }: Received, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const { to } = placeOf(place, call);
  return html`${facts([
      [t('head.state'), messageState(words, message.state)],
      [t('messages.reason'), message.reason === undefined ? undefined : words.code('reason', message.reason)],
      [t('files.words'), name(answer?.text)],
      [t('head.detail'), answer?.detail === undefined ? undefined : english(answer.detail)],
      [t('files.place'), answer?.place],
      [t('head.received'), time(words, message.receivedAt)],
      [t('messages.evidence'), words.code('evidence', message.evidence ?? '')],
      [t('head.digest'), html`<code>${message.digest}</code>`],
    ])}
    ${message.has_answer && html`<p>${link(to('received', message.digest, 'answer'), t('files.our_answer'))}</p>`}
    ${answer?.results !== undefined && rowTable(answer.results, call)}
    <p>${link(to(), t('files.back'))}</p>`;
}

/** Refused rows first: of a long list the others are the same. */
function rowTable(results: readonly RecordAnswer[], { words }: Call): VNode {
  const { t, number } = words;
  const isTaken = ({ verdict }: RecordAnswer): boolean => verdict === 'applied';
  const shown = results.toSorted((a, b) => Number(isTaken(a)) - Number(isTaken(b))).slice(0, mostRows);
  const counts = { shown: number(shown.length), count: number(results.length) };
  return html`${shown.length < results.length && html`<p>${t('files.cut', counts)}</p>`}
  ${table(
    t('files.rows'),
    [
      ...[{ head: t('head.number'), number: true }, { head: t('head.identifier') }, { head: t('head.state') }],
      ...[{ head: t('files.place') }, { head: t('head.detail') }],
    ],
    shown.map(({ row, identifier = '', verdict = 'rejected', place = '', text, detail = '', code = '' }) => [
      ...[row === undefined ? '' : number(row), identifier],
      state(verdict === 'applied' ? 'good' : 'bad', words.code('row_verdict', verdict)),
      ...[place, text === undefined ? english(detail || code) : name(text)],
    ]),
    '',
  )}`;
}

async function loadSent(place: Place, call: Call): Promise<MessageRow> {
  return await messageTo(call.gateway, place.partnerOf(call), param(call, 'message'));
}

function viewSent(place: Place, message: MessageRow, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const { partner, to } = placeOf(place, call);
  const { needs } = place;
  const at = (...parts: string[]): string => to('sent', message.id, ...parts);
  const { adapter, byFile } = getPartner(call.gateway, partner);
  const answers = message.kind !== 'receipt' && (adapter.exchange.send?.stages ?? []).some(({ format }) => format);
  const answer = field({ name: 'file', label: t('files.their_answer'), type: 'file', required: true });
  return html`${facts([
      [t('head.state'), fileState(words, message.state, byFile)],
      [t('head.kind'), words.code('kind', message.kind)],
      [t('messages.verdict'), message.verdictDetail === undefined ? undefined : english(message.verdictDetail)],
      [t('messages.evidence'), words.code('evidence', message.evidence ?? '')],
      [t('files.file'), message.file],
      [t('head.at'), time(words, message.createdAt)],
      [t('head.digest'), html`<code>${message.digest}</code>`],
    ])}
    ${actForm(call, { to: at(), needs }, [{ text: t('files.fetch') }])}
    ${signatureFileOf(adapter.seal) !== undefined && message.kind === 'list' && html`<p>${link(at('signature'), t('files.fetch_signature'))}</p>`}
    ${answers && html`<h2>${t('files.their_answer')}</h2>`}
    ${answers && actForm(call, { to: at('answer'), needs, withFile: true, children: answer }, [{ text: t('files.give') }])}
    <p>${link(to(), t('files.back'))}</p>`;
}

function fileOf({ file }: Call): NonNullable<Call['file']> {
  if (file === undefined) throw new GatewayError('E_REQUEST_INVALID', 'there is no file', { fix: 'Choose a file.' });
  const fault = file.name.length > mostCharacters ? `it has ${file.name.length} characters` : hiddenIn(file.name);
  if (fault === undefined) return file;
  throw new GatewayError('E_REQUEST_INVALID', `the name of the file cannot be shown: ${fault}`, {
    fix: 'Give it under the name that was agreed.',
  });
}

async function give(place: Place, call: Call): Promise<Done> {
  const { partner, to } = placeOf(place, call);
  const file = { ...fileOf(call), signature: call.signature?.bytes };
  const { verdict, reason = null, duplicate, digest } = await call.work.receiveBrought(partner, file, bearerOf(call));
  return { to: to('received', digest), result: { digest, verdict, code: reason, duplicate } };
}

async function giveAnswer(place: Place, call: Call): Promise<Done> {
  const { partner, to } = placeOf(place, call);
  const { id } = await loadSent(place, call);
  const { bytes } = fileOf(call);
  await call.work.takeBroughtAnswer(partner, { id, bytes, bearer: bearerOf(call) });
  const { state: now } = await messageTo(call.gateway, partner, id);
  return { to: to('sent', id), result: { message: id, state: now } };
}

async function fetchOne(place: Place, call: Call): Promise<Done> {
  const { gateway } = call;
  const fetched = await fetchFile(gateway, place.partnerOf(call), param(call, 'message'), bearerOf(call));
  const { id, file = id, contentType } = fetched.message;
  return { file: { name: file, contentType, bytes: fetched.bytes } };
}

async function makeList(place: Place, call: Call): Promise<Done> {
  const { partner, to } = placeOf(place, call);
  const list = await call.work.sendList(partner, {});
  return { to: list === undefined ? to() : to('sent', list.id), result: { message: list?.id ?? null } };
}

async function ourAnswer(place: Place, call: Call): ReturnType<Download['load']> {
  const digest = param(call, 'digest');
  const answer = await answerTo(call.gateway, place.partnerOf(call), digest);
  if (answer === undefined) throw new GatewayError('E_MESSAGE_UNKNOWN', 'there is no answer to this message yet');
  const { file = `${digest.slice(0, 16)}-answer`, contentType, bytes } = answer;
  return { name: file, contentType, bytes };
}

async function ourSignature(place: Place, call: Call): ReturnType<Download['load']> {
  return await signatureOf(call.gateway, place.partnerOf(call), param(call, 'message'));
}

function filesAt(place: Place): Section {
  const { path, needs } = place;
  const at = (rest: string) => ({ path: `${path}${rest}`, needs });
  return {
    pages: [
      page<Files>({
        ...{ path, needs, load: (call) => loadAll(place, call), view: (files, call) => viewAll(place, files, call) },
        title: ({ words }, { name: partner }) => words.t('files.title', { name: partner }),
      }),
      page<Received>({
        ...{ ...at('/received/:digest'), load: (call) => loadReceived(place, call) },
        title: ({ words }, { hintedId = '' }) => words.t('files.received', { file: hintedId }),
        view: (received, call) => viewReceived(place, received, call),
      }),
      page<MessageRow>({
        ...{ ...at('/sent/:message'), load: (call) => loadSent(place, call) },
        title: ({ words }, { file, id }) => words.t('files.sent', { file: file ?? id }),
        view: (message, call) => viewSent(place, message, call),
      }),
    ],
    acts: [
      { path, needs, mostBytes, act: (call) => give(place, call) },
      ...(place === staffPlace ? [{ ...at('/list'), act: (call: Call) => makeList(place, call) }] : []),
      { ...at('/sent/:message'), gives: 'file', act: (call) => fetchOne(place, call) },
      { ...at('/sent/:message/answer'), mostBytes, act: (call) => giveAnswer(place, call) },
    ],
    downloads: [
      { ...at('/received/:digest/answer'), load: (call) => ourAnswer(place, call) },
      { ...at('/sent/:message/signature'), load: (call) => ourSignature(place, call) },
    ],
  };
}

export const ownFiles = filesAt(ownPlace);
export const carriedFiles = filesAt(staffPlace);
