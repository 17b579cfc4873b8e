import { expect } from 'chai';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadHome } from '../../gateway/adapter/load.ts';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

const samples = new URL('../fixtures/partners/', import.meta.url).pathname;

interface Report {
  readonly placements: readonly { readonly element: string; readonly value: string; readonly certainty: string }[];
  readonly asks: readonly { readonly at: string; readonly question: string }[];
}

interface Partner {
  readonly cc: string;
  readonly sample: string;
  /** What the sample alone could not tell. */
  readonly answers: Readonly<Record<string, unknown>>;
}

/** Partners nobody has met: elements with attributes, nested JSON, lines of fixed width, a table with semicolons. */
const partners: readonly Partner[] = [
  {
    cc: 'xb',
    sample: 'xb-list.xml',
    answers: {
      '/name': 'Borealia Customs',
      '/timeZone': 'Etc/UTC',
      'list.xml#/ApprovedOperators/Operators/Operator/RegionCode': 'ignore',
    },
  },
  {
    cc: 'xc',
    sample: 'xc-list.json',
    answers: { '/arrangement/inForce': { from: '2026-05-01', source: 'letter of 2 April', confidence: 'agreed' } },
  },
  { cc: 'xi', sample: 'xi-list.txt', answers: {} },
  {
    cc: 'xd',
    sample: 'xd-list.csv',
    answers: {
      'list.csv#/line/Observaciones': 'ignore',
      '/identifiers/ours/form': 'CN{code}',
      '/identifiers/ours/example': 'CN4403131697',
    },
  },
];

