/** Signed snapshots of the register: what they hold, deltas, and answers given with them beside those of the door. */

import { gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { answerQuery, openQueryBatch } from '../../gateway/clearance/status-query.ts';
import { answerDigest } from '../../gateway/model/clearance/answer-digest.ts';
import { outcomes, type Answer, type CheckRequest } from '../../gateway/model/clearance/answer.ts';
import { answerOffline, openSnapshot, type OpenSnapshot } from '../../gateway/offline/answer-offline.ts';
import { snapshotFile, verifyPage } from '../../gateway/offline/border-page.ts';
import { cutSnapshot } from '../../gateway/offline/cut-snapshot.ts';
import { readDelta, readSnapshot } from '../../gateway/offline/read-snapshot.ts';
import { fillList, fillRegister, openClearance, operator, union } from '../support/clearance-fixture.ts';
import type { TestClearance } from '../support/clearance-fixture.ts';
import { eastland, federation, harbour, longland } from '../support/clearance-partners.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';

const later = '2026-11-23T13:00:00.000Z';
const place = { latin: '1 Example Road', city: 'Northtown' };

/** Queries of every kind, most of them about the operators of the fixture. */
function* queries(): Generator<CheckRequest> {
  const named = { name: 'NN0000001 TRADING', reference: 'entry 1' };
  const sea = { partner: 'NN', mode: 'sea', name: 'Harbour Ltd', address: '1 example road, Northtown' } as const;
  yield* [sea, { ...sea, address: 'elsewhere' }, { partner: 'UU', identifier: 'UU12' }];
  yield* [
    { partner: 'EE', identifier: 'EE51824753556' },
    { partner: 'EE', identifier: 'EE51824753557', role: 'consignor', direction: 'import' },
    { partner: 'EE', identifier: 'EE15824753556', role: 'consignor', direction: 'import' },
    { partner: 'LL', identifier: 'LL12345678901234567' },
    { partner: 'LL', identifier: 'LL123456789012345', box_length: 17 },
    { partner: 'XA', identifier: 'xa-1234567', role: 'exporter', direction: 'import' },
    { partner: 'XB', identifier: 'XA1234567' },
  ] as const;
  const identifiers = ['NN0000001', 'NN0000002', 'NN0000003', 'NN0000004', 'NN0000005', 'NN0000006', 'NN0000008'];
  for (const identifier of [...identifiers, 'NN00000O1', 'aeo<nn 0000001>', 'NN999', 'XA1234567'])
    for (const role of [undefined, 'consignor', 'consignee', 'agent'] as const)
      for (const [direction, at] of [
        ['import', undefined],
        ['export', '2026-11-05T00:00:00Z'],
        [undefined, '2012-01-01T00:00:00Z'],
      ] as const)
        yield {
          partner: 'NN',
          identifier,
          ...(role && { role }),
          ...(direction && { direction }),
          ...(at && { at }),
          ...named,
        };
}

describe('a snapshot of the register', () => {
  let clearance: TestClearance;
  let key: string;

  beforeEach(async () => {
    clearance = await openClearance([harbour, union, federation, longland, eastland]);
    await fillRegister(clearance.db);
    const named = operator('NN0000008', { name: { latin: 'HARBOUR LTD', local: '港' }, address: place });
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [named] });
    await fillList(clearance.db, { partner: 'FF', records: [operator('XA1234567')] });
    await fillList(clearance.db, { partner: 'EE', records: [operator('EE51824753556', { validFrom: '2026-12-01' })] });
    const old = { issuedAt: '2026-11-15T11:00:00.000Z' } as const;
    await fillList(clearance.db, { partner: 'LL', records: [operator('LL12345678901234567')], ...old });
    key = await clearance.sealer.verifierKey();
  });
  afterEach(() => clearance.close());

  const cut = (from?: string) => cutSnapshot(clearance, { from });
  async function open(): Promise<OpenSnapshot> {
    const { head, lines } = readSnapshot((await cut()).bytes, key);
    return openSnapshot(head, lines);
  }
  async function both(snapshot: OpenSnapshot, request: CheckRequest): Promise<readonly Answer[]> {
    const known = { ...request, known_at: snapshot.head.created_at };
    const { answer } = await answerQuery(openQueryBatch(clearance), known);
    return [answer, await answerOffline(snapshot, request, clearance.now())];
  }
  it('gives every answer that the door gives with its knowledge date, all outcomes among them', async () => {
    const snapshot = await open();
    clearance.clock = later;
    const seen = new Map<string, number>();
    for (const request of queries()) {
      const [online, given] = await both(snapshot, request);
      expect(given?.freshness.source).to.equal('snapshot');
      expect(
        { ...given, freshness: { ...given?.freshness, source: 'register' } },
        JSON.stringify(request),
      ).to.deep.equal(online);
      seen.set(given?.outcome ?? '', (seen.get(given?.outcome ?? '') ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).to.deep.equal([...outcomes].sort());
  });

  it('refuses what the door refuses, for the same reason', async () => {
    const snapshot = await open();
    for (const request of [
      { partner: 'QQ', identifier: 'QQ1' },
      { partner: 'NN' },
      { partner: 'NN', mode: 'sea', name: 'Harbour Ltd' },
      { partner: 'NN', identifier: 'NN0000001', at: '2026-06-30T23:59:60Z' },
    ] as const) {
      const batch = openQueryBatch(clearance);
      const online = await refusal(() => answerQuery(batch, request));
      const found = await refusal(() => answerOffline(snapshot, request, clearance.now()));
      expect([found.code, found.at, found.choices]).to.deep.equal([online.code, online.at, online.choices]);
    }
  });

  it('answers on its last day at home, and no more on the day after, nor before it was made', async () => {
    const snapshot = await open();
    const ask = (now: string) => answerOffline(snapshot, { partner: 'NN', identifier: 'NN0000001' }, new Date(now));
    expect(snapshot.head.last_day).to.equal('2026-11-26');
    await ask('2026-11-26T15:59:59.999Z');
    expect(await refusalCode(() => ask('2026-11-26T16:00:00Z'))).to.equal('E_SNAPSHOT_EXPIRED');
    expect(await refusalCode(() => ask('2026-11-23T11:59:59Z'))).to.equal('E_SNAPSHOT_EXPIRED');
  });

  it('is refused where a byte of it was changed, a line is missing, or another key signed it', async () => {
    const { bytes } = await cut();
    const text = gunzipSync(bytes).toString();
    const changed = [
      text.replace('"suspended"', '"active"'),
      text.replace('"last_day":"2026-11-26"', '"last_day":"2027-11-26"'),
      text.replace(/\["NN0000002"[^\n]*\n/u, ''),
      text.slice(0, -20),
      '',
    ];
    for (const each of changed)
      expect(await refusalCode(() => readSnapshot(gzipSync(each), key)), each.slice(0, 40)).to.equal(
        'E_SNAPSHOT_INVALID',
      );
    expect(await refusalCode(() => readSnapshot(bytes.subarray(0, 100), key))).to.equal('E_SNAPSHOT_INVALID');
    const other = await openClearance();
    const foreign = await other.sealer.verifierKey();
    await other.close();
    expect(await refusalCode(() => readSnapshot(bytes, foreign))).to.equal('E_SNAPSHOT_INVALID');
  });

  it('is brought up to date by a delta, which arrives at the same lines as a whole snapshot', async () => {
    const first = await cut();
    const suspended = operator('NN0000001', { status: 'suspended', statusSince: '2026-11-20' });
    const departures = [{ identifier: 'NN0000006', reason: 'withdrawn', since: '2026-11-22' }] as const;
    await fillList(clearance.db, {
      partner: 'NN',
      sequence: 9,
      records: [suspended, operator('NN0000010')],
      departures,
    });
    await fillList(clearance.db, { partner: 'UU', records: [operator('UU12')] });
    const delta = await cut(first.id);
    expect(gunzipSync(delta.bytes).toString()).not.to.include('NN0000003');
    const before = readSnapshot(first.bytes, key);
    const after = readDelta(before, delta.bytes, key);
    const whole = readSnapshot((await cut()).bytes, key);
    expect(after.lines).to.deep.equal(whole.lines);
    expect(readSnapshot(after.bytes, key).lines).to.deep.equal(whole.lines);
    expect(await refusalCode(() => readSnapshot(delta.bytes, key))).to.equal('E_SNAPSHOT_INVALID');
    expect(await refusalCode(() => readDelta(after, delta.bytes, key))).to.equal('E_SNAPSHOT_INVALID');
  });

  it('refuses a delta that leads back to an older snapshot, though that one was signed', async () => {
    const older = await cut();
    clearance.clock = later;
    await fillList(clearance.db, { partner: 'NN', sequence: 9, records: [operator('NN0000010')] });
    const held = readSnapshot((await cut()).bytes, key);
    const lines = gunzipSync(older.bytes).toString().split('\n').slice(1);
    const replacing = lines.map((line) => {
      if (!line.startsWith('{"partner"')) return line;
      const { partner } = JSON.parse(line) as { readonly partner: string };
      const replaced = (held.lines.get(partner) ?? []).map((each) => (JSON.parse(each) as [string])[0]);
      return JSON.stringify({ partner, replaced });
    });
    const forged = gzipSync(
      [JSON.stringify({ format: 'mra-snapshot/1', from: held.head.id }), ...replacing].join('\n'),
    );
    expect(await refusalCode(() => readDelta(held, forged, key))).to.equal('E_SNAPSHOT_INVALID');
  });

  it('finds no operator of a partner whose lines nobody signed', async () => {
    const [first = '', ...rest] = gunzipSync((await cut()).bytes)
      .toString()
      .split('\n');
    const added = ['{"partner":"XX"}', '["XX0000001","active","2020-01-01",0,[],"INVENTED"]'];
    const { head, lines } = readSnapshot(gzipSync([first, ...added, ...rest].join('\n')), key);
    expect([...lines.keys()]).to.not.include('XX');
    expect(openSnapshot(head, new Map([...lines, ['XX', added.slice(1)]])).search('INVENTED', 5)).to.deep.equal([]);
  });

  it('is refused where a member has another type', async () => {
    const lines = gunzipSync((await cut()).bytes)
      .toString()
      .trimEnd()
      .split('\n');
    const [head = '', note = ''] = lines.slice(-2);
    const held = readSnapshot(gzipSync(`${lines.join('\n')}\n`), key);
    const from = JSON.stringify({ format: 'mra-snapshot/1', from: held.head.id });
    const ended = (first: string, ...last: readonly string[]) => gzipSync([first, ...last, ''].join('\n'));
    const whole = '{"format":"mra-snapshot/1"}';
    for (const [at, read] of [
      () => readSnapshot(ended(whole, '{"head":null}', note), key),
      () => readSnapshot(ended(whole, '{"head":{"id":"x","partners":5}}', note), key),
      () => readSnapshot(ended(whole, head, '{"note":5}'), key),
      () => readDelta(held, ended(from, '{"partner":"NN","replaced":5}', head, note), key),
    ].entries())
      expect(await refusalCode(read), `case ${at}`).to.equal('E_SNAPSHOT_INVALID');
    const page = (await snapshotFile(clearance, { pageOf: 'port-7' })).bytes.toString();
    for (const last of ['{"note":"x}', '{"note":5}', '{"note":}'])
      expect(
        await refusalCode(() => verifyPage(page.replace(/<!--\{"note":.*\n$/u, `<!--${last}-->\n`), key)),
        last,
      ).to.equal('E_SNAPSHOT_INVALID');
  });

  it('refuses a delta against what is no snapshot, or one of a later state than the store has', async () => {
    const { id } = await cut();
    expect(await refusalCode(() => cut('yesterday'))).to.equal('E_REQUEST_INVALID');
    expect(await refusalCode(() => cut(id.replace('.NN-2', '.NN-3')))).to.equal('E_CURSOR_UNKNOWN');
  });

  it('takes less than 40 bytes an operator', async () => {
    const words =
      'ALPHA BETA GAMMA DELTA EPSILON ZETA ETA THETA IOTA KAPPA LAMBDA SIGMA OMEGA NORTH SOUTH EAST WEST'.split(' ');
    const word = (n: number): string => words[n % words.length] ?? '';
    const records = Array.from({ length: 4_000 }, (_, i) => {
      const random = Number.parseInt(answerDigest({ i }).slice(8).replace(/\D/gu, '0').slice(0, 9), 10);
      const name = `${word(random)} ${word(random >> 4)}${random % 97} ${word(random >> 8)} TRADING CO., LTD.`;
      const identifier = `UU${String(random).padStart(9, '0')}${String(i).padStart(6, '0')}`;
      return operator(identifier, {
        name: { latin: name },
        validFrom: `202${random % 6}-0${(random % 9) + 1}-1${random % 10}`,
      });
    });
    const without = (await cut()).bytes.length;
    await fillList(clearance.db, { partner: 'UU', records });
    expect(((await cut()).bytes.length - without) / records.length).to.be.below(40);
  });

  it('is part of a page that is refused where a byte of it was changed', async () => {
    const { id, bytes } = await snapshotFile(clearance, { pageOf: 'port-7' });
    const page = Buffer.from(bytes).toString();
    expect(verifyPage(page, key).id).to.equal(id);
    for (const changed of [
      page.replace('Border, offline', 'Border'),
      page.slice(0, -5),
      page.replace('port-7', 'port-8'),
      '',
    ])
      expect(await refusalCode(() => verifyPage(changed, key))).to.equal('E_SNAPSHOT_INVALID');
  });
});
