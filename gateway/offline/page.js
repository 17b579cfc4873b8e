/**
 * The border in one file: verifies the snapshot that the page carries, then searches, checks and records without a network. What it
 * answers with are the modules of the gateway itself.
 */

import { answerOffline, openSnapshot, requireInDate } from './answer-offline.ts';
import { digestedLines, noteText, parseSnapshot, wholeLines } from './snapshot.ts';
import { entryRoles } from '../model/arrangement.ts';
import { freshnessOf } from '../model/clearance/check.ts';
import { randomNumber, shownConsultationNumber } from '../model/clearance/number-form.ts';
import { asGatewayError } from '../model/errors.ts';
import { code, shownMoment, speak, t } from './page-texts.js';

const element = (id) => document.getElementById(id);
const { client, key } = JSON.parse(element('about').textContent);
const mostFound = 50;

const encoded = (text) => new TextEncoder().encode(text);
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

async function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return await new Response(stream).text();
}

/** Throws where the note is not signed with the key (C2SP signed-note, Ed25519), or a partner's lines are not those that were signed. */
async function verify({ head, headLine, note }, lines) {
  const [text, signature = ''] = note.split('\n\n');
  const raw = bytesOf(key.split('+').slice(2).join('+')).slice(1);
  const signer = await crypto.subtle.importKey('raw', raw, 'Ed25519', false, ['verify']);
  const signed = bytesOf(signature.trim().split(' ')[2]).slice(4);
  const isSigned = await crypto.subtle.verify('Ed25519', signer, signed, encoded(`${text}\n`));
  const wanted = noteText(head.id, base64(await sha256(encoded(headLine))));
  if (!isSigned || `${text}\n` !== wanted) throw new Error('the signature does not fit');
  for (const { terms, digest } of head.partners) {
    const found = await sha256(encoded(digestedLines(lines.get(terms.partner) ?? [])));
    const hex = Array.from(found, (byte) => byte.toString(16).padStart(2, '0')).join('');
    if (hex !== digest) throw new Error(`operators of ${terms.partner} are not those that were signed`);
  }
}

async function load() {
  const text = await unpacked(bytesOf(element('snapshot').textContent.trim()));
  const parsed = parseSnapshot(text);
  const lines = wholeLines(parsed);
  await verify(parsed, lines);
  return openSnapshot(parsed.head, lines);
}

/** A new element with texts and other elements in it: nothing is ever read as HTML. */
function made(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  node.append(...children);
  return node;
}
const show = (id, ...children) => element(id).replaceChildren(...children);

function table(caption, heads, rows) {
  const row = (cell, texts) =>
    made('tr', {}, ...texts.map((text) => made(cell, cell === 'th' ? { scope: 'col' } : {}, text)));
  return made(
    'table',
    {},
    made('caption', {}, caption),
    made('thead', {}, row('th', heads)),
    made('tbody', {}, ...rows.map((texts) => row('td', texts))),
  );
}

function ageInWords(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  return days > 0 ? t('offline.old_days', { days, hours }) : t('offline.old_hours', { hours, minutes: minutes % 60 });
}

const oldAfter = 24 * 3600 * 1000;

/** Says how old the knowledge is; after its last day nothing can be asked any more. */
function showAge(snapshot, now) {
  const { head } = snapshot;
  const shown = (moment) => shownMoment(moment, head.time_zone);
  const known = t('offline.known', { moment: shown(Date.parse(head.created_at)) });
  const age = now - Date.parse(head.created_at);
  let [title, detail, look] = [
    ageInWords(age),
    `${known} ${t('offline.last_day', { day: head.last_day })}`,
    age > oldAfter ? 'old' : '',
  ];
  try {
    requireInDate(snapshot, new Date(now));
  } catch (error) {
    [title, detail, look] = [t('offline.refused'), `${asGatewayError(error).detail}. ${known}`, 'refused'];
  }
  if (element('age').firstChild.textContent !== title) show('age', made('strong', {}, title), made('span', {}, detail));
  element('age').className = `age ${look}`;
  show('clock', t('offline.clock', { moment: shown(now) }));
  for (const fields of document.querySelectorAll('fieldset')) fields.disabled = look === 'refused';
  showLists(snapshot, new Date(now).toISOString());
}

