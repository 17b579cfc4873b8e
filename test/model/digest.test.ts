/** Digests of a list: what they depend on, what they do not, and that another implementation reaches them from the words alone. */

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { leafOf, listRoot, nextChain, zeroChain } from '../../gateway/model/digest.ts';
import type { ListRecord } from '../../gateway/model/list.ts';
import { anyListRecord } from './sample-records.ts';

const record: ListRecord = {
  identifier: 'AEOCN4403131697',
  name: { local: '深圳达瑞新材料有限公司', latin: 'SHENZHEN "DARUI" CO., LTD.' },
  address: { latin: '41 KEJI SOUTH ROAD', city: 'SHENZHEN' },
  grade: 'advanced',
  status: 'active',
  statusSince: '2016-02-29',
  validFrom: '2016-02-29',
  roles: ['warehouse', 'exporter'],
};

const sha256 = (...parts: readonly (string | Buffer)[]): string => {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest('hex');
};

const leavesOf = (identifiers: readonly string[]): [string, string][] =>
  identifiers.map((identifier) => [identifier, sha256('leaf of ', identifier)]);

describe('the leaf of a record', () => {
  it('is the hash of a zero byte and the canonical text', () => {
    const text =
      '["AEOCN4403131697",["深圳达瑞新材料有限公司","SHENZHEN \\"DARUI\\" CO., LTD."],' +
      '["","41 KEJI SOUTH ROAD","SHENZHEN",""],"advanced","active","2016-02-29","2016-02-29","",["exporter","warehouse"]]';
    expect(leafOf(record)).to.equal(sha256(Buffer.from([0]), Buffer.from(text, 'utf8')));
  });

  it('does not depend on the order of members or roles', () => {
    const { roles, ...rest } = record;
    expect(leafOf({ roles: [...roles].reverse(), ...rest })).to.equal(leafOf(record));
  });

  it('differs between any two records that differ in their texts', () => {
    fc.assert(
      fc.property(anyListRecord, anyListRecord, (base, other) => {
        const swapped = { ...base, name: other.name, address: other.address };
        expect(leafOf(swapped) === leafOf(base)).to.equal(isDeepStrictEqual(swapped, base));
      }),
      { numRuns: 1000 },
    );
  });

  it('changes with every field', () => {
    const changes: Partial<ListRecord>[] = [
      { identifier: 'AEOCN4403131698' },
      { name: { latin: 'SHENZHEN "DARUI" CO., LTD.' } },
      { name: { local: 'SHENZHEN "DARUI" CO., LTD.', latin: '深圳达瑞新材料有限公司' } },
      { address: { local: '41 KEJI SOUTH ROAD', city: 'SHENZHEN' } },
      { address: { ...record.address, postcode: '1' } },
      { grade: 'general' },
      { status: 'suspended' },
      { statusSince: '2016-03-01' },
      { validFrom: '2016-03-01' },
      { validTo: '2026-03-01' },
      { roles: ['exporter'] },
    ];
    const leaves = changes.map((change) => leafOf({ ...record, ...change }));
    expect(new Set([leafOf(record), ...leaves]).size).to.equal(changes.length + 1);
  });
});

/** The root as the comment in digest.ts words it, written a second time from the words. */
function rootFromWords(leaves: readonly [string, string][]): string {
  const buckets = leaves.length > 50_000 ? 4096 : 256;
  const lines: string[][] = Array.from({ length: buckets }, () => []);
  for (const [identifier, leaf] of leaves) {
    const key = createHash('sha256').update(identifier).digest();
    const bucket = buckets === 256 ? key.readUInt8(0) : key.readUInt16BE(0) >> 4;
    lines[bucket]?.push(`${key.toString('hex')} ${leaf}\n`);
  }
  const hashes = lines.map((all) => sha256(Buffer.from([1]), `${all.length}\n`, all.sort().join('')));
  return sha256(Buffer.from([2]), `${leaves.length}\n`, hashes.map((hash) => `${hash}\n`).join(''));
}

describe('the root of a list', () => {
  it('does not depend on the order of the records', () => {
    const shuffled = fc
      .uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 60 })
      .chain((identifiers) =>
        fc.tuple(
          fc.constant(identifiers),
          fc.shuffledSubarray(identifiers, { minLength: identifiers.length, maxLength: identifiers.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(listRoot(new Map(leavesOf(other)))).to.deep.equal(listRoot(new Map(leavesOf(one))));
      }),
    );
  });

  it('changes when a record is added, removed, changed or takes the place of another', () => {
    const leaves = leavesOf(['A', 'B', 'C']);
    const roots = [
      leaves,
      leaves.slice(1),
      [...leaves, ...leavesOf(['D'])],
      leaves.map(([identifier, leaf], i): [string, string] => [identifier, i === 0 ? sha256('other') : leaf]),
      leaves.map(([identifier], i): [string, string] => [identifier, leaves[(i + 1) % 3]?.[1] ?? '']),
      [],
    ].map((list) => listRoot(new Map(list)).root);
    expect(new Set(roots).size).to.equal(roots.length);
  });

  it('is what another implementation reaches from the words alone', () => {
    for (const count of [0, 1, 300]) {
      const leaves = leavesOf(Array.from({ length: count }, (_, i) => `AEOCN${i}`));
      expect(listRoot(new Map(leaves))).to.deep.equal({ root: rootFromWords(leaves), count });
    }
  });

  it('has 4,096 buckets above 50,000 records', () => {
    for (const count of [50_000, 50_001]) {
      const leaves = Array.from({ length: count }, (_, i): [string, string] => [`K${i}`, zeroChain]);
      expect(listRoot(new Map(leaves))).to.deep.equal({ root: rootFromWords(leaves), count });
    }
  });
});

describe('the chain of messages', () => {
  const step = { kind: 'delta' as const, leaves: [sha256('a'), sha256('b')], departures: [{ identifier: 'X' }] };

  it('begins with 64 zeros', () => {
    expect(zeroChain).to.match(/^0{64}$/u);
  });

  it('does not depend on the order inside a message', () => {
    const turned = { ...step, leaves: [...step.leaves].reverse() };
    expect(nextChain(zeroChain, 1, turned)).to.equal(nextChain(zeroChain, 1, step));
  });

  it('depends on the chain before, the number, the kind, the records and the departures', () => {
    const chains = [
      nextChain(zeroChain, 1, step),
      nextChain(sha256('before'), 1, step),
      nextChain(zeroChain, 2, step),
      nextChain(zeroChain, 1, { ...step, kind: 'full' }),
      nextChain(zeroChain, 1, { ...step, leaves: step.leaves.slice(1) }),
      nextChain(zeroChain, 1, { ...step, departures: [] }),
      nextChain(zeroChain, 1, { ...step, departures: [{ identifier: 'Y' }] }),
    ];
    expect(new Set(chains).size).to.equal(chains.length);
  });

  it('is the hash its words describe', () => {
    const [a = '', b = ''] = [...step.leaves].sort();
    const text = `${zeroChain}\n7\ndelta\n+${a}\n+${b}\n-${sha256('X')}\n`;
    expect(nextChain(zeroChain, 7, step)).to.equal(sha256(Buffer.from([3]), text));
  });
});
