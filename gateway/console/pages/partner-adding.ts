/**
 * A partner is added: one person enters its adapter, address and certificates, another confirms what was entered. What names files, accounts or
 * secrets of the machine (folders, SFTP, brokers, credentials) is added by a command.
 */

import { adapterFolders } from '../../app/adapter-drafts.ts';
import { certificatesIn } from '../../app/certificate-files.ts';
import { adapterTools } from '../../app/adapter-tools.ts';
import type { PartnerConfig } from '../../app/config.ts';
import { addPartner } from '../../app/partner-decisions.ts';
import { GatewayError } from '../../model/errors.ts';
import { present } from '../../model/present.ts';
import { listEvents } from '../../store/events.ts';
import { fingerprint } from '../../wire/signature/certificates.ts';
import { page, written, type Call, type Done, type Section } from '../page.ts';
import { actForm, area, choice, field, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';
import { deciderOf } from './partner-decisions.ts';

const needs = 'partners.decide';
const path = '/partners/new';
const mostEvents = 500;

const ways = ['https', 'https-pull'] as const;
const uses = ['signing', 'tls', 'anchors'] as const;
const labels = { signing: 'adding.signing', tls: 'adding.tls', anchors: 'adding.anchors' } as const;

/** Texts as they were entered; certificates are PEM. */
type Entered = Readonly<Partial<Record<'adapter' | 'transport' | 'url' | (typeof uses)[number], string>>>;

interface Decided {
  readonly partner: string;
  readonly at: string;
  readonly person: string;
  readonly reason: string;
  readonly entered: Entered;
  /** Of the certificates, SHA-256. */
  readonly fingerprints: readonly string[];
  readonly effective: boolean;
}

interface Adding {
  readonly items: readonly Decided[];
  readonly adapters: readonly string[];
}

async function load({ gateway }: Call): Promise<Adding> {
  const events = await listEvents(gateway.db.sql, { kind: 'decision_made', limit: mostEvents });
  const made = events.flatMap(({ at, ref, detail }) => {
    const read = JSON.parse(detail ?? '{}') as Pick<Decided, 'person' | 'reason'> & Detail;
    return read.decision === 'partner_added' ? [{ ...read, at, partner: ref }] : [];
  });
  const done = new Set(made.filter(({ people }) => people.length > 1).map(({ digest }) => digest));
  const items = made.map(({ at, partner, person, reason, entered = {}, digest }) => {
    return { at, partner, person, reason, entered, fingerprints: fingerprintsOf(entered), effective: done.has(digest) };
  });
  return { items, adapters: adapterFolders(gateway).map(({ adapter }) => adapter) };
}

interface Detail {
  readonly decision: string;
  readonly digest: string;
  readonly people: readonly string[];
  /** Absent where a command added it. */
  readonly entered?: Entered;
}

function fingerprintsOf(entered: Entered): readonly string[] {
  const texts = uses.flatMap((use) => entered[use] ?? []);
  return certificatesIn(texts).map(fingerprint);
}

function view({ items, adapters }: Adding, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const fields = html`${field({ name: 'partner', label: t('adapters.partner'), hint: t('adding.partner_hint'), required: true })}
  ${choice(
    'adapter',
    t('adding.adapter'),
    adapters.map((each) => [each, each] as const),
    adapters[0],
  )}
  ${choice('transport', t('adding.way'), [['', t('adding.as_adapter')], ...ways.map((way) => [way, way] as const)], '')}
  ${field({ name: 'url', label: t('adding.url'), hint: 'https://host:port' })}
  ${uses.map((use) => area({ name: use, label: t(labels[use]), hint: t('adding.pem') }))}
  ${field({ name: 'reason', label: t('form.reason'), required: true })}`;
  return html`<p>${t('adding.about')}</p>
    ${table(
      t('held.decisions'),
      [
        ...[
          { head: t('head.partner') },
          { head: t('head.at') },
          { head: t('head.person') },
          { head: t('form.reason') },
        ],
        ...[{ head: t('adding.entered') }, { head: t('head.state') }],
      ],
      items.map((each) => [
        ...[link(pathOf('partners', each.partner), each.partner), time(words, each.at), each.person, each.reason],
        ...[enteredView(each), each.effective ? state('good', t('decisions.done')) : confirmView(each, call)],
      ]),
      t('adding.none'),
    )}
    <h2>${t('adding.new')}</h2>
    ${actForm(call, { to: path, needs, children: fields }, [{ text: t('adding.propose') }])}`;
}

function enteredView({ entered: { adapter = '', transport = '', url = '' }, fingerprints }: Decided): VNode {
  return html`<ul>
    ${[adapter, transport, url, ...fingerprints].filter(Boolean).map((each) => html`<li><code>${each}</code></li>`)}
  </ul>`;
}

/** What the first person entered, for the second to confirm as it is. */
function confirmView({ partner, person, entered }: Decided, call: Call): VNode {
  const { t } = call.words;
  const id = `reason-${partner}`;
  const unless = person === call.session.person.id ? t('adding.own') : undefined;
  const hidden = Object.entries({ ...entered, partner }).map(
    ([name, value]) => html`<input type="hidden" name=${name} value=${value} />`,
  );
  const children = html`${hidden} ${field({ name: 'reason', id, label: t('form.reason'), required: true })}`;
  return html`${state('held', t('decisions.waits'))}
  ${entered.adapter !== undefined && actForm(call, { to: path, needs, children, unless }, [{ text: t('adding.confirm') }])}`;
}

/** Throws E_REQUEST_INVALID for letters, an adapter that is not there, a way that takes a command, and what is no certificate. */
function enteredOf(call: Call): { readonly partner: string; readonly entered: Entered } {
  const partner = written(call, 'partner').toUpperCase();
  const [adapter, transport] = [written(call, 'adapter'), written(call, 'transport')];
  const refuse = (at: string, detail: string, fix: string): GatewayError =>
    new GatewayError('E_REQUEST_INVALID', detail, { at, fix });
  if (!/^[A-Z]{2}$/u.test(partner))
    throw refuse('partner', 'a partner is named by two letters', 'Give its ISO 3166 code.');
  if (!adapterFolders(call.gateway).some((each) => each.adapter === adapter))
    throw refuse('adapter', 'there is no such adapter', 'Draft one on the page Adapters, and store it.');
  if (transport !== '' && !ways.some((way) => way === transport))
    throw refuse('transport', 'this way names files or accounts of the machine', 'Use mra partner add.');
  const texts = Object.fromEntries(uses.map((use) => [use, written(call, use).replaceAll('\r\n', '\n')]));
  for (const [use, text] of Object.entries(texts))
    if (text !== '' && !text.startsWith('-----BEGIN CERTIFICATE-----'))
      throw refuse(use, 'it is no certificate in PEM', 'Paste the text from -----BEGIN CERTIFICATE----- on.');
  const all = { adapter, transport, url: written(call, 'url'), ...texts };
  return { partner, entered: Object.fromEntries(Object.entries(all).filter(([, text]) => text !== '')) };
}

function settingsOf({ adapter = '', transport, url, signing, tls, anchors }: Entered): PartnerConfig {
  const texts = (text?: string): string[] => (text === undefined ? [] : [text]);
  const certificates = { signing: texts(signing), tls: texts(tls), anchors: texts(anchors), checkPath: false };
  const way = ways.find((each) => each === transport);
  return { adapter, mirrored: false, ...present({ transport: way, url }), certificates };
}

async function add(call: Call): Promise<Done> {
  const { partner: code, entered } = enteredOf(call);
  const settings = settingsOf(entered);
  const done = await addPartner(call.gateway, adapterTools(), { code, settings, entered, ...deciderOf(call, needs) });
  return { to: path, result: { partner: code, done } };
}

export const partnerAdding: Section = {
  pages: [page({ path, needs: 'partners.read', title: ({ words }) => words.t('adding.title'), load, view })],
  acts: [{ path, needs, act: add }],
};