function showLists({ head, terms }, now) {
  const shown = (moment) => shownMoment(Date.parse(moment), head.time_zone);
  const rows = head.partners.map(({ list, lines }, i) => {
    const { state, list_as_of: asOf } = freshnessOf({ list, terms: terms[i], at: now, knownAt: now });
    const as = asOf === undefined ? '' : shown(asOf);
    return [terms[i].partner, code('freshness', state), list?.number ?? '', as, String(lines)];
  });
  const heads = [t('head.partner'), t('head.state'), t('offline.list'), t('offline.as_of'), t('offline.records')];
  show('lists', table(t('offline.lists_caption'), heads, rows));
}

/** What was recorded stays in the browser until a person removes it; also for a later copy. */
const place = `mra-offline-${client}`;
const recorded = () => JSON.parse(localStorage.getItem(place) ?? '[]');

function showRecorded() {
  const kept = recorded();
  const saved = kept.filter((each) => each.saved === true).length;
  show('recorded', t('offline.kept', { kept: kept.length, saved }));
  element('save').disabled = kept.length === 0;
  element('remove').disabled = saved === 0;
}

function keep(changed) {
  localStorage.setItem(place, JSON.stringify(changed));
  showRecorded();
}

/** As many as the gateway takes at once. */
const mostSaved = 1000;

/** Saves what was not saved yet, else all once more. */
function saveFile() {
  const kept = recorded();
  const fresh = kept.filter((each) => each.saved !== true);
  const chosen = (fresh.length === 0 ? kept : fresh).slice(0, mostSaved);
  const consultations = chosen.map(({ request, answer }) => ({ request, answer }));
  const file = new Blob([JSON.stringify({ consultations })], { type: 'application/json' });
  const link = made('a', { href: URL.createObjectURL(file), download: `offline-${client}-${Date.now()}.json` });
  link.click();
  keep(kept.map((each) => (chosen.includes(each) ? { ...each, saved: true } : each)));
}

const fields = [
  'partner',
  'identifier',
  'role',
  'direction',
  'mode',
  'name',
  'address',
  'port',
  'port_of_departure',
  'reference',
];

function requestOf() {
  const given = fields.map((name) => [name, element(name).value]).filter(([, value]) => value.trim() !== '');
  return Object.fromEntries(given);
}

