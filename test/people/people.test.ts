/** People, passwords and sessions, on both engines. */

import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import {
  addPerson,
  findLink,
  listPeople,
  makeLink,
  setPassword,
  setRoles,
  setState,
} from '../../gateway/people/people.ts';
import { signedInDecider, type PeopleGateway } from '../../gateway/people/people.ts';
import { mayDo, permissions, requireMay, roles, type Permission, type Role } from '../../gateway/people/roles.ts';
import { openAttempts, type Attempts } from '../../gateway/people/attempts.ts';
import { findSession, signIn, signOut, type From, type SignedIn } from '../../gateway/people/sessions.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { sha256 } from '../../gateway/model/canonical-json.ts';
import { onBothEngines } from '../store/engines.ts';
import { refusalCode } from '../support/expect-code.ts';
import { addTestPerson, testPassword as password } from '../support/people.ts';

const minute = 60_000;

onBothEngines('people of the office', (store) => {
  let ahead = 0;
  let people = 0;
  const now = (): Date => new Date(Date.UTC(2026, 10, 23, 12) + ahead);
  let attempts: Attempts;
  const gateway = (): PeopleGateway & { readonly attempts: Attempts } => {
    return { db: store().db, now, random: randomBytes, attempts };
  };
  beforeEach(() => {
    ahead = 0;
    attempts = openAttempts(now);
  });
  const here: From = { address: '192.0.2.1', browser: undefined };
  const attempt = (id: string, given: string, from = here): Promise<SignedIn> =>
    signIn(gateway(), { id, password: given, from });
  const refusedFor = (id: string, given: string, from = here): Promise<string> =>
    refusalCode(() => attempt(id, given, from));

  /** With a password, under a name that is new. */
  async function known(...held: readonly Role[]): Promise<string> {
    const id = `person${(people += 1)}`;
    await addTestPerson(gateway(), id, held);
    return id;
  }
  const signedIn = async (id: string, before?: string): Promise<string> =>
    (await signIn(gateway(), { id, password, before, from: here })).secret;
  const eventsOf = async (ref: string): Promise<readonly string[]> => {
    const rows = await store().db.sql.selectFrom('event').select('kind').where('ref', '=', ref).orderBy('n').execute();
    return rows.map(({ kind }) => kind);
  };

  it('set a password once by a link, which is good for a day', async () => {
    const { token } = await addPerson(gateway(), { id: 'wang.wei', name: 'Wang Wei', roles: ['reader'], by: 'root' });
    ahead = 24 * 60 * minute;
    expect(await refusalCode(() => findLink(store().db.sql, token, gateway().now()))).to.equal('E_LINK_INVALID');
    ahead = 0;
    expect(await refusalCode(() => setPassword(gateway(), token, 'short'))).to.equal('E_PASSWORD_WEAK');
    expect((await setPassword(gateway(), token, password)).id).to.equal('wang.wei');
    expect(await refusalCode(() => setPassword(gateway(), token, password))).to.equal('E_LINK_INVALID');
    expect(await eventsOf('wang.wei')).to.deep.equal(['person_added', 'password_set']);
  });

  it('leave neither password nor link nor session secret in the store', async () => {
    const id = await known('reader');
    const secret = await signedIn(id);
    const { token } = await makeLink(gateway(), id, 'root');
    const rows = JSON.stringify([
      await store().db.sql.selectFrom('person').selectAll().execute(),
      await store().db.sql.selectFrom('session').selectAll().execute(),
    ]);
    for (const text of [password, secret, token]) expect(rows).not.to.include(text);
    expect(rows).to.include(sha256(secret));
  });

  it('are refused with one code for every reason', async () => {
    const [id, disabled] = [await known('reader'), await known('reader')];
    await setState(gateway(), disabled, { state: 'disabled', by: 'root', reason: 'left' });
    const { token: _ } = await addPerson(gateway(), { id: 'no.password', name: 'X', roles: [], by: 'root' });
    for (const { id: tried, password: given } of [
      { id, password: 'correct horse batterx' },
      { id: 'nobody', password },
      { id: disabled, password },
      { id: 'no.password', password: '' },
    ])
      expect(await refusedFor(tried, given)).to.equal('E_SIGN_IN_REFUSED');
  });

  it('pause after five wrong attempts from one network, also with the right password, and go on after a quarter of an hour', async () => {
    const id = await known('reader');
    const networks = [
      ['192.0.2.7', '192.0.2.7'],
      ['2001:db8::1', '2001:db8:0:0:ffff::2'],
    ] as const;
    for (const [address, same] of networks) {
      for (let i = 0; i < 5; i += 1) await refusedFor(id, 'wrong wrong wrong', { address, browser: undefined });
      const written = (await eventsOf(id)).length;
      expect(await refusedFor(id, password, { address: same, browser: undefined })).to.equal('E_SIGN_IN_REFUSED');
      expect(await eventsOf(id)).to.have.length(written);
    }
    ahead = 16 * minute;
    for (const [, address] of networks)
      expect((await attempt(id, password, { address, browser: undefined })).person.id).to.equal(id);
  });

  it('come in from elsewhere while a stranger tries passwords under their name', async () => {
    const id = await known('reader');
    const stranger = { address: '203.0.113.9', browser: undefined };
    for (let i = 0; i < 20; i += 1) await refusedFor(id, 'wrong wrong wrong', stranger);
    expect(await signedIn(id)).to.be.a('string');
  });

  it('come in by a browser that they used before, also while many networks try passwords, and from behind the same proxy', async () => {
    const id = await known('reader');
    const { browser } = await attempt(id, password);
    for (let i = 0; i < 101; i += 1)
      await refusedFor(id, 'wrong wrong wrong', { address: `203.0.113.${i}`, browser: undefined });
    for (let i = 0; i < 70; i += 1) attempts.admit(`nobody${i}`, here);
    const elsewhere = { address: '198.51.100.1', browser: undefined };
    expect(await refusedFor(id, password, elsewhere)).to.equal('E_SIGN_IN_REFUSED');
    expect(await refusedFor(id, password, { ...here, browser: 'made up' })).to.equal('E_SIGN_IN_REFUSED');
    expect((await attempt(id, password, { ...here, browser })).browser).to.equal(undefined);
  });

  it('are guessed at by a colleague whose browsers are known no more often than by a stranger', async () => {
    const [id, colleague] = [await known('approver'), await known('reader')];
    const { browser } = await attempt(colleague, password);
    const { browser: another } = await attempt(colleague, password);
    for (let i = 0; i < 5; i += 1)
      expect(await refusedFor(id, 'wrong wrong wrong', { ...here, browser: i % 2 === 0 ? browser : another })).to.equal(
        'E_SIGN_IN_REFUSED',
      );
    expect(await refusedFor(id, password, { ...here, browser })).to.equal('E_SIGN_IN_REFUSED');
    expect(await refusedFor(id, password, here)).to.equal('E_SIGN_IN_REFUSED');
  });

  it('may try five passwords by a browser that is known, and no more', async () => {
    const [id, other] = [await known('reader'), await known('reader')];
    const { browser } = await attempt(id, password);
    for (let i = 0; i < 5; i += 1) await refusedFor(other, 'wrong wrong wrong', { ...here, browser });
    expect(await refusedFor(other, password, { ...here, browser })).to.equal('E_SIGN_IN_REFUSED');
    expect((await attempt(id, password, { ...here, browser })).person.id).to.equal(id);
  });

  it('get a new session at each sign-in, and the one before ends', async () => {
    const id = await known('reader');
    const first = await signedIn(id);
    const second = await signedIn(id, first);
    expect([await findSession(gateway(), first), (await findSession(gateway(), second))?.person.id]).to.deep.equal([
      undefined,
      id,
    ]);
  });

  it('are signed out after half an hour without a request, twelve hours after sign-in, and when they say so', async () => {
    const id = await known('reader');
    const [idle, busy, left] = [await signedIn(id), await signedIn(id), await signedIn(id)];
    await signOut(gateway(), left);
    expect(await findSession(gateway(), left)).to.equal(undefined);
    for (ahead = 0; ahead < 12 * 60 * minute; ahead += 25 * minute)
      expect((await findSession(gateway(), busy))?.person.id).to.equal(id);
    expect(await findSession(gateway(), idle)).to.equal(undefined);
    expect(await findSession(gateway(), busy)).to.equal(undefined);
  });

  it('lose every session when they are disabled or get another password, and roles at the next request', async () => {
    const id = await known('reader', 'approver');
    const secret = await signedIn(id);
    await setRoles(gateway(), id, ['reader'], 'root');
    expect((await findSession(gateway(), secret))?.person.roles).to.deep.equal(['reader']);
    const { token } = await makeLink(gateway(), id, 'root');
    await setPassword(gateway(), token, password);
    expect(await findSession(gateway(), secret)).to.equal(undefined);
    const again = await signedIn(id);
    await setState(gateway(), id, { state: 'disabled', by: 'root', reason: 'left' });
    expect(await findSession(gateway(), again)).to.equal(undefined);
    expect(await refusalCode(() => makeLink(gateway(), id, 'root'))).to.equal('E_PERSON_STATE');
    await setState(gateway(), id, { state: 'active', by: 'root', reason: 'back' });
    expect(await findSession(gateway(), again)).to.equal(undefined);
  });

  it('count for a decision only while they are active and have the role', async () => {
    const [first, second, third] = [await known('approver'), await known('approver'), await known('reader')];
    const counted = (person: string): Promise<readonly string[]> =>
      store().write(async (tx) => {
        const names = [second, third, first, 'typed at a command line'];
        const made = names.map((name) => ({ person: name, decision: 'release', at: momentOf(now()) }));
        return (await signedInDecider(person, 'lists.decide').counts?.(tx, made)) ?? [];
      });
    expect(await counted(first)).to.deep.equal([second, first]);
    ahead -= 1000;
    expect(await refusalCode(() => counted(first)), 'before it was added').to.equal('E_ROLE_MISSING');
    ahead = 0;
    await setRoles(gateway(), second, [], 'root');
    expect(await counted(first)).to.deep.equal([first]);
    expect(await refusalCode(() => counted(second))).to.equal('E_ROLE_MISSING');
    await setState(gateway(), first, { state: 'disabled', by: 'root', reason: 'left' });
    expect(await refusalCode(() => counted(first))).to.equal('E_ROLE_MISSING');
  });

  it('do not get names that approvals could not tell apart', async () => {
    const add = (id: string): Promise<string> =>
      refusalCode(() => addPerson(gateway(), { id, name: 'X', roles: [], by: 'root' }));
    await addTestPerson(gateway(), 'zhang.san', []);
    expect(await add('zhang-san')).to.equal('E_PERSON_STATE');
    expect(await add('Zhang San')).to.equal('E_REQUEST_INVALID');
    expect((await listPeople(store().db.sql)).filter(({ id }) => id.startsWith('zhang'))).to.have.length(1);
  });
});

