/** Sign-in by a real identity provider: who comes in with which roles, and every answer that must not count. */

import { createServer } from 'node:http';
import { expect } from 'chai';
import type { Browser as Chromium } from 'playwright-core';
import { Agent, fetch } from 'undici';
import type { OfficeSettings, ProviderSettings } from '../../gateway/app/office-settings.ts';
import { addPerson, listPeople, setState, setSubject } from '../../gateway/people/people.ts';
import { subjectKey } from '../../gateway/people/provider-sign-in.ts';
import { openAdministrations, type OpenAdministrations } from '../support/administrations.ts';
import { openChromium, openPage } from '../support/chromium.ts';
import { providerClient, runProvider, type RunningProvider } from '../support/identity-provider.ts';
import { openOffice, type Browser, type Office } from '../support/office.ts';
import { addTestPerson, testPassword } from '../support/people.ts';
import { ecPair, testCertificate } from '../support/pki.ts';
import { rejectedBy } from '../support/thrown.ts';
import { listen, shut } from '../support/tls.ts';

describe('sign-in by an identity provider', () => {
  let all: OpenAdministrations;
  let provider: RunningProvider;
  let office: Office;
  const opened: Office[] = [];
  let people = 0;
  let dispatcher: Agent;
  before(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    provider = await runProvider();
    dispatcher = new Agent({ connect: { ca: [...provider.ca] } });
    office = await officeWith({});
  });
  after(async () => {
    for (const each of opened) await each.close();
    await dispatcher.close();
    await provider.close();
    await all.close();
  });
  beforeEach(() => {
    people += 1;
    provider.alter = undefined;
    provider.person = { subject: `subject-${people}`, name: `person${people}`, groups: [] };
  });

  async function officeWith(more: Partial<ProviderSettings>): Promise<Office> {
    const settings: ProviderSettings = {
      ...{ issuer: provider.issuer, ca: provider.ca, client: providerClient.client_id, name: 'Staff login' },
      secret: { variable: 'OFFICE_SECRET', value: providerClient.client_secret },
      ...({ scopes: ['profile'], people: 'added', nameClaim: 'preferred_username' } as const),
      ...more,
    };
    const made = await openOffice(all.home.gateway, { provider: settings } satisfies Partial<OfficeSettings>);
    opened.push(made);
    provider.register(`${made.url}/sign-in/answer`, `${made.url}/sign-in`);
    return made;
  }

  interface Walked {
    readonly status: number;
    readonly html: string;
    readonly at: URL;
    readonly cookies: ReadonlyMap<string, string>;
  }
  /** Follows redirects through both hosts with the cookies of each, as a browser does, up to a page or to `until`. */
  async function walk(to: string, jar = new Map<string, string>(), until = '\0'): Promise<Walked> {
    for (let address = new URL(to); ;) {
      const own = [...jar].filter(([key]) => key.startsWith(address.origin));
      const cookie = own.map(([key, value]) => `${key.slice(address.origin.length + 1)}=${value}`).join('; ');
      if (address.href.includes(until)) return { status: 0, html: '', at: address, cookies: jar };
      const response = await fetch(address, { headers: { cookie }, redirect: 'manual', dispatcher });
      for (const set of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(set) ?? [];
        if (/max-age=0|expires=Thu, 01 Jan 1970/iu.test(set)) jar.delete(`${address.origin} ${name}`);
        else jar.set(`${address.origin} ${name}`, value);
      }
      const html = await response.text();
      const next = response.headers.get('location');
      if (next === null) return { status: response.status, html, at: address, cookies: jar };
      address = new URL(next, address);
    }
  }
  const signIn = (at = office, jar?: Map<string, string>): Promise<Walked> => walk(`${at.url}/sign-in/provider`, jar);
  const hasSession = ({ cookies }: Walked, at = office): boolean => cookies.has(`${at.url} mra-session`);
  /** Known by a command, under the subject of the person that signs in next. */
  async function added(roles: Parameters<typeof addTestPerson>[2] = ['reader'], partner?: string): Promise<string> {
    const { subject, name: id } = provider.person;
    const key = subjectKey({ issuer: provider.issuer, subject });
    await addPerson(all.home.gateway, { id, name: 'Li Na', roles, partner, subject: key, by: 'root' });
    return id;
  }
  async function eventsOf(ref: string): Promise<readonly { kind: string; detail: string | null }[]> {
    const { sql } = all.home.gateway.db;
    return await sql.selectFrom('event').select(['kind', 'detail']).where('ref', '=', ref).orderBy('n').execute();
  }
  /** The body without what differs between any two requests. */
  const bodyOf = ({ html }: Walked): string => html.replaceAll(/[0-9a-f-]{36}/gu, '');

  it('lets in a person that was added with its subject, by its own name', async () => {
    const id = await added();
    const walked = await signIn();
    expect([walked.status, walked.at.pathname, hasSession(walked)]).to.deep.equal([200, '/sign-in/answer', true]);
    expect((await walk(`${office.url}/partners`, new Map(walked.cookies))).status).to.equal(200);
    expect((await eventsOf(id)).map(({ kind }) => kind)).to.deep.equal(['person_added', 'signed_in']);
  });

  it('keeps out whom nobody added, whatever the name, and the log has the subject by which to add it', async () => {
    await addTestPerson(all.home.gateway, provider.person.name, ['approver']);
    const walked = await signIn();
    expect([walked.status, hasSession(walked)]).to.deep.equal([401, false]);
    const [refused] = (await eventsOf(provider.person.name)).filter(({ kind }) => kind === 'sign_in_refused');
    expect(JSON.parse(refused?.detail ?? '{}')).to.include({ subject: provider.person.subject });
  });

  it('makes a person at its first sign-in where the settings say so, but never one with the name of another', async () => {
    const open = await officeWith({ people: 'created' });
    expect(hasSession(await signIn(open), open)).to.equal(true);
    expect(hasSession(await signIn(open), open)).to.equal(true);
    const { name: id } = provider.person;
    const made = (await listPeople(all.home.gateway.db.sql)).filter((each) => each.id === id);
    expect(made).to.deep.equal([
      { id, name: id.toUpperCase(), roles: [], state: 'active', hasPassword: false, hasSubject: true },
    ]);
    provider.person = { ...provider.person, subject: 'of somebody else' };
    expect(hasSession(await signIn(open), open)).to.equal(false);
    provider.register(`${office.url}/sign-in/answer`, `${office.url}/sign-in`);
  });

  it('is one person with its password and by the provider, and two accounts by which it was known one after the other do not decide together', async () => {
    const { subject, name: id } = provider.person;
    const { gateway } = all.home;
    const certificate = testCertificate(ecPair(), { use: 'tls' }).toString();
    const form = { certificate, use: 'tls', grace: '30', reason: 'agreed by telephone' };
    const decide = (browser: Browser) => browser.json('/office/v1/partners/KR/certificate', form);
    async function byProvider(): Promise<Browser> {
      const browser = office.browser();
      const prefix = `${office.url} `;
      for (const [name, value] of (await signIn()).cookies)
        if (name.startsWith(prefix)) browser.cookies.set(name.slice(prefix.length), value);
      return browser;
    }
    await addTestPerson(gateway, id, ['partner-admin']);
    const key = subjectKey({ issuer: provider.issuer, subject });
    await setSubject(gateway, id, key, 'root');
    expect((await decide(await byProvider())).body['done']).to.equal(false);
    expect((await decide(await office.signedIn(id))).body['code']).to.equal('E_APPROVAL_REPEATED');
    const second = `second${people}`;
    await addTestPerson(gateway, second, ['partner-admin']);
    expect((await rejectedBy(setSubject(gateway, second, key, 'root'))).code).to.equal('E_PERSON_STATE');
    await setSubject(gateway, id, subjectKey({ issuer: provider.issuer, subject: 'another' }), 'root');
    await setSubject(gateway, second, key, 'root');
    expect((await decide(await byProvider())).body['done']).to.equal(false);
    expect((await decide(await office.signedIn(`third${people}`, 'partner-admin'))).body['done']).to.equal(true);
  });

  it('gives the roles of the groups at each sign-in, and takes away the others', async () => {
    const groups = { 'mra-approvers': ['approver'], 'mra-staff': ['reader', 'operator'] } as const;
    const open = await officeWith({ roles: { claim: 'groups', groups } });
    const id = await added(['key-admin']);
    const rolesNow = async (...given: readonly string[]): Promise<readonly string[]> => {
      provider.person = { ...provider.person, groups: given };
      expect(hasSession(await signIn(open), open)).to.equal(true);
      return (await listPeople(all.home.gateway.db.sql)).find((each) => each.id === id)?.roles ?? [];
    };
    expect(await rolesNow('mra-staff', 'mra-approvers', 'constructor')).to.deep.equal([
      'reader',
      'operator',
      'approver',
    ]);
    expect(await rolesNow('other')).to.deep.equal([]);
    expect((await eventsOf(id)).filter(({ kind }) => kind === 'person_roles_set')).to.have.length(2);
    provider.register(`${office.url}/sign-in/answer`, `${office.url}/sign-in`);
  });

  it('gives a person of a partner no roles of staff, whatever its groups', async () => {
    const open = await officeWith({ roles: { claim: 'groups', groups: { 'mra-staff': ['reader'] } } });
    const id = await added([], 'KR');
    provider.person = { ...provider.person, groups: ['mra-staff'] };
    expect(hasSession(await signIn(open), open)).to.equal(true);
    expect((await eventsOf(id)).map(({ kind }) => kind)).to.deep.equal(['person_added', 'signed_in']);
    provider.register(`${office.url}/sign-in/answer`, `${office.url}/sign-in`);
  });

  it('refuses with one body whatever does not belong to this attempt, this client and this provider', async () => {
    await added();
    const bodies = new Set<string>();
    const refused = (walked: Walked, what: string): void => {
      expect([what, walked.status, hasSession(walked)]).to.deep.equal([what, 401, false]);
      bodies.add(bodyOf(walked));
    };
    const past = Math.floor(Date.now() / 1000) - 3600;
    const alterations: Readonly<Record<string, NonNullable<RunningProvider['alter']>>> = {
      'wrong nonce': (claims) => ({ claims: { ...claims, nonce: 'another' } }),
      'no nonce': ({ nonce: _, ...claims }) => ({ claims }),
      expired: (claims) => ({ claims: { ...claims, iat: past - 60, exp: past } }),
      'other audience': (claims) => ({ claims: { ...claims, aud: 'another client' } }),
      'other issuer': (claims) => ({ claims: { ...claims, iss: 'https://other.example' } }),
      'other key': (claims) => ({ claims, otherKey: true }),
    };
    for (const [what, alter] of Object.entries(alterations)) {
      provider.alter = alter;
      refused(await signIn(), what);
    }
    provider.alter = undefined;
    const { at, cookies } = await walk(`${office.url}/sign-in/provider`, undefined, '/sign-in/answer');
    const changed = (change: (query: URLSearchParams) => void): string => {
      const url = new URL(at);
      change(url.searchParams);
      return url.href;
    };
    const own = (): Map<string, string> => new Map(cookies);
    refused(
      await walk(
        changed((query) => query.set('iss', 'https://other.example')),
        own(),
      ),
      'mix-up of providers',
    );
    refused(
      await walk(
        changed((query) => query.set('state', 'f'.repeat(64))),
        own(),
      ),
      'other state',
    );
    refused(await walk(at.href), 'another browser');
    const other = await walk(`${office.url}/sign-in/provider`, undefined, '/sign-in/answer');
    refused(await walk(at.href, new Map(other.cookies)), 'the attempt of another browser');
    expect(hasSession(await walk(at.href, own()))).to.equal(true);
    refused(await walk(at.href, own()), 'replayed code');
    await setState(all.home.gateway, provider.person.name, { state: 'disabled', by: 'root', reason: 'left' });
    refused(await signIn(), 'disabled');
    expect([...bodies]).to.have.length(1);
  });

  it('says that the provider is away, while people with a password come in', async () => {
    const gone = createServer();
    const port = await listen(gone);
    await shut(gone);
    const alone = await officeWith({ issuer: `https://127.0.0.1:${port}` });
    provider.register(`${office.url}/sign-in/answer`, `${office.url}/sign-in`);
    const walked = await signIn(alone);
    expect([walked.status, hasSession(walked, alone)]).to.deep.equal([503, false]);
    expect(walked.html).to.include('name="password"');
    await addTestPerson(all.home.gateway, `local${people}`, ['reader']);
    const entered = await alone.browser().post('/sign-in', { name: `local${people}`, password: testPassword });
    expect([entered.status, entered.at]).to.deep.equal([200, '/']);
  });

  describe('in a browser', () => {
    let chromium: Chromium;
    before(async () => {
      chromium = await openChromium();
    });
    after(() => chromium.close());

    it('comes back to the page that was asked for, and signs out of both', async () => {
      await added();
      const look = { colorScheme: 'light', width: 1280, locale: 'en-GB' } as const;
      const { page, close } = await openPage(chromium, office.url, look);
      await page.goto('/messages');
      await page.locator('a.button').click();
      await page.waitForURL(`${office.url}/messages`);
      await page.locator('header form button').click();
      await page.locator('a[href="/sign-in/leave"]').click();
      await page.waitForURL((url) => url.origin === provider.issuer);
      await page.locator('button[value=yes]').click();
      await page.waitForURL(/\/sign-in/u);
      expect(await page.locator('#password').count()).to.equal(1);
      await close();
    });
  });
});