/** Recorded under a number before it is shown. */
async function answer(snapshot) {
  const request = requestOf();
  const given = await answerOffline(snapshot, request, new Date());
  const digest = base64(await sha256(encoded(JSON.stringify(given))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/u, '');
  const random = (count) => crypto.getRandomValues(new Uint8Array(count));
  const number = randomNumber(snapshot.head.home, random);
  const proof = {
    answer_digest: `sha-256:${digest}`,
    consultation_number: number,
    issued_at: given.answered_at,
    requester: client,
  };
  const proven = { ...given, proof };
  keep([...recorded(), { request, answer: proven }]);
  return proven;
}

const looks = {
  recognised: 'good',
  recognised_with_limits: 'part',
  suspended: 'held',
  revoked: 'bad',
  expired: 'bad',
  undetermined: 'old',
};

function showAnswer({ outcome, subject, advice, explanation, proof, would_change_answer: change }) {
  const who = [subject.partner, subject.identifier ?? subject.identifier_as_sent, subject.name]
    .filter(Boolean)
    .join(' ');
  const facts = [
    [t('check.number'), shownConsultationNumber(proof.consultation_number)],
    [t('check.advice'), [code('advice', advice.action), ...advice.benefits].join(' ')],
    ...(advice.reason === undefined ? [] : [[t('offline.because'), advice.reason]]),
    ...(change === undefined ? [] : [[t('offline.compare'), change.because]]),
  ];
  show(
    'answer',
    made('p', { class: `outcome ${looks[outcome] ?? 'none'}` }, code('outcome', outcome)),
    made('p', {}, who),
    made(
      'dl',
      { class: 'facts' },
      ...facts.map(([term, text]) => made('div', {}, made('dt', {}, term), made('dd', {}, text))),
    ),
    made(
      'div',
      { class: 'scroll', role: 'region', 'aria-label': t('check.steps'), tabindex: '0' },
      table(
        t('check.steps'),
        [t('head.step'), t('head.result'), t('head.code'), t('head.detail')],
        explanation.map((each) => [code('step', each.step), code('step_result', each.result), each.code, each.text]),
      ),
    ),
  );
}

function showProblem(id, error) {
  const { code: known = '', detail, faults, fix = '' } = error;
  const why = faults === undefined ? `${detail ?? error.message}. ${fix}` : faults.map((each) => each.detail).join(' ');
  show(id, made('p', { class: 'problem' }, `${known} ${why}`));
}

function showFound(snapshot) {
  const found = snapshot.search(element('text').value.trim(), mostFound);
  const rows = found.map(({ partner, identifier, status, validFrom, validTo = '', name = '', otherName = '' }) => {
    return [
      partner,
      identifier,
      code('status', status),
      validFrom,
      validTo,
      [name, otherName].filter(Boolean).join(' / '),
    ];
  });
  const most = t(found.length === mostFound ? 'offline.first' : 'offline.found', { count: found.length });
  const region = { class: 'scroll', role: 'region', 'aria-label': most, tabindex: '0' };
  const heads = [
    ...[t('head.partner'), t('head.identifier'), t('head.state'), t('register.true_from'), t('register.true_to')],
    t('head.name'),
  ];
  show('found', made('div', region, table(most, heads, rows)));
}

function fill(snapshot) {
  const { head } = snapshot;
  show(
    'partner',
    ...head.partners.flatMap(({ terms: { partner, name, form } }) => [
      made('option', { value: partner }, `${partner} ${name}`),
      ...(form.issuers ?? []).map((state) => made('option', { value: state }, `${state} (${partner})`)),
    ]),
  );
  show(
    'role',
    made('option', { value: '' }, t('check.not_stated')),
    ...entryRoles.map((role) => made('option', { value: role }, code('entry_role', role))),
  );
  const facts = [
    [t('offline.id'), head.id],
    [t('offline.home'), head.home],
    [t('offline.client'), client],
    [t('offline.policy'), head.policy],
    [t('offline.key'), key],
  ];
  show(
    'copy',
    ...facts.map(([term, text]) => made('div', {}, made('dt', {}, term), made('dd', {}, made('code', {}, text)))),
  );
}

/** What fails is said at the place where its result would be. */
function onSubmit(form, result, act) {
  element(form).addEventListener('submit', (event) => {
    event.preventDefault();
    act().catch((error) => showProblem(result, error));
  });
}

speak();
try {
  const snapshot = await load();
  fill(snapshot);
  showRecorded();
  const renew = () => showAge(snapshot, Date.now());
  renew();
  setInterval(renew, 20_000);
  onSubmit('check', 'answer', async () => showAnswer(await answer(snapshot)));
  onSubmit('search', 'found', async () => {
    requireInDate(snapshot, new Date());
    showFound(snapshot);
  });
  element('save').addEventListener('click', saveFile);
  element('remove').addEventListener('click', () => keep(recorded().filter((each) => each.saved !== true)));
} catch (error) {
  element('age').className = 'age refused';
  show('age', made('strong', {}, t('offline.refused')), made('span', {}, error.detail ?? error.message));
}
document.documentElement.dataset.ready = 'yes';