describe('attempts to sign in', () => {
  it('are sixty a minute for one network, of whatever names, and any number for browsers that are known', () => {
    let time = 0;
    const attempts = openAttempts(() => new Date(time));
    const admitted = (address: string, browser?: string): number =>
      Array.from({ length: 100 }, (_, i) => attempts.admit(`name${i}`, { address, browser })).filter(Boolean).length;
    expect([admitted('192.0.2.1'), admitted('192.0.2.1', 'known'), admitted('192.0.2.2')]).to.deep.equal([60, 100, 60]);
    time += minute;
    expect(admitted('192.0.2.1')).to.equal(60);
  });

  it('are forgotten in the order of their age, so that no stranger fills the memory', () => {
    const attempts = openAttempts(() => new Date(0));
    const from = { address: '192.0.2.1', browser: undefined };
    for (let i = 0; i < 5; i += 1) attempts.admit('li.na', from);
    expect(attempts.admit('li.na', from)).to.equal(false);
    for (let i = 0; i < 20_000; i += 1) attempts.admit('other', { address: '', browser: `browser${i}` });
    expect(attempts.admit('li.na', from)).to.equal(true);
  });
});

describe('the table of roles', () => {
  it('refuses everything to a person without a role', () => {
    for (const permission of Object.keys(permissions) as Permission[])
      expect(mayDo({ roles: [] }, permission)).to.equal(false);
  });

  it('lets a reader and an auditor read, and nothing else', () => {
    const allowed = (held: Role): readonly string[] =>
      (Object.keys(permissions) as Permission[]).filter((permission) => mayDo({ roles: [held] }, permission));
    for (const held of ['reader', 'auditor'] as const)
      expect(allowed(held).filter((permission) => !permission.endsWith('.read'))).to.deep.equal([]);
  });

  it('lets no role decide both about an import and its approval', () => {
    for (const role of roles)
      expect(mayDo({ roles: [role] }, 'imports.upload') && mayDo({ roles: [role] }, 'imports.approve')).to.equal(false);
  });

  it('names the missing permission', async () => {
    expect(await refusalCode(() => requireMay({ roles: ['reader'] }, 'lists.decide'))).to.equal('E_ROLE_MISSING');
  });
});
