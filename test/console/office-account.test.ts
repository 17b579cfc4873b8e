/** Personal tokens: made and ended on the page of one's account, and what a program may do by one. */

import { expect } from 'chai';
import { setState } from '../../gateway/people/people.ts';
import { openAdministrations, operator, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, type Browser, type Office } from '../support/office.ts';

describe('personal tokens', () => {
  let all: OpenAdministrations;
  let office: Office;
  before(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    office = await openOffice(all.home.gateway);
    await all.home.save(operator(1));
  });
  after(async () => {
    await office.close();
    await all.close();
  });

  async function byToken(token: string, path: string, body?: Readonly<Record<string, string>>): Promise<string> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${office.url}/office/v1${path}`, init);
    const answer = (await response.json()) as { code?: string };
    return answer.code ?? String(response.status);
  }
  const made = async (browser: Browser): Promise<{ token: string; id: string }> =>
    (await browser.json('/office/v1/account/tokens', { days: '1' })).body as unknown as { token: string; id: string };
  const suspend = { decision: 'suspend', reason: 'an inspection' };

  it('are shown once, and let a program do what the person may, without cookie or form', async () => {
    const browser = await office.signedIn('li.na', 'operator');
    const page = await browser.post('/account/tokens', { days: '30' });
    const [token = ''] = /mra_person_[\w-]{43}/u.exec(page.html) ?? [];
    expect((await browser.get('/account')).html).not.to.include(token);
    expect(await byToken(token, '/operators')).to.equal('200');
    expect(await byToken(token, `/operators/${operator(1).code}`, suspend)).to.equal('200');
    expect(await byToken(token, '/audit')).to.equal('E_ROLE_MISSING');
    expect(await byToken(token, '/account/tokens', { days: '1' })).to.equal('E_ROLE_MISSING');
    expect((await browser.post('/account/tokens', { days: '91' })).status).to.equal(422);
    const { body } = await browser.json('/office/v1/account');
    expect((body['tokens'] as readonly { lastUse?: string }[])[0]?.lastUse).to.be.a('string');
  });

  it('do not count once they are ended, nor for a person who is disabled', async () => {
    const browser = await office.signedIn('kim', 'reader');
    const [first, second] = [await made(browser), await made(browser)];
    const other = await office.signedIn('park', 'reader');
    expect((await other.post(`/account/tokens/${first.id}/end`)).status).to.equal(404);
    expect((await browser.post(`/account/tokens/${first.id}/end`)).status).to.equal(200);
    expect([await byToken(first.token, '/partners'), await byToken(second.token, '/partners')]).to.deep.equal([
      'E_SESSION_MISSING',
      '200',
    ]);
    await setState(all.home.gateway, 'kim', { state: 'disabled', by: 'root', reason: 'left' });
    expect(await byToken(second.token, '/partners')).to.equal('E_SESSION_MISSING');
  });

  it('are no cookie of a session, and its secret is no token', async () => {
    const browser = await office.signedIn('wu', 'reader');
    const { token } = await made(browser);
    expect(await byToken(browser.cookies.get('mra-session') ?? '', '/partners')).to.equal('E_SESSION_MISSING');
    expect(await byToken(browser.cookies.get('mra-browser') ?? '', '/partners')).to.equal('E_SESSION_MISSING');
    for (const secret of [token, browser.cookies.get('mra-browser') ?? '']) {
      const copy = office.browser();
      copy.cookies.set('mra-session', secret);
      expect((await copy.json('/office/v1/partners')).body['code']).to.equal('E_SESSION_MISSING');
    }
  });
});
