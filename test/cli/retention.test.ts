/** `mra retention`: the settings say what goes, a dry run shows it, and a faulty period is refused. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openDatabase } from '../../gateway/store/database.ts';
import { saveIdempotent } from '../../gateway/store/consultations.ts';
import { runCommand } from '../support/command-line.ts';
import { temporaryFolder } from '../support/pki.ts';

const folder = temporaryFolder();
const file = join(folder, 'gateway.yaml');

async function retention(settings: object, ...words: string[]) {
  writeFileSync(file, JSON.stringify({ home: 'CN', data: folder, retention: settings }));
  const { exit, stdout } = await runCommand(['--config', file, '-o', 'json', 'retention', ...words]);
  return { exit, document: JSON.parse(stdout) as Readonly<Record<string, unknown>> };
}

describe('mra retention', () => {
  before(async () => {
    const db = await openDatabase(`sqlite:${join(folder, 'mra.db')}`);
    const first = { requester: 'desk', fingerprint: 'f', status: 200, body: '{}' };
    await db.transaction(async (tx) => {
      await saveIdempotent(tx, { ...first, key: 'old', at: '2020-01-01T00:00:00.000Z' });
      await saveIdempotent(tx, { ...first, key: 'new', at: '2999-01-01T00:00:00.000Z' });
    });
    await db.close();
  });

  it('shows what would go, and then deletes it', async () => {
    const rowsOf = ({ document }: Awaited<ReturnType<typeof retention>>): unknown =>
      (document['retired'] as { kind: string; rows: number }[]).map(({ kind, rows }) => [kind, rows]);
    const agreed = { repetitions: '30d', answers: '7y', attempts: 'never', alarms: 'never' };
    const expected = [
      ['answers', 0],
      ['repetitions', 1],
    ];
    expect(rowsOf(await retention(agreed, '--dry-run'))).to.deep.equal(expected);
    expect(rowsOf(await retention(agreed))).to.deep.equal(expected);
    expect(rowsOf(await retention(agreed))).to.deep.equal([
      ['answers', 0],
      ['repetitions', 0],
    ]);
  });

  it('lets everything stay that the settings do not name and that is evidence, or that they name so', async () => {
    const kindsOf = ({ document }: Awaited<ReturnType<typeof retention>>): unknown =>
      (document['retired'] as { kind: string }[]).map(({ kind }) => kind);
    expect(kindsOf(await retention({}))).to.deep.equal(['attempts', 'repetitions', 'alarms']);
    const never = { attempts: 'never', repetitions: 'never', alarms: 'never' };
    expect(kindsOf(await retention(never))).to.deep.equal([]);
  });

  for (const wrong of ['30', '0d', '1w', 30, '90 d'])
    it(`refuses the period ${JSON.stringify(wrong)}`, async () => {
      const { exit, document } = await retention({ bytes: wrong });
      expect([exit, (document['error'] as { code: string }).code]).to.deep.equal([3, 'E_CONFIG_INVALID']);
    });
});
