/** Live updates: who gets them, until when, and how many. */

import { expect } from 'chai';
import { setRoles, setState } from '../../gateway/people/people.ts';
import { openAdministrations, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, type Browser, type Office } from '../support/office.ts';

describe('live updates of the office', () => {
  let all: OpenAdministrations;
  let office: Office;
  let isOpen = false;
  beforeEach(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    office = await openOffice(all.home.gateway);
    isOpen = true;
  });
  afterEach(async () => {
    if (isOpen) await office.close();
    await all.close();
  });

  const ask = (browser: Browser): Promise<Response> => {
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ');
    return fetch(`${office.url}/live`, { headers: { cookie }, redirect: 'manual' });
  };
  /** Until a line begins so, or the stream ends: what came. */
  async function until(response: Response, begin: string): Promise<string> {
    let all = '';
    for await (const piece of response.body ?? []) {
      all += Buffer.from(piece).toString();
      if (all.split('\n').some((line) => line.startsWith(begin))) break;
    }
    return all;
  }

  it('say that something was logged to those who are signed in, and to the others that their session has ended', async () => {
    const [li, kim] = [await office.signedIn('li.na', 'reader'), await office.signedIn('kim', 'reader')];
    const [stays, ends] = [await ask(li), await ask(kim)];
    expect(stays.headers.get('content-type')).to.equal('text/event-stream');
    const reading = Promise.all([until(stays, 'data: '), until(ends, 'no such line')]);
    // The first tick remembers where the log ended; each change is one that it has not found.
    const changing = setInterval(() => void setRoles(all.home.gateway, 'li.na', ['reader'], 'root'), 200);
    await setState(all.home.gateway, 'kim', { state: 'disabled', by: 'root', reason: 'left' });
    const [first, second] = await reading.finally(() => clearInterval(changing));
    expect(first).to.match(/^data: \d+$/mu);
    expect(second)
      .to.match(/^event: ended$/mu)
      .and.not.to.match(/^data: \d/mu);
  });

  it('are for eight pages of one person, and for nobody who is not signed in', async () => {
    const li = await office.signedIn('li.na', 'reader');
    const opened = await Promise.all(Array.from({ length: 8 }, () => ask(li)));
    expect(opened.map(({ status }) => status)).to.deep.equal(Array(8).fill(200));
    expect((await ask(li)).status).to.equal(503);
    const kim = await office.signedIn('kim', 'reader');
    const another = await ask(kim);
    expect(another.status).to.equal(200);
    expect((await ask(office.browser())).status).to.equal(303);
    for (const { body } of [...opened, another]) await body?.cancel();
  });

  it('do not keep the office open when it is closed', async () => {
    const response = await ask(await office.signedIn('li.na', 'reader'));
    const ended = until(response, 'no such line');
    isOpen = false;
    await office.close(60_000);
    await ended;
  });

  it('leave a session to its end where nobody works in it', async () => {
    const li = await office.signedIn('li.na', 'reader');
    const { db } = all.home.gateway;
    const seen = async (): Promise<string | undefined> => {
      const session = db.sql.selectFrom('session').select('seen_at').where('kind', '=', 'browser');
      return (await session.executeTakeFirst())?.seen_at;
    };
    const before = new Date(Date.now() - 5 * 60_000).toISOString();
    await db.transaction(async (tx) => {
      await tx.updateTable('session').set({ seen_at: before }).where('kind', '=', 'browser').execute();
    });
    const stream = await ask(li);
    const cookie = [...li.cookies].map((pair) => pair.join('=')).join('; ');
    expect((await fetch(`${office.url}/messages`, { headers: { cookie, 'x-live': 'yes' } })).status).to.equal(200);
    expect(await seen()).to.equal(before);
    await li.get('/messages');
    expect(await seen()).not.to.equal(before);
    await stream.body?.cancel();
  });
});
