/** Adapters in the office: drafted from a sample, its questions answered, checked, kept as a folder; and a partner that two people add with it. */

import { expect } from 'chai';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openZip } from '../../gateway/wire/files/zip.ts';
import { storedPartners } from '../../gateway/store/partner-keys.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { openAdministrations, type OpenAdministrations } from '../support/administrations.ts';
import { openOffice, person, type Browser, type Office } from '../support/office.ts';
import { rsaPair, temporaryFolder, testCertificate } from '../support/pki.ts';

const partners = new URL('../fixtures/partners/', import.meta.url).pathname;
const monthsList = new URL('../peers/months/full.json', import.meta.url).pathname;
const sample = readFileSync(join(partners, 'xb-list.xml'), 'utf8');

interface Shown {
  readonly questions: readonly { readonly at: string; readonly question: string }[];
  readonly answers: readonly { readonly at: string; readonly answer: string }[];
  readonly readings: readonly Readonly<Record<string, unknown>>[];
  readonly samples: readonly { readonly text: string }[];
  readonly stored: boolean;
}

describe('adapters in the office', () => {
  let all: OpenAdministrations;
  let office: Office;
  const adapters = temporaryFolder();
  let [li, kim, reader]: Browser[] = [];
  before(async () => {
    cpSync(adaptersFolder, adapters, { recursive: true });
    all = await openAdministrations({ partners: ['KR'], adapters });
    office = await openOffice(all.home.gateway);
    li = await office.signedIn('li.na', 'partner-admin');
    kim = await office.signedIn('kim', 'partner-admin');
    reader = await office.signedIn('park', 'reader');
  });
  after(async () => {
    await office.close();
    await all.close();
  });

  const begin = async (text: string, partner = 'XB'): Promise<string> => {
    const { at, html } = await person(li).upload('/adapters', text, { partner, kind: 'list' });
    expect(at, html).to.match(/^\/adapters\/m-/u);
    return at;
  };
  const shown = async (at: string): Promise<Shown> =>
    (await person(li).json(`/office/v1${at}`)).body as unknown as Shown;
  const answer = (at: string, form: Record<string, string>) => person(li).json(`/office/v1${at}/answer`, form);

  it('draft one from a sample, with its first values beside what they are read as', async () => {
    const at = await begin(sample);
    const { questions, readings, samples } = await shown(at);
    expect(questions.map((each) => each.at)).to.include.members(['/name', '/codes/status']);
    const operator = '/ApprovedOperators/Operators/Operator';
    expect(readings).to.deep.include({
      ...{ file: 'evidence.json', scope: 'records', item: 1, element: `${operator}/@SchemeState` },
      ...{ text: 'A', path: 'status', value: 'active' },
    });
    expect(samples[0]?.text).to.equal(sample);
    const { html } = await person(li).get(at);
    expect(html).to.include('Question 1 of').and.to.include('Example Fisheries AS');
  });

  it('its first values have the number of their operator in the sample, also behind one that is left out', async () => {
    const rows = ['Nr;Firma;Status', 'XB100;Example Ltd;active', 'XB101;Sample Ltd;zzz', 'XB102;Third Ltd;suspended'];
    const { readings } = await shown(await begin(`${rows.join('\r\n')}\r\n`));
    const names = readings.filter(({ element }) => String(element).endsWith('Firma'));
    expect(names.map(({ item, text }) => [item, text])).to.deep.equal([
      [1, 'Example Ltd'],
      [3, 'Third Ltd'],
    ]);
  });

  it('pasted text is a sample too, and what is none is refused with its place', async () => {
    const text = 'Nr;Firma;Status\r\nXB100;Example Ltd;active\r\nXB101;Sample Ltd;suspended\r\n';
    const { status, body } = await person(li).json('/office/v1/adapters', { partner: 'XB', text });
    expect(status, JSON.stringify(body)).to.equal(200);
    for (const [form, code] of [
      [{ partner: 'XB', text: 'just words' }, 'E_SAMPLE_UNREADABLE'],
      [{ partner: 'XB' }, 'E_REQUEST_INVALID'],
      [{ partner: '../x', text }, 'E_REQUEST_INVALID'],
      [{ partner: 'KR', text }, 'E_REQUEST_INVALID'],
    ] as const)
      expect((await person(li).json('/office/v1/adapters', form)).body['code']).to.equal(code);
    const long = await person(li).upload('/adapters', 'Nr;Firma\n'.repeat(60_000), { partner: 'XB' });
    expect(long.html).to.include('E_SIZE_EXCEEDED');
  });

  it('questions are answered one by one: a wrong answer changes nothing, and one is taken back', async () => {
    const at = await begin(sample);
    const before = (await shown(at)).questions.length;
    for (const [place, text] of [
      ['/timeZone', '7'],
      ['timeZone', 'Etc/UTC'],
      ['__proto__', '{}'],
    ] as const)
      expect((await answer(at, { at: place, answer: text })).body['code'], place).to.equal('E_REQUEST_INVALID');
    expect((await shown(at)).questions).to.have.length(before);
    await answer(at, { at: '/timeZone', answer: 'Etc/UTC' });
    await answer(at, { at: '/codes/status', keep: 'yes' });
    const { questions, answers } = await shown(at);
    expect(questions).to.have.length(before - 2);
    expect(answers).to.deep.equal([
      { at: '/timeZone', answer: 'Etc/UTC' },
      { at: '/codes/status', answer: 'yes' },
    ]);
    await answer(at, { at: '/timeZone', back: 'yes' });
    expect((await shown(at)).questions).to.have.length(before - 1);
  });

  it('an answer of which no adapter can be made is refused with the reason and the fix', async () => {
    const members = JSON.parse(readFileSync(monthsList, 'utf8')) as object;
    const at = await begin(JSON.stringify({ doc: { year: 2026, no: 17 }, ...members }), 'XT');
    for (const [place, given] of [
      ['list.json#/doc/year', 'message.period'],
      ['/conversation/stream/restart', '['],
      ['/conversation/stream', '*other'],
      ['/identifiers/theirs', '{ form: none, code: "(a+)+", words: none, example: none }'],
      ['/codes/status', '{ active: A, suspended: A }'],
      ['/identifiers', '7'],
      ['/identifiers/theirs', 'null'],
    ] as const) {
      const { status, body } = await answer(at, { at: place, answer: given });
      expect([place, status, body['code']]).to.deep.equal([place, 422, 'E_REQUEST_INVALID']);
      expect([body['detail'], body['fix']], place).to.satisfy((texts: unknown[]) => texts.every(Boolean));
      expect(String(body['detail']), place).to.not.include('request_id');
    }
    expect((await shown(at)).answers).to.deep.equal([]);
  });

  it('a second sample settles what the first leaves open, and a reply belongs to the draft', async () => {
    const operator = (id: string, day: string): string =>
      `<List><Operator><Id>${id}</Id><Name>Example Ltd</Name><ValidFrom>${day}</ValidFrom></Operator></List>`;
    const at = await begin(operator('XB1001', '03/04/2024'));
    const asked = async () => (await shown(at)).questions.map((each) => each.at);
    expect(await asked()).to.include('list.xml#/List/Operator/ValidFrom');
    await person(li).upload(`${at}/sample`, operator('XB1002', '23/04/2024'), { kind: 'list' });
    expect(await asked()).to.not.include('list.xml#/List/Operator/ValidFrom');
    expect(await asked()).to.include('/messages/reply');
    const reply = '<Answer><MessageId>R-1</MessageId><InReplyTo>L-7</InReplyTo><Accepted>1</Accepted></Answer>';
    await person(li).upload(`${at}/sample`, reply, { kind: 'reply' });
    expect(await asked()).to.not.include('/messages/reply');
  });

  it('its checks run, its folder is downloaded, stored once, and discarding leaves the folder', async () => {
    const at = await begin(sample, 'XY');
    const checks = (await person(li).json(`/office/v1${at}/check`, {})).body;
    const { cases, findings } = checks as unknown as {
      cases: readonly { ok: boolean }[];
      findings: readonly { code: string; file: string }[];
    };
    expect(cases.filter(({ ok }) => !ok)).to.deep.equal([]);
    expect(findings.filter(({ code }) => code === 'E-007').map(({ file }) => file)).to.include('adapter.yaml');
    expect((await person(li).post(`${at}/check`)).html)
      .to.include('passed')
      .and.to.include('E-007');
    const { headers } = await person(li).get(`${at}/folder`);
    expect(headers.get('content-type')).to.equal('application/zip');
    const { at: after } = await person(li).post(`${at}/store`);
    expect([after, (await shown(at)).stored]).to.deep.equal([at, true]);
    expect(existsSync(join(adapters, 'xy', 'samples', 'partner-list-1', '2-read.json'))).to.equal(true);
    expect(existsSync(join(adapters, 'xy', 'answers.yaml'))).to.equal(true);
    await person(li).post(`${at}/discard`);
    expect((await person(li).json(`/office/v1${at}`)).body['code']).to.equal('E_DRAFT_UNKNOWN');
    expect(existsSync(join(adapters, 'xy', 'adapter.yaml'))).to.equal(true);
  });

  it('the downloaded archive is the folder that is stored', async () => {
    const at = await begin(sample, 'XZ');
    const response = await fetch(`${office.url}${at}/folder`, {
      headers: { cookie: [...person(li).cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    const archive = openZip(Buffer.from(await response.arrayBuffer()));
    await person(li).post(`${at}/store`);
    for (const name of archive.names)
      expect(readFileSync(join(adapters, name)).equals(Buffer.from(archive.read(name))), name).to.equal(true);
    expect(archive.names).to.include.members(['xz/adapter.yaml', 'xz/list.xml', 'xz/list.xsd']);
  });

  it('a reader sees drafts and changes nothing', async () => {
    const at = await begin(sample);
    expect((await person(reader).get(at)).html).to.include('Needs the role: partner-admin');
    for (const path of ['/adapters', `${at}/answer`, `${at}/check`, `${at}/store`, `${at}/discard`])
      expect((await person(reader).json(`/office/v1${path}`, { partner: 'XB' })).body['code'], path).to.equal(
        'E_ROLE_MISSING',
      );
  });

  it('a partner is added by two people: the second confirms what the first entered', async () => {
    await person(li).post(`${await begin(sample, 'XW')}/store`);
    const certificate = testCertificate(rsaPair(), { use: 'signing' }).toString();
    const entered = {
      partner: 'XW',
      adapter: 'xw',
      url: 'https://127.0.0.1:9',
      signing: certificate,
      tls: certificate,
    };
    const add = async (browser: Browser | undefined, form: Record<string, string>) =>
      (await person(browser).json('/office/v1/partners/new', { reason: 'the letter of May', ...form })).body;
    const added = async (): Promise<readonly string[]> =>
      (await storedPartners(all.home.gateway.db.sql)).map(({ partner }) => partner);
    for (const wrong of [
      { adapter: '../xw' },
      { signing: '/etc/passwd' },
      { transport: 'folder' },
      { partner: 'XWX' },
    ] as const)
      expect((await add(li, { ...entered, ...wrong }))['code'], JSON.stringify(wrong)).to.equal('E_REQUEST_INVALID');
    expect(await add(li, entered)).to.deep.equal({ partner: 'XW', done: false });
    expect(await add(li, entered)).to.include({ code: 'E_APPROVAL_REPEATED' });
    expect(await added()).to.not.include('XW');
    expect((await person(li).get('/partners/new')).html).to.include('You entered it');
    expect((await add(kim, { ...entered, url: 'https://127.0.0.1:10' }))['done']).to.equal(false);
    expect(await added()).to.not.include('XW');
    const { html } = await person(kim).get('/partners/new');
    expect(html).to.include('Confirm');
    expect(await add(kim, entered)).to.deep.equal({ partner: 'XW', done: true });
    expect(await added()).to.include('XW');
  });
});
