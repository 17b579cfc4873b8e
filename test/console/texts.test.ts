/** The texts of the console: whole in every language, none beside them, and the codes of the program among them. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { chooseLanguage, texts } from '../../gateway/console/words.ts';
import explanations from '../../schemas/code-explanations.json' with { type: 'json' };
import { outcomes } from '../../gateway/model/clearance/answer.ts';
import { entryRoles } from '../../gateway/model/arrangement.ts';
import { inboundStates, outboundStates } from '../../gateway/model/message.ts';
import { recordColumns } from '../../gateway/model/record/record-text.ts';

const folder = path.join(import.meta.dirname, '../../gateway/console');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const base = (key: string): string => key.replace(/_(?:one|other)$/u, '');

/** Words between tags of a template, which no translation can reach. */
function wordsInMarkup(source: string): readonly string[] {
  const templates = [...source.matchAll(/html`((?:[^`\\]|\\.)*)`/gu)].map(([, text = '']) => text);
  const plain = templates.flatMap((text) =>
    text
      .replaceAll(/\$\{[^}]*\}/gu, '')
      .replaceAll(/<[^>]*>/gu, '\n')
      .split('\n'),
  );
  return plain.map((text) => text.trim()).filter((text) => /^[A-Z][a-z]+(?: [a-z]+)*[.:]?$/u.test(text));
}

describe('the texts of the console', () => {
  it('have the same keys and values in every language', () => {
    const { en, 'zh-CN': zh } = texts;
    expect(new Set(Object.keys(zh).map(base))).to.deep.equal(new Set(Object.keys(en).map(base)));
    const values = (text: string): readonly string[] =>
      [...text.matchAll(/\{\{(\w+)\}\}/gu)].map(([, name = '']) => name).sort();
    for (const [key, text] of Object.entries(zh)) {
      expect([key, text.trim() === '']).to.deep.equal([key, false]);
      if (Object.hasOwn(en, key)) expect([key, values(text)]).to.deep.equal([key, values(en[key] ?? '')]);
    }
  });

  it('stand in no markup', () => {
    expect(wordsInMarkup('html`<p>Not translated</p>`')).to.deep.equal(['Not translated']);
    const found = sources.flatMap((file) =>
      wordsInMarkup(readFileSync(path.join(folder, file), 'utf8')).map((text) => `${file}: ${text}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('have a word for every code that pages show', () => {
    const groups: Readonly<Record<string, readonly string[]>> = {
      outcome: outcomes,
      alarm: Object.keys(explanations.alarms),
      schedule: Object.keys(explanations.schedule),
      hold: Object.keys(explanations.holds),
      state: [...Object.keys(outboundStates), ...Object.keys(inboundStates)],
      entry_role: entryRoles,
      column: recordColumns,
    };
    for (const [group, codes] of Object.entries(groups))
      for (const code of codes) expect(texts.en, `${group}.${code}`).to.have.property(`${group}.${code}`);
  });

  it('have a word for every kind of event that the program names where it records one', () => {
    const program = path.join(folder, '..');
    const files = readdirSync(program, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const recording = files
      .map((file) => readFileSync(path.join(program, file), 'utf8'))
      .filter((text) => text.includes('appendEvents('));
    const kinds = recording.flatMap((text) =>
      [...text.matchAll(/\bkind: '([a-z_]+)',\s*ref\b/gu)].map(([, kind]) => kind),
    );
    expect(kinds).to.include('list_sealed');
    for (const kind of kinds) expect(texts.en).to.have.property(`event.${kind}`);
  });

  it('are used, each of them', () => {
    const others = ['page.js', 'page-texts.js', 'page.html'].map((file) => path.join('../offline', file));
    const code = [...sources, ...others].map((file) => readFileSync(path.join(folder, file), 'utf8')).join('\n');
    const groups = new Set([...code.matchAll(/(?:code\('|data-code=")([a-z_]+)/gu)].map(([, group = '']) => group));
    const unused = [...new Set(Object.keys(texts.en).map(base))].filter(
      (key) =>
        !code.includes(`'${key}'`) &&
        !code.includes(`"${key}"`) &&
        !groups.has(key.split('.')[0] ?? '') &&
        !key.startsWith('direction.'),
    );
    expect(unused).to.deep.equal([]);
  });

  it('are in the first language of the reader that there is', () => {
    expect(['zh-TW', 'en-GB', 'fr'].map((asked) => chooseLanguage([asked]))).to.deep.equal(['zh-CN', 'en', 'en']);
    expect(chooseLanguage(['fr', 'zh'])).to.equal('zh-CN');
  });
});
