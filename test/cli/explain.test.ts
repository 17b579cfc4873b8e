import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Command } from 'commander';
import { lintRules } from '../../gateway/adapter/check/lint-rules.ts';
import type { CliContext } from '../../gateway/cli/context.ts';
import { explainCommand, explained } from '../../gateway/cli/explain.ts';
import { makeOutput } from '../../gateway/cli/output.ts';
import { errorTable } from '../../gateway/model/errors.ts';
import { outcomes } from '../../gateway/model/clearance/answer.ts';
import { holdReasons, inboundStates, outboundStates, recordFaults } from '../../gateway/model/message.ts';
import { faultRules } from '../../gateway/model/record/fault-rules.ts';
import { scenarios } from '../../gateway/rehearsal/conformance.ts';
import { faults } from '../../gateway/rehearsal/faults.ts';
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
  it('knows what an answer advises, and the age of its list', () => {
    for (const code of ['apply', 'apply_with_limits', 'do_not_apply', 'refer', 'fresh', 'ageing', 'stale', 'none'])
      expect(explained(code), code).to.not.deep.equal([]);
  });

  it('knows every code of lint and every error, with why, fix and example', () => {
    const codes = [...Object.values(lintRules).map(({ code }) => code), ...Object.keys(errorTable)];
    for (const code of codes) {
      const [found, ...others] = explained(code);
      expect([found?.code, others], code).to.deep.equal([code, []]);
      for (const part of ['means', 'why', 'mend', 'example'] as const)
        expect(found?.[part], `${code} ${part}`).to.match(/\S/u);
    }
  });

  it('knows every outcome, every rule for imported rows, and every reason to hold, refuse, leave out or not check', () => {
    const leftOut = ['grade_not_accepted', 'status_not_listed', 'no_consent', 'field_missing:name.latin'];
    const unencodable = ['code_not_writable', 'value_not_writable'];
    const notChecked = ['no_identifier', 'domestic_side', 'no_partner', 'several_partners', 'role_earns_nothing'];
    const reasons = [...holdReasons, ...recordFaults, ...leftOut, ...unencodable, ...notChecked];
    for (const code of [...outcomes, ...Object.keys(faultRules), ...reasons])
      expect(explained(code), code).to.not.be.empty; // in its tables, which the compiler keeps complete
  });

  it('knows every code in the sources: steps, scenarios, faults, states, holds, edits', () => {
    const gateway = new URL('../../gateway/', import.meta.url).pathname;
    const sources = (folder: string): string[] =>
      readdirSync(join(gateway, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(gateway, folder, name), 'utf8'));
    const within = (folder: string, pattern: RegExp): string[] =>
      sources(folder).flatMap((text) => [...text.matchAll(pattern)].flatMap(([, code = '']) => code));
    const steps = within('model/clearance', /'([A-Z][A-Z_]{3,})'/gu).filter((code) => !/^(E_|NFK?[CD]$)/u.test(code));
    const holds = within('wire/transport', /hold: '(\w+)'/gu);
    const edits = within('model/clearance', /edit: '(\w+)'/gu);
    const named = [...scenarios.map(({ id }) => id), ...faults.map(({ name }) => name)];
    expect([steps.length, holds.length, edits.length].every((count) => count > 1)).to.equal(true);
    for (const code of [
      ...steps,
      ...holds,
      ...edits,
      ...named,
      ...Object.keys({ ...outboundStates, ...inboundStates }),
    ])
      expect(explained(code), code).to.not.be.empty;
  });

  it('knows the words of audits, evidence, imports, keys, departures and dead letters, and who must act', () => {
    const words = [
      ...['answer_changed', 'custody', 'dry_run', 'newest_day', 'list_outdated', 'grade_lost', 'delivery_limit'],
      ...['integration_engineer', 'data_owner', 'after_fix', 'name_and_address'],
    ];
    for (const code of words) expect(explained(code), code).to.not.be.empty;
  });

  it('explains a code with two meanings twice', async () => {
    expect(await explain('dates_contradict')).to.match(/refused\n.*\n(.*\n)+\ndates_contradict {2}/u);
    expect(explained('field_missing').map(({ about }) => about)).to.have.lengthOf(2);
  });

  it('no two lint rules share a code', () => {
    const codes = Object.values(lintRules).map(({ code }) => code);
    expect(new Set(codes).size).to.equal(codes.length);
  });

  it('finds a rule by its name, and codes in any case', async () => {
    expect(await explain('ask_open')).to.match(/^E-007 {2}ask_open\n/u);
    expect(await explain('e-007')).to.equal(await explain('ask_open'));
    expect(await explain('e_schema_invalid')).to.include(errorTable.E_SCHEMA_INVALID.title);
  });

  it('an unknown code, or a category, is E_REQUEST_INVALID', async () => {
    for (const code of ['E-999', 'content', 'toString']) {
      expect((await rejectedBy(explain(code))).code, code).to.equal('E_REQUEST_INVALID');
    }
  });
});