describe('mra adapter new', () => {
  let adapters: string;
  beforeEach(() => {
    adapters = adaptersOfHome();
  });

  async function draft({ cc, sample }: Partner, ...more: readonly string[]): Promise<Report> {
    const { stdout } = await runAdapter(adapters, ['new', cc, '--sample', join(samples, sample), ...more]);
    return JSON.parse(stdout) as Report;
  }

  function filesOf(cc: string): Record<string, string> {
    const folder = join(adapters, cc);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/u.test(name));
    return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  }

  for (const partner of partners) {
    const { cc } = partner;

    it(`${cc}: the draft passes its tests, and lint names every question; answered, nothing stops it`, async function () {
      const { asks } = await draft(partner);
      expect(asks).to.not.deep.equal([]);
      const lint = await runAdapter(adapters, ['lint', cc]);
      const { findings } = JSON.parse(lint.stdout) as { findings: { code: string; detail: string; line?: number }[] };
      const open = findings.filter(({ code }) => code === 'E-007');
      expect(open.map(({ detail }) => detail)).to.deep.equal(asks.map(({ question }) => question));
      expect(open.filter(({ line }) => line === undefined)).to.deep.equal([]);
      expect([lint.exit, findings.filter(({ code }) => code.startsWith('E') && code !== 'E-007')]).to.deep.equal([
        1,
        [],
      ]);

      const answers = { ...Object.fromEntries(asks.map(({ at }) => [at, 'yes'])), ...partner.answers };
      writeFileSync(join(adapters, 'answers.yaml'), JSON.stringify(answers));
      expect((await draft(partner, '--answers', join(adapters, 'answers.yaml'), '--force')).asks).to.deep.equal([]);
      expect((await runAdapter(adapters, ['lint', cc])).exit).to.equal(0);
      const test = await runAdapter(adapters, ['test', cc, '--runs', '200']);
      expect(JSON.parse(test.stdout)).to.include({ failed: 0 });
      expect(test.exit).to.equal(0);
      const certified = await runAdapter(adapters, ['certify', cc]);
      expect(JSON.parse(certified.stdout)).to.include({ adapter: cc, certified: true });
    });

    it(`${cc}: the same sample gives the same draft`, async () => {
      await draft(partner);
      const first = filesOf(cc);
      await draft(partner, '--force');
      expect(filesOf(cc)).to.deep.equal(first);
    });

    it(`${cc}: no sample conversation lets a broken mapping pass unnoticed`, async () => {
      await draft(partner);
      const { stdout, exit } = await runAdapter(adapters, ['mutate', cc]);
      expect((JSON.parse(stdout) as { survivors: unknown[] }).survivors).to.deep.equal([]);
      expect(exit).to.equal(0);
    });
  }

  it('an answer stands in adapter.yaml, and its question is gone', async () => {
    const [partner = fail()] = partners;
    const { asks } = await draft(
      partner,
      '--answer',
      '/name=Borealia Customs',
      '--transport',
      'amqp',
      '--zone',
      'Etc/UTC',
    );
    const { stdout } = await runAdapter(adapters, ['preview', 'xb']);
    expect(JSON.parse(stdout)).to.include({ adapter: 'xb' });
    const yaml = adapterTools.readYaml(readFileSync(join(adapters, 'xb', 'adapter.yaml'), 'utf8'), 'xb');
    expect(yaml).to.include({ name: 'Borealia Customs', transport: 'amqp', timeZone: 'Etc/UTC' });
    for (const at of ['/name', '/transport', '/timeZone']) expect(asks.map((ask) => ask.at)).to.not.include(at);
  });

  it('an answer can place an element, with its notation', async () => {
    const [partner = fail()] = partners;
    const at = 'list.xml#/ApprovedOperators/Operators/Operator/RegionCode';
    const { placements } = await draft(partner, '--answer', `${at}=address.local`);
    expect(placements.find(({ element }) => element.endsWith('RegionCode'))).to.include({
      value: 'address.local',
      certainty: 'certain',
    });
    expect(filesOf('xb')['list.xml']).to.include('<bo:RegionCode>{address.local?}</bo:RegionCode>');
  });

  it('names of administrations that are no letters go through a table, and travel', async () => {
    const [partner = fail()] = partners;
    const text = readFileSync(join(samples, partner.sample), 'utf8');
    const file = join(adapters, 'other.xml');
    writeFileSync(file, text.replace('XB-CUSTOMS', 'BOREALIA').replace('CN-CUSTOMS', 'SINIA'));
    await runAdapter(adapters, ['new', 'xb', '--sample', file]);
    const yaml = adapterTools.readYaml(readFileSync(join(adapters, 'xb', 'adapter.yaml'), 'utf8'), 'xb');
    expect((yaml as { codes: Record<string, unknown> }).codes['party']).to.deep.equal({ XB: 'BOREALIA', CN: 'SINIA' });
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '50'])).exit).to.equal(0);
  });

  it('with a sketch of the partner’s own side that loads', async () => {
    const [, partner = fail()] = partners;
    await draft(partner, '--home-sketch');
    const home = await loadHome(join(adapters, 'xc'), adapterTools);
    expect([home.country, home.grades]).to.deep.equal(['XC', ['grade_2', 'grade_3']]);
    expect((await runAdapter(adapters, ['lint', 'xc'])).stdout).to.not.include('grade_unknown');
  });

  it('takes a folder of samples, a full list and its difference, and a reply', async () => {
    const folder = join(adapters, 'theirs');
    const member = (no: number, rest: string): string => `<Member><AeoNo>XB10${no}</AeoNo>${rest}</Member>`;
    const member1 = member(0, '<Name>Example A</Name><Status>ACTIVE</Status><ValidFrom>2024-01-01</ValidFrom>');
    const member2 = member(1, '<Name>Example B</Name><Status>SUSPENDED</Status><ValidFrom>2024-02-01</ValidFrom>');
    const gone = member(0, '<Reason>WITHDRAWN</Reason><RemovalDate>2026-04-02</RemovalDate>');
    const head = '<Sent>2026-04-01T00:00:00Z</Sent>';
    mkdirSync(folder);
    for (const [name, text] of [
      ['1-full.xml', `<AeoFile type="FULL">${head}<Members>${member1}${member2}</Members></AeoFile>`],
      ['2-delta.xml', `<AeoFile type="DELTA">${head}<Members/><Removed>${gone}</Removed></AeoFile>`],
      [
        '3-reply.xml',
        `<AeoReply><MessageId>R-1</MessageId>${head}<InReplyTo>L-7</InReplyTo><Accepted>10</Accepted><Rejected>1</Rejected>
          <Rejection><AeoNo>CN99</AeoNo><ErrorCode>E1</ErrorCode><ErrorText>unknown number</ErrorText></Rejection></AeoReply>`,
      ],
    ] as const)
      writeFileSync(join(folder, name), text);
    const reply = join(adapters, '3-reply.xml');
    renameSync(join(folder, '3-reply.xml'), reply);
    const { stdout } = await runAdapter(adapters, ['new', 'xb', '--sample', folder, '--reply-sample', reply]);
    const { placements, asks } = JSON.parse(stdout) as Report;
    expect(placements.map(({ value }) => value)).to.include.members(['reason', 'since', 'message.kind']);
    expect(asks.map(({ at }) => at)).to.not.include('/messages/reply');
    const kept = Object.keys(filesOf('xb')).filter((name) => name.endsWith('-read.json'));
    expect(kept.map((name) => name.split('/')[1])).to.deep.equal([
      'partner-list-1',
      'partner-list-2',
      'partner-reply-1',
    ]);
    expect(filesOf('xb')['reply.xml']).to.include('<ErrorCode>{code|code:fault}</ErrorCode>');
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '50'])).exit).to.equal(0);
  });

  it('leaves nothing behind beside the folder', async () => {
    const [partner = fail()] = partners;
    await draft(partner);
    await draft(partner, '--force');
    await rejectedBy(draft(partner, '--force', '--answer', '/name=7'));
    expect(readdirSync(adapters).sort()).to.deep.equal(['cn', 'xb']);
  });

  it('keeps the sample, and compares what it is read as from then on', async () => {
    const [partner = fail()] = partners;
    await draft(partner);
    const kept = filesOf('xb');
    expect(kept['samples/partner-list-1/0-original.xml']).to.equal(readFileSync(join(samples, partner.sample), 'utf8'));
    const read = join(adapters, 'xb', 'samples', 'partner-list-1', '2-read.json');
    writeFileSync(read, (kept['samples/partner-list-1/2-read.json'] ?? '').replace('Example Fisheries AS', 'Other'));
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '1', '--only', 'partner-list-1'])).exit).to.not.equal(
      0,
    );
  });

  const refusals: readonly (readonly [what: string, words: readonly string[], code: string])[] = [
    ['a sample that is not there', ['xb', '--sample', 'lost.xml'], 'E_FILE_UNREADABLE'],
    ['a name that is no country', ['borealia', '--sample', join(samples, 'xb-list.xml')], 'E_REQUEST_INVALID'],
    [
      'an answer to no question',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', '/nmae=yes'],
      'E_REQUEST_INVALID',
    ],
    [
      'an answer for a place there is not',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', '/nmae=x'],
      'E_REQUEST_INVALID',
    ],
    [
      'an answer that names no value',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', 'list.xml#/ApprovedOperators/TotalOperators=nmae'],
      'E_REQUEST_INVALID',
    ],
    [
      'an answer to no question of a file',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', 'home.yaml#/name=Example'],
      'E_REQUEST_INVALID',
    ],
    [
      'an answer that the schema refuses',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', '/name=7'],
      'E_REQUEST_INVALID',
    ],
    [
      'an answer about no element',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', 'list.xml#/Lost=ignore'],
      'E_REQUEST_INVALID',
    ],
    [
      'an answer without a place',
      ['xb', '--sample', join(samples, 'xb-list.xml'), '--answer', 'Borealia'],
      'E_REQUEST_INVALID',
    ],
  ];
  for (const [what, words, code] of refusals) {
    it(`${what} is ${code}, and nothing is written`, async () => {
      expect((await rejectedBy(runAdapter(adapters, ['new', ...words]))).code).to.equal(code);
      expect(existsSync(join(adapters, 'xb'))).to.equal(false);
    });
  }

  it('samples that are no message are E_SAMPLE_UNREADABLE, with their place', async () => {
    for (const [name, text, at] of [
      ['a.xml', '<List><Operator></List>', /a\.xml:1:\d+$/u],
      ['b.json', '[1]', /b\.json$/u],
      ['c.csv', 'just words\nmore words\n', /c\.csv$/u],
      ['d.xml', '<List><Sent>2026-01-01</Sent></List>', /list\.xml$/u],
    ] as const) {
      const file = join(adapters, name);
      writeFileSync(file, text);
      const error = await rejectedBy(runAdapter(adapters, ['new', 'xb', '--sample', file]));
      expect(error.code, name).to.equal('E_SAMPLE_UNREADABLE');
      expect(error.at, name).to.match(at);
    }
  });

  it('a folder that is there is not written over without --force', async () => {
    const [partner = fail()] = partners;
    await draft(partner);
    const before = filesOf('xb');
    const error = await rejectedBy(draft(partner, '--answer', '/name=Other'));
    expect(error.code).to.equal('E_REQUEST_INVALID');
    expect(filesOf('xb')).to.deep.equal(before);
  });
});

function fail(): never {
  throw new Error('this is not needed here');
}
