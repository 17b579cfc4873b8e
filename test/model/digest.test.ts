/** Digests of a list: what they depend on, what they do not, and that another implementation reaches them from the words alone. */

import type { ListRecord } from '../../gateway/model/record/record.ts';
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { nextChain, zeroChain } from '../../gateway/model/list/digest.ts';
import { recordOfText, recordText } from '../../gateway/model/record/record-text.ts';
import { changeMirror, mirrorOf, mirrorRoot, type MirrorEntry } from '../../gateway/model/list/mirror.ts';
import { anyListRecord, leafOf } from './sample-records.ts';

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
  const lines: [string, string][][] = Array.from({ length: 256 }, () => []);
  for (const entry of leaves) {
    let hash = 2166136261n;
    for (let i = 0; i < entry[0].length; i += 1) {
      hash = ((hash ^ BigInt(entry[0].charCodeAt(i))) * 16777619n) % 2n ** 32n;
    }
    lines[Number(hash % 256n)]?.push(entry);
  }
  const hashes = lines.map((all) => {
    const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, leaf]) => `${leaf}\n`);
    return sha256(Buffer.from([1]), `${all.length}\n`, sorted.join(''));
  });
  return sha256(Buffer.from([2]), `${leaves.length}\n`, hashes.map((hash) => `${hash}\n`).join(''));
}

function entriesOf(leaves: readonly [string, string][]): MirrorEntry[] {
  return leaves.map(([identifier, leaf]) => ({ identifier, leaf, active: true }));
}

const rootOfAll = (leaves: readonly [string, string][]): string => mirrorRoot(mirrorOf(entriesOf(leaves)).after);

describe('the root of a list', () => {
  it('is what another implementation reaches from the words alone', () => {
    for (const count of [0, 1, 300]) {
      const leaves = leavesOf(Array.from({ length: count }, (_, i) => `AEOCN${i}`));
      expect(rootOfAll(leaves)).to.equal(rootFromWords(leaves));
    }
  });

  it('does not depend on the order of the records, nor on the way by which a list came to be', () => {
    const texts = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 60 });
    const split = fc.tuple(texts, fc.nat(60), fc.nat(60));
    fc.assert(
      fc.property(split, ([identifiers, some, gone]) => {
        const leaves = leavesOf(identifiers);
        const begun = mirrorOf(entriesOf(leaves.slice(some).map(([id]) => [id, sha256('older')])));
        const others = entriesOf(leavesOf(identifiers.slice(0, gone).map((id) => `${id}+`)));
        const more = changeMirror(begun.after, begun.buckets, others, []);
        const buckets = new Map([...begun.buckets, ...more.buckets]);
        const puts = entriesOf(leaves.toReversed());
        const { after } = changeMirror(
          more.after,
          buckets,
          puts,
          others.map(({ identifier }) => identifier),
        );
        expect(mirrorRoot(after)).to.equal(rootFromWords(leaves));
        expect(after).to.include({ count: leaves.length, active: leaves.length });
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
    ].map(rootOfAll);
    expect(new Set(roots).size).to.equal(roots.length);
  });
});

describe('the chain of messages', () => {
  it('begins with 64 zeros', () => {
    expect(zeroChain).to.match(/^0{64}$/u);
  });

  it('depends on the chain before, the number, the kind and the root', () => {
    const [root, other] = [sha256('root'), sha256('other')];
    const chains = [
      nextChain(zeroChain, 1, 'delta', root),
      nextChain(sha256('before'), 1, 'delta', root),
      nextChain(zeroChain, 2, 'delta', root),
      nextChain(zeroChain, 1, 'full', root),
      nextChain(zeroChain, 1, 'delta', other),
    ];
    expect(new Set(chains).size).to.equal(chains.length);
  });

  it('is the hash its words describe', () => {
    const root = sha256('root');
    const text = `${zeroChain}\n7\ndelta\n${root}\n`;
    expect(nextChain(zeroChain, 7, 'delta', root)).to.equal(sha256(Buffer.from([3]), text));
  });
});

describe('the canonical text of a record', () => {
  it('gives the record back', () => {
    expect(recordOfText(recordText(record))).to.deep.equal({ ...record, roles: [...record.roles].sort() });
    const bare = { ...record, name: { latin: 'A' }, address: {} };
    expect(recordOfText(recordText(bare))).to.deep.equal({ ...bare, roles: [...record.roles].sort() });
  });
});
