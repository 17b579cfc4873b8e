/** What two people decide about a partner in the office, and every way by which one person might try to be two. */

import { expect } from 'chai';
import { getPartner, type Partner } from '../../gateway/gateway.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { setRoles, setState } from '../../gateway/people/people.ts';
import type { Role } from '../../gateway/people/roles.ts';
import { makeToken } from '../../gateway/people/tokens.ts';
import { operators, type OpenAdministration } from '../support/administrations.ts';
import { eachTestWithOffice, type Browser, type Office } from '../support/office.ts';
import { ecPair, testCertificate } from '../support/pki.ts';

interface Kind {
  readonly role: Role;
  readonly form: Readonly<Record<string, string>>;
  /** The event of the effect. */
  readonly effect: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  reset: { role: 'approver', form: {}, effect: 'stream_reset' },
  certificate: {
    role: 'partner-admin',
    form: { certificate: testCertificate(ecPair(), { use: 'tls' }).toString(), use: 'tls', grace: '30' },
    effect: 'certificate_added',
  },
  rotate: { role: 'key-admin', form: { grace: '30' }, effect: 'key_announced' },
};

describe('decisions of two about a partner', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ us, them, office } = opened);
  });
  beforeEach(async () => {
    await us.save(...operators(3));
    const list = await sendList(us.gateway, 'KR', { kind: 'full' });
    const bytes = list?.sealed.bytes ?? new Uint8Array();
    await receiveMessage(them.gateway, { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()) });
  });

  const events = async (kind: string): Promise<readonly Record<string, unknown>[]> => {
    const rows = them.gateway.db.sql.selectFrom('event').select('detail').where('kind', '=', kind).orderBy('n');
    return (await rows.execute()).map(({ detail }) => JSON.parse(detail ?? '{}') as Record<string, unknown>);
  };

  for (const [name, { role, form, effect }] of Object.entries(kinds))
    describe(name, () => {
      const path = `/partners/CN/${name}`;
      const body = { reason: 'agreed by telephone', ...form };
      const decide = async (browser: Browser): Promise<unknown> => {
        const answer = await browser.json(`/office/v1${path}`, body);
        return answer.body['code'] ?? answer.body['done'];
      };

      it('takes effect with a second person, and each decision is an event with its person and reason', async () => {
        const [li, kim] = [await office.signedIn('li.na', role), await office.signedIn('kim', role)];
        expect(await decide(li)).to.equal(false);
        const { html } = await li.get('/partners/CN/decisions');
        expect(html).to.include('a second person is missing').and.include('agreed by telephone');
        expect(await decide(kim)).to.equal(true);
        expect(
          (await events('decision_made')).map(({ person, reason, people }) => [person, reason, people]),
        ).to.deep.equal([
          ['li.na', body.reason, ['li.na']],
          ['kim', body.reason, ['li.na', 'kim']],
        ]);
        expect(await events(effect)).to.have.length(1);
        expect((await kim.get('/partners/CN/decisions')).html).not.to.include('a second person is missing');
      });

      it('never takes effect by one person, in whatever sessions, with whatever token, from whatever site', async () => {
        const li = await office.signedIn('li.na', role);
        const others: readonly Role[] = (
          ['reader', 'operator', 'approver', 'partner-admin', 'key-admin', 'auditor'] as const
        ).filter((each) => each !== role);
        const elsewhere = await office.signedIn('li.na');
        const raced = await Promise.all([li, elsewhere, li, elsewhere].map(decide));
        expect(raced.filter((each) => each === false)).to.have.length(1);
        expect(raced.filter((each) => each === 'E_APPROVAL_REPEATED')).to.have.length(3);
        const { token } = await makeToken(them.gateway, 'li.na', 3600);
        const byToken = await fetch(`${office.url}/office/v1${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        expect(((await byToken.json()) as { code: string }).code).to.equal('E_APPROVAL_REPEATED');
        const kim = await office.signedIn('kim', role);
        for (const [headers, fields] of [
          [{ origin: 'https://other.example' }, {}],
          [{ origin: office.url }, { form_token: await li.token() }],
        ] as const)
          expect((await kim.post(path, { ...body, ...fields }, headers)).status).to.equal(403);
        const replayed = office.browser();
        for (const [cookie, value] of kim.cookies) replayed.cookies.set(cookie, value);
        await kim.post('/sign-out');
        expect(await decide(replayed)).to.equal('E_SESSION_MISSING');
        expect(await decide(await office.signedIn('park', ...others))).to.equal('E_ROLE_MISSING');
        expect([await events(effect), (await events('decision_made')).length]).to.deep.equal([[], 1]);
      });

      it('does not count a person who lost the role, or is disabled, between proposal and decision', async () => {
        await decide(await office.signedIn('li.na', role));
        await setRoles(them.gateway, 'li.na', ['reader'], 'root');
        expect(await decide(await office.signedIn('kim', role))).to.equal(false);
        await setState(them.gateway, 'kim', { state: 'disabled', by: 'root', reason: 'left' });
        expect(await decide(await office.signedIn('park', role))).to.equal(false);
        expect(await events(effect)).to.deep.equal([]);
        expect(await decide(await office.signedIn('choi', role))).to.equal(true);
      });

      it('takes effect once where many decide in the same moment', async () => {
        const people: Browser[] = [];
        for (const id of ['li.na', 'kim', 'park']) people.push(await office.signedIn(id, role));
        await Promise.all(people.map(decide));
        expect(await events(effect)).to.have.length(1);
      });
    });

  it('lets one person revoke a partner at once, with a reason', async () => {
    const li = await office.signedIn('li.na', 'partner-admin');
    expect((await li.post('/partners/CN/revoke', {})).status).to.equal(422);
    expect((await li.post('/partners/CN/revoke', { reason: 'the key was stolen' })).at).to.equal(
      '/partners/CN/decisions',
    );
    expect(await events('partner_revoked')).to.deep.equal([
      { partner: 'CN', person: 'li.na', reason: 'the key was stolen' },
    ]);
  });

  it('lets one person give up a new key, and two declare one registered at a partner that reads no announcements', async () => {
    const [li, kim] = [await office.signedIn('li.na', 'key-admin'), await office.signedIn('kim', 'key-admin')];
    const post = async (browser: Browser, act: string): Promise<unknown> => {
      const { body } = await browser.json(`/office/v1/partners/CN/${act}`, { reason: 'wrong day' });
      return body['code'] ?? body['done'];
    };
    expect([await post(li, 'rotate'), await post(kim, 'rotate')]).to.deep.equal([false, true]);
    expect(await post(li, 'confirm'), 'the partner reads announcements').to.equal('E_KEY_ROLLOVER');
    expect(await post(li, 'cancel')).to.equal(true);
    expect((await events('key_cancelled')).map(({ person, reason }) => [person, reason])).to.deep.equal([
      ['li.na', 'wrong day'],
    ]);
    const partners = them.gateway.partners as Map<string, Partner>;
    const partner = getPartner(them.gateway, 'CN');
    const keys = { ...partner.adapter.keys, announce: 'file' } as const;
    partners.set('CN', { ...partner, adapter: { ...partner.adapter, keys } });
    expect([await post(li, 'rotate'), await post(kim, 'rotate')], 'decided anew').to.deep.equal([false, true]);
    expect([await post(kim, 'confirm'), await post(kim, 'confirm'), await post(li, 'confirm')]).to.deep.equal([
      ...[false, 'E_APPROVAL_REPEATED', true],
    ]);
    expect(await events('key_confirmed')).to.have.length(1);
  });
});
