/** Requests that no browser sends to the office: what they cost, and that each gets a plain answer. */

import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Role } from '../../gateway/people/roles.ts';
import { openAdministrations, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, type Office } from '../support/office.ts';
import { testPassword } from '../support/people.ts';

describe('requests to the office that no browser sends', () => {
  let all: OpenAdministrations;
  let office: Office;
  before(async () => {
    all = await openAdministrations({ partners: ['KR'] });
    office = await openOffice(all.home.gateway);
  });
  after(async () => {
    await office.close();
    await all.close();
  });

  type Fields = readonly (readonly [name: string, value: string])[];

  /** The answer; without a body only the header fields are sent, whatever they promise. */
  async function send(
    method: string,
    path: string,
    fields: Fields,
    body?: string,
  ): Promise<{ status: number | undefined; page: string }> {
    const host = fields.some(([name]) => name === 'Host') ? [] : [['Host', new URL(office.url).host] as const];
    const sent = request(office.url, { method, path, headers: [...host, ...fields].flat(), agent: false });
    sent.flushHeaders();
    if (body !== undefined) sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const page = method === 'POST' && body === undefined ? '' : await text(response);
    sent.on('error', () => undefined).destroy();
    return { status: response.statusCode, page };
  }
  const form = 'application/x-www-form-urlencoded';
  const formFields = (cookie = ''): Fields => [
    ['Origin', office.url],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Content-Type', form],
    ['Cookie', cookie],
  ];
  const cookieOf = async (id: string, ...roles: readonly Role[]): Promise<string> =>
    [...(await office.signedIn(id, ...roles)).cookies].map((pair) => pair.join('=')).join('; ');

  it('refuses by the header fields alone, before a byte of the body is there', async () => {
    const reader = await cookieOf('li.na', 'reader');
    const length = ['Content-Length', '1000000'] as const;
    for (const [fields, status] of [
      [[length], 403],
      [[...formFields(), length], 401],
      [[...formFields(reader), length], 403],
    ] as const)
      expect((await send('POST', '/imports', fields)).status).to.equal(status);
  });

  it('reads no form of very many fields, which would keep the process busy for seconds', async () => {
    const fields = (count: number): Fields => [...formFields(), ['Content-Length', String(count * 2 - 1)]];
    const many = (count: number): string => Array.from({ length: count }, () => 'a').join('&');
    expect((await send('POST', '/sign-in', fields(101), many(101))).status).to.equal(401);
    const refused = await send('POST', '/sign-in', fields(102), many(102));
    expect([refused.status, refused.page.includes('E_REQUEST_MALFORMED')]).to.deep.equal([400, true]);
    const parts = `${'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'.repeat(102)}--b--\r\n`;
    const own = formFields(await cookieOf('lee', 'operator')).filter(([name]) => name !== 'Content-Type');
    for (const boundary of ['b', '"b"']) {
      const type = ['Content-Type', `multipart/form-data; boundary=${boundary}`] as const;
      const length = ['Content-Length', String(parts.length)] as const;
      const { page } = await send('POST', '/imports', [...own, type, length], parts);
      expect(page).to.include('E_REQUEST_MALFORMED');
    }
  });

  it('reads no form with the character U+0000, which PostgreSQL does not store', async () => {
    const text = 'name=a%00';
    const { status, page } = await send(
      'POST',
      '/sign-in',
      [...formFields(), ['Content-Length', `${text.length}`]],
      text,
    );
    expect([status, page.includes('E_REQUEST_MALFORMED')]).to.deep.equal([400, true]);
  });

  it('refuses a header field that stands twice with a page and a code, and no trace of the program', async () => {
    const host = ['Host', new URL(office.url).host] as const;
    const type = ['Content-Type', form] as const;
    for (const path of ['/held', '/office/v1/held'])
      for (const twice of [
        [host, host],
        [host, ['Host', 'other.example']],
        [type, type],
      ] as const) {
        const { status, page } = await send('GET', path, twice, '');
        expect([status, page.includes('E_REQUEST_MALFORMED')]).to.deep.equal([400, true]);
        expect(page).not.to.include('.ts:');
      }
  });

  it('links to no other host, whatever address was asked for', async () => {
    for (const path of ['//other.example/x', '/\\other.example/x', '//other.example?a=1', '///other.example']) {
      const { status, page } = await send('GET', path, [], '');
      expect(status).to.equal(404);
      expect(page).to.include('language=zh-CN');
      const links = [...page.matchAll(/ (?:href|action)="([^"]*)"/gu)].map(([, to = '']) => new URL(to, office.url));
      expect(links.map(({ host }) => host)).to.deep.equal(links.map(() => new URL(office.url).host));
    }
  });

  it('takes the size of a file from a form with a file only', async () => {
    const cookie = await cookieOf('kim', 'operator');
    const length = ['Content-Length', String(300 * 1024)] as const;
    const { status } = await send(
      'POST',
      '/imports',
      [...formFields(cookie), length],
      `a=${'b'.repeat(300 * 1024 - 2)}`,
    );
    expect(status).to.equal(413);
  });

  it('answers forms with a file that are cut off, name no boundary, or have two files or too many fields', async () => {
    const cookie = await cookieOf('park', 'operator');
    const part = (name: string, content: string, more = ''): string =>
      `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
    const file = part('file', 'text', '; filename="a.csv"');
    const many = Array.from({ length: 101 }, (_, i) => part(`f${i}`, 'x')).join('');
    const withBoundary = 'multipart/form-data; boundary=b';
    for (const [type, body, code] of [
      [withBoundary, file, 'E_REQUEST_MALFORMED'],
      [withBoundary, file.slice(0, -8), 'E_REQUEST_MALFORMED'],
      [withBoundary, `--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv`, 'E_REQUEST_MALFORMED'],
      [withBoundary, `${file}${file}--b--\r\n`, 'E_REQUEST_MALFORMED'],
      [withBoundary, `${many}--b--\r\n`, 'E_REQUEST_MALFORMED'],
      ['multipart/form-data', `${file}--b--\r\n`, 'E_REQUEST_MALFORMED'],
      // What is left of a form without its token is refused for that.
      [withBoundary, `${file}--b--\r\n`, 'E_REQUEST_FORGED'],
      [withBoundary, '--b\r\n'.repeat(5000), 'E_REQUEST_MALFORMED'],
      [withBoundary, `${part('reason', 'x'.repeat(256 * 1024 + 1))}--b--\r\n`, 'E_SIZE_EXCEEDED'],
      [withBoundary, 'no form at all', 'E_REQUEST_MALFORMED'],
      [withBoundary, '', 'E_REQUEST_FORGED'],
    ] as const) {
      const fields: Fields = [
        ...formFields(cookie).filter(([name]) => name !== 'Content-Type'),
        ['Content-Type', type],
      ];
      const { page } = await send('POST', '/imports', fields, body);
      expect(page, `${type} ${body.slice(0, 100)}`).to.include(code);
    }
  });

  it('takes a form with a file only where a file is expected', async () => {
    const fields: Fields = [
      ['Authorization', `Bearer ${'a'.repeat(24)}`],
      ['Content-Type', 'multipart/form-data; boundary=b'],
    ];
    const { status, page } = await send('POST', '/sign-in', fields, '--b\r\n'.repeat(20_000));
    expect([status, page.includes('E_REQUEST_TYPE')]).to.deep.equal([415, true]);
  });

  it('bounds the members of a JSON body as the fields of a form', async () => {
    const cookie = await cookieOf('wu', 'operator');
    const fields: Fields = [
      ...formFields(cookie).filter(([name]) => name !== 'Content-Type'),
      ['Content-Type', 'application/json'],
    ];
    const members = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, 'x']));
    const { status, page } = await send('POST', '/office/v1/imports', fields, JSON.stringify(members));
    expect([status, page.includes('E_REQUEST_MALFORMED')]).to.deep.equal([400, true]);
  });

  it('counts attempts by the address that a proxy of the settings states, and by no other', async () => {
    const behind = await openOffice(all.home.gateway, { proxies: ['127.0.0.0/8'] });
    await office.signedIn('choi', 'reader');
    const attempt = async (at: Office, address: string, password: string): Promise<number> => {
      const body = new URLSearchParams({ name: 'choi', password });
      const headers = { origin: at.url, 'x-forwarded-for': address };
      return (await fetch(`${at.url}/sign-in`, { method: 'POST', body, headers, redirect: 'manual' })).status;
    };
    for (const [at, admitted] of [
      [behind, 303],
      [office, 401],
    ] as const) {
      for (let i = 0; i < 5; i += 1) await attempt(at, '192.0.2.1', 'wrong');
      expect(await attempt(at, '192.0.2.2', testPassword)).to.equal(admitted);
    }
    await behind.close();
  });
});
