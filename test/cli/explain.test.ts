import { expect } from 'chai';
import { Command } from 'commander';
import { lintRules } from '../../gateway/adapter/check/lint-rules.ts';
import type { CliContext } from '../../gateway/cli/context.ts';
import { explainCommand, explained } from '../../gateway/cli/explain.ts';
import { makeOutput } from '../../gateway/cli/output.ts';
import { errorTable } from '../../gateway/model/errors.ts';
import { rejectedBy } from '../support/thrown.ts';
import { memoryStream } from './memory.ts';

async function explain(code: string): Promise<string> {
  const stdout = memoryStream();
  const program = new Command().exitOverride();
  // The command asks for nothing but the output.
  explainCommand(program, { out: makeOutput({ stdout, stderr: memoryStream() }) } as CliContext);
  await program.parseAsync(['explain', code], { from: 'user' });
  return stdout.text();
}

describe('mra explain', () => {
  it('knows every code of lint and every error, with why, mending and example', () => {
    const codes = [...Object.values(lintRules).map(({ code }) => code), ...Object.keys(errorTable)];
    for (const code of codes) {
      const found = explained(code);
      expect(found?.code, code).to.equal(code);
      for (const part of ['means', 'why', 'mend', 'example'] as const)
        expect(found?.[part], `${code} ${part}`).to.match(/\S/u);
    }
  });

  it('no two rules of lint have one code', () => {
    const codes = Object.values(lintRules).map(({ code }) => code);
    expect(new Set(codes).size).to.equal(codes.length);
  });

  it('finds a rule by its name, and codes however they are typed', async () => {
    expect(await explain('ask_open')).to.match(/^E-007 {2}ask_open\n/u);
    expect(await explain('e-007')).to.equal(await explain('ask_open'));
    expect(await explain('e_schema_invalid')).to.include(errorTable.E_SCHEMA_INVALID.title);
  });

  it('a code there is not, or a category, is E_REQUEST_INVALID', async () => {
    for (const code of ['E-999', 'content', 'toString']) {
      expect((await rejectedBy(explain(code))).code, code).to.equal('E_REQUEST_INVALID');
    }
  });
});
