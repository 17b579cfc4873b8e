/** `mra operator suspend|reinstate|revoke|withdraw|consent` on a real store. */

import { expect } from 'chai';
import { findOperator } from '../../gateway/store/operators.ts';
import { eventsSince } from '../support/event-log.ts';
import { csvOf, openOperatorCommand, type OperatorCommand, type Ran } from './operator-command.ts';

// The sample operator is active since 2018-01-01, and today is 2018-03-01.
const code = '4403131697';

describe('mra operator, decisions', () => {
  let command: OperatorCommand;
  beforeEach(async () => {
    command = await openOperatorCommand();
    await command.run(['import', command.file('a.csv', csvOf({}))]);
  });
  afterEach(() => command.close());

  const decide = (...words: readonly string[]): Promise<Ran> =>
    command.run([...words, '--reason', 'an inspection', '--as', 'chen']);
  const stored = () => findOperator(command.db.sql, code);
  async function refused(...words: readonly string[]): Promise<string> {
    const before = await stored();
    const ran = await decide(...words);
    expect(ran.exit, words.join(' ')).to.not.equal(0);
    expect(await stored()).to.deep.equal(before);
    return /code (E_\w+)/u.exec(ran.stderr)?.[1] ?? ran.stderr;
  }

  it('suspend an operator from today or from an earlier day, and reinstate it, on the same day too', async () => {
    await decide('suspend', code);
    expect(await stored()).to.include({ status: 'suspended', statusSince: '2018-03-01' });
    await decide('reinstate', code);
    expect(await stored()).to.include({ status: 'active', statusSince: '2018-03-01' });
    await decide('suspend', code, '--from', '2018-02-20');
    expect(await stored()).to.include({ status: 'suspended', statusSince: '2018-02-20' });
  });

  it('revoke it, end its consent, and keep who decided and why', async () => {
    await decide('revoke', code);
    await decide('consent', code, 'ended');
    expect(await stored()).to.include({ status: 'revoked', consent: false, consentSince: '2018-03-01' });
    const { states } = JSON.parse((await command.run(['show', code, '--history'])).stdout) as {
      states: { changed: string[]; import?: { person: string; reason?: string } }[];
    };
    expect(states.map(({ import: source }) => [source?.person, source?.reason])).to.deep.equal([
      ['chen', 'an inspection'],
      ['chen', 'an inspection'],
      [states[2]?.import?.person, undefined],
    ]);
    const events = await eventsSince(command.db.sql, 0, 100);
    expect(events.map(({ kind, ref }) => [kind, ref]).slice(1)).to.deep.equal([
      ['operator_decided', code],
      ['operator_decided', code],
    ]);
  });

  it('change nothing where it is so already', async () => {
    await decide('suspend', code, '--from', '2018-02-20');
    const again = await decide('suspend', code);
    expect(JSON.parse(again.stdout)).to.include({ status: 'suspended', since: '2018-02-20', changed: false });
    expect(JSON.parse((await decide('consent', code, 'given')).stdout)).to.include({ changed: false });
  });

  it('refuse what does not follow from the state, a day to come, and a reason that is none', async () => {
    expect(await refused('suspend', '4403139999')).to.equal('E_OPERATOR_UNKNOWN');
    expect(await refused('reinstate', code, '--from', '2018-02-20')).to.equal('E_OPERATOR_STATE');
    await decide('revoke', code);
    expect(await refused('suspend', code)).to.equal('E_OPERATOR_STATE');
    expect(await refused('reinstate', code, '--from', '2018-02-20')).to.equal('E_OPERATOR_STATE');
    expect(await refused('revoke', code, '--from', '2018-03-02')).to.equal('E_REQUEST_INVALID');
    expect(await refused('revoke', code, '--from', '2018-02-30')).to.equal('E_REQUEST_INVALID');
    expect(await refused('revoke', code, '--from', '1999-01-01')).to.equal('E_OPERATOR_STATE');
    const ran = await command.run(['reinstate', code, '--reason', 'line\nbreak']);
    expect(ran.stderr).to.contain('E_REQUEST_INVALID').and.contain('--reason');
  });

  it('are not undone by an export of the domestic system that is older', async () => {
    await decide('suspend', code);
    const older = await command.run(['import', command.file('b.csv', csvOf({ 'name.latin': 'NEW NAME LTD' }))]);
    expect(older.exit).to.not.equal(0);
    expect(await stored()).to.include({ status: 'suspended' });
  });
});
