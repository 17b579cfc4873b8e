import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../../gateway/cli/context.ts';
import type { DomesticRecord } from '../../gateway/model/record/record.ts';
import { openDatabase, type Database } from '../../gateway/store/database.ts';
import { saveOperators } from '../../gateway/store/operators.ts';
import { runAdapter } from '../support/adapter-command.ts';
import { adaptersFolder } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';
import { sampleRecord } from '../model/sample-records.ts';

interface Shown {
  readonly operator: string;
  readonly reasons: readonly string[];
  readonly losses: readonly string[];
  readonly bytes: number;
  readonly text: string;
  readonly fault?: { readonly code: string };
}

describe('mra adapter preview', () => {
  let adapters: string;
  let db: Database;

  beforeEach(async () => {
    adapters = mkdtempSync(join(tmpdir(), 'adapters-'));
    for (const cc of ['cn', 'hk']) cpSync(join(adaptersFolder, cc), join(adapters, cc), { recursive: true });
    db = await openDatabase(`sqlite:${join(adapters, 'store.db')}`);
  });

  afterEach(async () => {
    await db.close();
    rmSync(adapters, { recursive: true });
  });

  function change(from: string, to: string): void {
    const file = join(adapters, 'hk', 'list.xml');
    const before = readFileSync(file, 'utf8');
    expect(before).to.include(from);
    writeFileSync(file, before.replace(from, to));
  }

  async function preview<T>(...words: readonly string[]): Promise<T> {
    // The command opens a gateway for its store alone.
    const open = (() => Promise.resolve({ db, close: () => Promise.resolve() })) as unknown as CliContext['open'];
    return JSON.parse((await runAdapter(adapters, ['preview', 'hk', ...words], 'json', open)).stdout) as T;
  }

  const operator = (code: string, more: Partial<DomesticRecord> = {}): DomesticRecord => ({
    ...sampleRecord,
    code,
    grade: 'advanced',
    ...more,
  });

  async function store(...records: readonly DomesticRecord[]): Promise<void> {
    await db.transaction((tx) => saveOperators(tx, records, '2026-04-02T00:00:00.000Z'));
  }

  it('shows a stored operator with its bytes, and that the schema takes it', async () => {
    await store(operator('4403131697'));
    const shown = await preview<Shown>('--record', '4403131697');
    expect(shown).to.deep.include({ operator: '4403131697', reasons: [], losses: [] });
    expect(shown.fault).to.equal(undefined);
    expect(shown.bytes).to.equal(Buffer.byteLength(shown.text));
    expect(await preview<Shown>('--operator', '4403131697')).to.deep.equal(shown);
  });

  it('says what is cut', async () => {
    change('{name.latin}', '{name.latin|max:3}');
    await store(operator('4403131697'));
    expect((await preview<Shown>('--record', '4403131697')).losses).to.deep.equal(['name.latin']);
  });

  it('says that the schema refuses a record', async () => {
    await store(operator('4403131697', { name: { latin: 'X'.repeat(600), local: 'X' } }));
    expect((await preview<Shown>('--record', '4403131697')).fault?.code).to.equal('E_SCHEMA_INVALID');
  });

  it('--worst: first who is left out, then who loses something; who fares well is not shown', async () => {
    change('{name.latin}', '{name.latin|max:30}');
    await store(
      operator('4403131601', { name: { latin: 'SHORT NAME', local: '短' } }),
      operator('4403131602', { name: { latin: 'A NAME THAT IS LONGER THAN THE THIRTY PLACES', local: '长' } }),
      operator('4403131603', { consent: false }),
    );
    const report = await preview<{ operators: number; affected: number; worst: { operator: string }[] }>(
      '--worst',
      '5',
    );
    expect(report).to.include({ operators: 3, affected: 2 });
    expect(report.worst.map((each) => each.operator)).to.deep.equal(['4403131603', '4403131602']);
    expect((await preview<{ worst: unknown[] }>('--worst', '1')).worst).to.have.length(1);
  });

  it('--worst of a number that is none, or of no operators, is E_REQUEST_INVALID', async () => {
    expect((await rejectedBy(preview('--worst', 'all'))).code).to.equal('E_REQUEST_INVALID');
    expect((await rejectedBy(preview('--worst', '3'))).code).to.equal('E_REQUEST_INVALID');
  });

  it('shows the layout of today, and with --day that of another day, and names it', async () => {
    const layouts =
      '[{ template: list.xml, schema: list.xsd, until: 2999-01-31 }, { template: new.xml, schema: new.xsd, from: 2999-02-01 }]';
    const manifest = join(adapters, 'hk', 'adapter.yaml');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8').replace('{ template: list.xml, schema: list.xsd }', layouts),
    );
    for (const ending of ['xml', 'xsd']) {
      const text = readFileSync(join(adapters, 'hk', `list.${ending}`), 'utf8');
      writeFileSync(
        join(adapters, 'hk', `new.${ending}`),
        text.replaceAll(/urn:mra:profile:hk:\d/gu, 'urn:mra:profile:hk:9'),
      );
    }
    const future = await preview<{ template: string; day: string; text: string }>('--day', '2999-03-01');
    expect(future).to.include({ template: 'new.xml', day: '2999-03-01' });
    expect((await preview<{ template: string }>()).template).to.equal('list.xml');
    expect((await rejectedBy(preview('--day', '2999-02-30'))).code).to.equal('E_REQUEST_INVALID');
  });

  it('refuses --worst beside --diff or --record, which it would have to ignore', async () => {
    for (const words of [
      ['--diff', 'HEAD'],
      ['--record', '4403131697'],
    ]) {
      const error = await preview('--worst', '3', ...words).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property('code', 'commander.conflictingOption');
    }
  });

  describe('--diff', () => {
    const git = (...words: readonly string[]): void =>
      void execFileSync('git', ['-C', adapters, ...words], { stdio: 'pipe' });
    const commit = (): void => {
      git('init', '--quiet');
      git('add', 'hk', 'cn');
      git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '--quiet', '-m', 'before');
    };

    it('shows what the partner reads otherwise than under a revision', async () => {
      commit();
      change('from="{validFrom}"', 'from="{validFrom|date:ddMMyyyy}"');
      const { changed } = await preview<{ changed: { field: string; before: string; now: string }[] }>(
        '--diff',
        'HEAD',
      );
      // The schema still wants the days as they were: that is a change too.
      expect(changed.map(({ field }) => field)).to.deep.equal(['validFrom', '(not sent)']);
      const [{ before, now } = { before: '', now: '' }] = changed;
      expect(now).to.equal(before.replace(/^(\d{4})-(\d{2})-(\d{2})$/u, '$3$2$1'));
    });

    it('shows nothing where only a comment changed', async () => {
      commit();
      change('<!-- Operators', '<!-- All operators');
      expect((await preview<{ changed: unknown[] }>('--diff', 'HEAD')).changed).to.deep.equal([]);
    });

    it('outside a repository, and of an unknown revision, is E_REQUEST_INVALID', async () => {
      expect((await rejectedBy(preview('--diff', 'HEAD'))).code).to.equal('E_REQUEST_INVALID');
      commit();
      for (const revision of ['lost', '--output=x', 'HEAD:cn'])
        expect((await rejectedBy(preview('--diff', revision))).code, revision).to.equal('E_REQUEST_INVALID');
    });
  });

  it('shows how a list and its answers travel, with the names of files and what each answer proves', async () => {
    const way = async (path: string): Promise<string> => {
      const cc = path.slice(-2);
      cpSync(new URL(`../peers/${path}`, import.meta.url).pathname, join(adapters, cc), { recursive: true });
      const { stdout } = await runAdapter(adapters, ['preview', cc], 'json');
      const shown = JSON.parse(stdout) as { readonly way: readonly { readonly what: string; readonly how: string }[] };
      return shown.way
        .map(({ what, how }) => `${what}: ${how.replace(/\d{8}/u, 'DAY').replace(/\d{8}/u, 'DAY')}`)
        .join('\n');
    };
    expect(await way('files/xd')).to.equal(
      [
        'our list: file CN_AEO_DAY.txt',
        'our list: marker CN_AEO_DAY.txt.ok, written last',
        'its answer: business by document in CN_AEO_DAY.txt.ack, within 86400 s, then resend; proves channel',
        'a list of theirs: file XD_AEO_DAY.txt, after XD_AEO_DAY.txt.ok',
        'our answer: document in XD_AEO_DAY.txt.ack',
      ].join('\n'),
    );
    const overBroker = await way('amqp/xc');
    expect(overBroker).to.include('technical by document, as a message of its own, within 600 s, then resend');
    expect(overBroker).to.include('business by document, as a message of its own, within 86400 s, then alarm');
    expect(await way('java/xb')).to.include('our answer: document: applied 200, held 202, rejected 422');
  });
});
