/** The office as people use it, and as one person would attack it: every page, the decision of two, and whatever must not work. */

import { expect } from 'chai';
import { setRoles, setState } from '../../gateway/people/people.ts';
import { roles } from '../../gateway/people/roles.ts';
import { makeToken } from '../../gateway/people/tokens.ts';
import { findInbox } from '../../gateway/store/inbox.ts';
import { operator, operators, registerOf, type OpenAdministration } from '../support/administrations.ts';
import { filledPages, heldList, listToThem } from '../support/office-pages.ts';
import { eachTestWithOffice, type Browser, type Office } from '../support/office.ts';

describe('the office', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  let office: Office;
  eachTestWithOffice((opened) => {
    ({ us, them, office } = opened);
  });

  const stateOf = async (messageId: string): Promise<string | undefined> =>
    (await findInbox(them.gateway.db.sql, { messageId }))?.state;
  const decide = (browser: Browser, id: string, decision = 'release') =>
    browser.json(`/office/v1/held/${id}`, { decision, reason: 'the partner confirmed it by telephone' });
  const eventsOf = async (ref: string): Promise<readonly { kind: string; detail: Record<string, unknown> }[]> => {
    const rows = them.gateway.db.sql.selectFrom('event').select(['kind', 'detail']).where('ref', '=', ref).orderBy('n');
    return (await rows.execute()).map(({ kind, detail }) => ({
      kind,
      detail: JSON.parse(detail ?? '{}') as Record<string, unknown>,
    }));
  };

  it('shows a held list, and two people release it, each with a reason that the log keeps', async () => {
    const id = await heldList(us, them);
    const [li, kim] = [await office.signedIn('li.na', 'approver'), await office.signedIn('kim', 'approver')];
    const { html, status } = await li.get(`/held/${id}`);
    expect(status).to.equal(200);
    expect(html).to.include('has 40 operators; with this one it would have 4').and.include('36 would leave');
    const reason = 'asked the partner';
    const first = await li.post(`/held/${id}`, { decision: 'release', reason });
    expect([first.at.split('/')[1], await stateOf(id)]).to.deep.equal(['held', 'HELD']);
    expect(first.html).to.include('disabled');
    const second = await kim.post(`/held/${id}`, { decision: 'release', reason });
    expect([second.status, await stateOf(id)]).to.deep.equal([200, 'APPLIED']);
    expect(await registerOf(them, 'CN')).to.have.length(1 + 4);
    const decided = (await eventsOf(id)).filter(({ kind }) => kind === 'held_decided');
    expect(decided.map(({ detail }) => [detail['person'], detail['reason'], detail['people']])).to.deep.equal([
      ['li.na', reason, ['li.na']],
      ['kim', reason, ['li.na', 'kim']],
    ]);
  });

  it('never lets one person release a list', async () => {
    const id = await heldList(us, them);
    const first = await office.signedIn('li.na', 'approver');
    expect((await decide(first, id)).body['verdict']).to.equal(null);
    const [again, elsewhere] = [first, await office.signedIn('li.na')];
    for (const browser of [again, elsewhere])
      expect((await decide(browser, id)).body['code']).to.equal('E_APPROVAL_REPEATED');
    const { token } = await makeToken(them.gateway, 'li.na', 3600);
    const byToken = await fetch(`${office.url}/office/v1/held/${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ decision: 'release', reason: 'x' }),
    });
    expect(((await byToken.json()) as { code: string }).code).to.equal('E_APPROVAL_REPEATED');
    const replayed = new Map(first.cookies);
    await first.post('/sign-out');
    const copy = office.browser();
    for (const [name, value] of replayed) copy.cookies.set(name, value);
    expect((await decide(copy, id)).body['code']).to.equal('E_SESSION_MISSING');
    for (const roles of [
      ['reader', 'operator', 'auditor'],
      ['partner-admin', 'key-admin'],
    ] as const)
      expect((await decide(await office.signedIn(`other.${roles[0]}`, ...roles), id)).body['code']).to.equal(
        'E_ROLE_MISSING',
      );
    expect(await stateOf(id)).to.equal('HELD');
  });

  it('counts a decision no more when its person has lost the role, or is disabled', async () => {
    const id = await heldList(us, them);
    const [li, kim, park] = [
      await office.signedIn('li.na', 'approver'),
      await office.signedIn('kim', 'approver'),
      await office.signedIn('park', 'approver'),
    ];
    await decide(li, id);
    await setRoles(them.gateway, 'li.na', ['reader'], 'root');
    expect((await decide(kim, id)).body['verdict']).to.equal(null);
    await setState(them.gateway, 'kim', { state: 'disabled', by: 'root', reason: 'left' });
    expect((await decide(park, id)).body['verdict']).to.equal(null);
    expect(await stateOf(id)).to.equal('HELD');
    const choi = await office.signedIn('choi', 'approver');
    expect((await decide(choi, id)).body['verdict']).to.equal('applied');
  });

  it('applies a list once when two people decide in the same moment, and lets one person race with itself in vain', async () => {
    const id = await heldList(us, them);
    const [li, same] = [await office.signedIn('li.na', 'approver'), await office.signedIn('li.na')];
    const raced = await Promise.all([decide(li, id), decide(same, id), decide(li, id), decide(same, id)]);
    expect(raced.filter(({ body }) => body['code'] === 'E_APPROVAL_REPEATED')).to.have.length(3);
    expect(await stateOf(id)).to.equal('HELD');
    const others = [await office.signedIn('kim', 'approver'), await office.signedIn('park', 'approver')];
    await Promise.all(others.map((browser) => decide(browser, id)));
    expect(await stateOf(id)).to.equal('APPLIED');
    expect((await eventsOf(id)).filter(({ kind }) => kind === 'list_applied')).to.have.length(1);
  });

  it('refuses what another site sends, whatever it knows', async () => {
    const id = await heldList(us, them);
    const li = await office.signedIn('li.na', 'approver');
    const form = { decision: 'release', reason: 'x' };
    const foreign: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [{ origin: 'https://other.example' }, {}],
      [{ origin: 'null' }, {}],
      [{ 'sec-fetch-site': 'cross-site', origin: office.url }, {}],
      [{ 'sec-fetch-site': 'same-site' }, {}],
      [{}, {}],
      [{ origin: office.url }, { form_token: '' }],
      [{ origin: office.url }, { form_token: 'f'.repeat(64) }],
    ];
    for (const [headers, fields] of foreign) {
      const { status, html } = await li.post(`/held/${id}`, { ...form, ...fields }, headers);
      expect([status, html.includes('E_REQUEST_FORGED')], JSON.stringify(headers)).to.deep.equal([403, true]);
    }
    const token = await (await office.signedIn('kim', 'approver')).token();
    expect((await li.post(`/held/${id}`, { ...form, form_token: token })).status).to.equal(403);
    expect((await li.get(`/held/${id}?decision=release&reason=x`)).html).to.include('Nobody decided yet');
  });

  it('asks for sign-in first, and leads to the page that was asked for, never to another site', async () => {
    const browser = office.browser();
    const asked = await browser.get('/messages?partner=CN');
    expect(asked.at).to.equal(`/sign-in?to=${encodeURIComponent('/messages?partner=CN')}`);
    const attempt = { name: 'li.na', password: 'wrong wrong wrong', to: '/messages' };
    expect((await browser.post('/sign-in', attempt)).status).to.equal(401);
    await office.signedIn('li.na', 'reader');
    for (const to of ['//other.example', '/\\other.example', 'https://other.example', 'javascript:alert(1)'])
      expect(
        (await office.browser().post('/sign-in', { name: 'li.na', password: 'correct horse battery', to })).at,
      ).to.equal('/');
    expect((await office.browser().json('/office/v1/partners')).body['code']).to.equal('E_SESSION_MISSING');
  });

  it('sends each page with headers that keep out scripts, frames and copies, and its cookie to nobody else', async () => {
    const { headers } = await office.browser().get('/sign-in');
    const policy = headers.get('content-security-policy') ?? '';
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"])
      expect(policy).to.include(part);
    expect(policy).not.to.include('unsafe');
    expect(headers.get('cache-control')).to.equal('no-store');
    await office.signedIn('li.na', 'reader');
    const body = new URLSearchParams({ name: 'li.na', password: 'correct horse battery' });
    const signIn = await fetch(`${office.url}/sign-in`, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: { origin: office.url },
    });
    const [session, browser] = signIn.headers.getSetCookie();
    expect(session).to.match(/^mra-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/u);
    expect(browser).to.match(/^mra-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=15552000$/u);
  });

  it('shows every page in both languages to those who may see it, and its data to programs', async () => {
    const browser = await office.signedIn('li.na', ...roles);
    const pages = await filledPages(us, them, browser);
    for (const path of pages) {
      for (const language of ['en', 'zh-CN']) {
        const { status, html } = await browser.get(`${path}${path.includes('?') ? '&' : '?'}language=${language}`);
        expect([path, status]).to.deep.equal([path, 200]);
        expect(html)
          .to.include(`<html lang="${language}">`)
          .and.match(/<title>[^<·]+ · KR/u);
      }
      const { status } = await browser.json(`/office/v1${path === '/' ? '/today' : path}`);
      expect([path, status]).to.deep.equal([path, 200]);
    }
  });

  it('describes each page and act for programs, with what it needs', async () => {
    const browser = await office.signedIn('li.na', 'reader');
    const { body } = await browser.json('/office/v1/openapi.json');
    const paths = body['paths'] as Record<string, Record<string, { description: string }>>;
    expect(paths['/office/v1/held/{message}']?.['post']?.description).to.include('lists.decide');
    for (const [path, { get }] of Object.entries(paths)) {
      expect(Object.keys(paths[path] ?? {}).length, path).to.be.greaterThan(0);
      if (get === undefined || path.includes('{')) continue;
      const { status, body: answer } = await browser.json(path);
      const code = status === 200 ? undefined : answer['code'];
      expect([undefined, 'E_ROLE_MISSING', 'E_CONSULTATION_NUMBER', 'E_REQUEST_INVALID'], path).to.include(code);
    }
  });

  it('records a check, a suspension and a download of bytes as what they are', async () => {
    await us.save(...operators(40));
    const id = await listToThem(us, them);
    await them.save(operator(1));
    const browser = await office.signedIn('li.na', 'operator');
    const [{ identifier } = { identifier: '' }] = (await browser.json('/office/v1/register?partner=CN')).body[
      'items'
    ] as {
      identifier: string;
    }[];
    const checked = await browser.post('/check', {
      partner: 'CN',
      identifier: ` ${identifier} `,
      role: 'exporter',
      direction: 'import',
    });
    expect(checked.at).to.match(/^\/answers\/KR/u);
    expect(checked.html).to.include('U+0020').and.include('li.na');
    const { code } = operator(1);
    const suspended = await browser.post(`/operators/${code}`, { decision: 'suspend', reason: 'an inspection' });
    expect(suspended.html).to.include('an inspection');
    const [event] = await eventsOf(code);
    expect(event).to.deep.include({ kind: 'operator_decided' });
    expect(event?.detail).to.include({ by: 'li.na', reason: 'an inspection', status: 'suspended' });
    const { headers } = await browser.get(`/messages/${id}/bytes`);
    expect(headers.get('content-disposition')).to.match(/^attachment/u);
    expect((await browser.post(`/operators/${code}`, { decision: 'suspend', reason: '' })).status).to.equal(422);
  });

  it('lets a reader change nothing', async () => {
    const id = await heldList(us, them);
    await them.save(operator(1));
    const reader = await office.signedIn('li.na', 'reader');
    const acts: readonly (readonly [string, Record<string, string>])[] = [
      [`/held/${id}`, { decision: 'refuse', reason: 'x' }],
      [`/messages/${id}/resend`, {}],
      [`/operators/${operator(1).code}`, { decision: 'suspend', reason: 'x' }],
      ['/check', { partner: 'CN', identifier: 'x' }],
    ];
    for (const [path, form] of acts) {
      expect([path, (await reader.post(path, form)).status]).to.deep.equal([path, 403]);
      expect((await reader.json(`/office/v1${path}`, form)).body['code']).to.equal('E_ROLE_MISSING');
    }
    for (const path of ['/audit', '/check']) expect((await reader.get(path)).status).to.equal(403);
  });
});
