/** Each act of the office is found in Audit: by whom, why, and what it did. An act without a line here fails. */

import { cpSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { sections } from '../../gateway/console/pages.ts';
import { getPartner, type Partner } from '../../gateway/gateway.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { roles } from '../../gateway/people/roles.ts';
import { openAlarm } from '../../gateway/store/alarms.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { logSize } from '../../gateway/store/log.ts';
import { csvOf } from '../cli/operator-command.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, operator } from '../support/administrations.ts';
import type { OpenAdministration, OpenAdministrations } from '../support/administrations.ts';
import { heldList } from '../support/office-pages.ts';
import { openOffice, person, type Browser, type Office } from '../support/office.ts';
import { ecPair, rsaPair, temporaryFolder, testCertificate } from '../support/pki.ts';

interface Line {
  /** The path of the act. */
  readonly act: string;
  readonly form?: Readonly<Record<string, string>>;
  /** In place of a form. */
  readonly file?: string;
  /** Events that it leaves; none: it changes nothing. */
  readonly leaves: readonly string[];
  /** Absent: li.na. */
  readonly by?: 'kim';
  /** What a place in the path stands for, of what is known so far. */
  readonly before?: () => Promise<unknown>;
}

interface Shown {
  readonly n: number;
  readonly kind: string;
  readonly ref: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

describe('the audit of the office', () => {
  let all: OpenAdministrations;
  let office: Office;
  let [li, kim]: Browser[] = [];
  const places: Record<string, string> = { partner: 'CN', code: operator(1).code, client: 'clearance' };
  before(async () => {
    const adapters = temporaryFolder();
    cpSync(adaptersFolder, adapters, { recursive: true });
    all = await openAdministrations({ partners: ['KR'], adapters });
    office = await openOffice(all.of('KR').gateway);
    li = await office.signedIn('li.na', ...roles);
    kim = await office.signedIn('kim', ...roles);
  });
  after(async () => {
    await office.close();
    await all.close();
  });
  const them = (): OpenAdministration => all.of('KR');
  const shownBy = async (query: string): Promise<readonly Shown[]> =>
    (await person(li).json(`/office/v1/audit?${query}`)).body['items'] as readonly Shown[];

  const reason = 'a letter of May';
  const certificate = testCertificate(ecPair(), { use: 'tls' }).toString();
  const signing = testCertificate(rsaPair(), { use: 'signing' }).toString();
  const sample = readFileSync(new URL('../fixtures/partners/xb-list.xml', import.meta.url), 'utf8');
  const reply = '<Answer><MessageId>R-1</MessageId><InReplyTo>L-7</InReplyTo><Accepted>1</Accepted></Answer>';
  const entered = { partner: 'XB', adapter: 'xb', url: 'https://127.0.0.1:9', signing, tls: signing, reason };
  const announcedByFile = (): Promise<void> => {
    const partner = getPartner(them().gateway, 'CN');
    const keys = { ...partner.adapter.keys, announce: 'file' } as const;
    (them().gateway.partners as Map<string, Partner>).set('CN', { ...partner, adapter: { ...partner.adapter, keys } });
    return Promise.resolve();
  };
  const alarm = { cause: 'list_stale', subject: 'CN', severity: 'fail', detail: 'no list', fix: 'ask' } as const;
  const day = momentOf(new Date());
  const both = (line: Line, ...effects: readonly string[]): readonly Line[] => [
    line,
    { ...line, by: 'kim', leaves: [...line.leaves, ...effects] },
  ];

  const lines: readonly Line[] = [
    {
      ...{ act: '/held/:message', form: { decision: 'release', reason }, leaves: ['held_decided'] },
      before: async () => (places['message'] = await heldList(all.home, them())),
    },
    {
      ...{ act: '/alarms/:number/acknowledge', leaves: ['alarm_acknowledged'] },
      before: async () =>
        (places['number'] = String((await them().gateway.db.transaction((tx) => openAlarm(tx, alarm, [], day))).n)),
    },
    {
      ...{ act: '/messages/:message/resend', leaves: ['message_resent'] },
      async before() {
        await them().save(operator(1));
        places['message'] = (await sendList(them().gateway, 'CN', { kind: 'full' }))?.list.id ?? '';
      },
    },
    { act: '/operators/:code', form: { decision: 'suspend', reason }, leaves: ['operator_decided'] },
    {
      act: '/imports',
      file: csvOf({ code: 'KRA0001', grade: 'aa', businessNumber: '1178140065' })
        .replace('customs_code', 'code')
        .replace('uscc', 'business_number'),
      leaves: ['import_proposed'],
    },
    {
      act: '/imports/:id',
      by: 'kim',
      form: { decision: 'approve', reason },
      leaves: ['import_approved'],
    },
    ...both({ act: '/partners/:partner/reset', form: { reason }, leaves: ['decision_made'] }, 'stream_reset'),
    ...both(
      {
        act: '/partners/:partner/certificate',
        form: { certificate, use: 'tls', grace: '30', reason },
        leaves: ['decision_made'],
      },
      'certificate_added',
    ),
    ...both(
      {
        act: '/partners/:partner/rotate',
        form: { grace: '30', reason },
        leaves: ['decision_made'],
        before: announcedByFile,
      },
      'key_announced',
    ),
    ...both({ act: '/partners/:partner/confirm', form: { reason }, leaves: ['decision_made'] }, 'key_confirmed'),
    { act: '/partners/:partner/cancel', form: { reason }, leaves: ['key_cancelled'] },
    { act: '/adapters', form: { partner: 'XB', text: sample }, leaves: ['adapter_drafted'] },
    {
      act: '/adapters/:draft/answer',
      form: { at: '/name', answer: 'Customs of XB' },
      leaves: ['adapter_draft_changed'],
    },
    { act: '/adapters/:draft/sample', form: { text: reply, kind: 'reply' }, leaves: ['adapter_draft_changed'] },
    { act: '/adapters/:draft/check', leaves: [] },
    { act: '/adapters/:draft/store', leaves: ['adapter_stored'] },
    { act: '/adapters/:draft/discard', leaves: ['adapter_discarded'] },
    ...both({ act: '/partners/new', form: entered, leaves: ['decision_made'] }, 'partner_added'),
    { act: '/clients', form: { client: 'clearance', scope: 'check', reason }, leaves: ['client_added'] },
    { act: '/clients/:client/rotate', form: { days: '1', reason }, leaves: ['client_rotated'] },
    { act: '/clients/:client/revoke', form: { reason }, leaves: ['client_revoked'] },
    { act: '/account/tokens', form: { days: '1' }, leaves: ['token_made'] },
    { act: '/account/tokens/:token/end', leaves: ['token_ended'] },
    { act: '/proofs', file: '{}', leaves: [] },
    { act: '/partners/:partner/revoke', form: { reason }, leaves: ['partner_revoked'] },
  ];

  it('has each act with its person, its reason and its effect, and nothing for what changes nothing', async () => {
    for (const { act, form = {}, file, leaves, by = 'li.na', before: prepare } of lines) {
      await prepare?.();
      const browser = person(by === 'kim' ? kim : li);
      const size = await logSize(them().gateway.db.sql);
      const path = act.replaceAll(/:(\w+)/gu, (_, name: string) => places[name] ?? '');
      if (file === undefined) {
        const { status, body } = await browser.json(`/office/v1${path}`, form);
        expect(status, `${act} ${JSON.stringify(body)}`).to.equal(200);
        if (act === '/adapters') places['draft'] = String(body['id']);
        if (act === '/account/tokens') places['token'] = String(body['id']);
      } else places['id'] = (await browser.upload(path, file)).at.split('/')[2] ?? '';
      const events = (await shownBy(`person=${by}`)).filter(({ n }) => n > size);
      expect([act, events.map(({ kind }) => kind).sort()]).to.deep.equal([act, [...leaves].sort()]);
      if (leaves.length === 0) expect(await logSize(them().gateway.db.sql), act).to.equal(size);
      const own = events.filter(({ ref, detail }) => [ref, detail['person'], detail['by']].includes(by));
      if (leaves.length > 0) expect(own, act).not.to.deep.equal([]);
      if ('reason' in form)
        expect(
          own.map(({ detail }) => detail['reason']),
          act,
        ).to.include(reason);
    }
    const known = sections.flatMap(({ acts = [] }) => acts.map(({ path }) => path));
    // A status query is an entry of the log of its own: Consultations has it, by its requester. Those of files are in office-files.test.ts.
    const others = known.filter((path) => path === '/check' || /\/files(?:\/|$)/u.test(path));
    expect([...new Set([...lines.map(({ act }) => act), ...others])].sort()).to.deep.equal([...known].sort());
  });

  it('shows what one person did and what was done about it, and goes on behind very many events of others', async () => {
    const at = momentOf(new Date());
    await them().gateway.db.transaction(async (tx) => {
      await appendEvents(tx, [{ kind: 'person_roles_set', ref: 'li_na', at, detail: { by: 'root' } }]);
      const others = Array.from({ length: 20_000 }, () => ({ kind: 'assessment', ref: 'liana', at }));
      await appendEvents(tx, others);
    });
    const first = (await person(li).json('/office/v1/audit?person=li_na')).body;
    expect(first['items']).to.deep.equal([]);
    const { body } = await person(li).json(`/office/v1/audit?person=LI_NA&before=${String(first['next'])}`);
    expect((body['items'] as readonly Shown[]).map(({ ref }) => ref)).to.deep.equal(['li_na']);
    expect((await person(li).get('/audit?person=li_na')).html).to.include('person=li_na&amp;before=');
  });
});
