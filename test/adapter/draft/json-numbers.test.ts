/** Drafts from JSON samples in which the period of a list, or an identifier, is a number. */

import { expect } from 'chai';
import { join } from 'node:path';
import { draftAdapter, type Draft } from '../../../gateway/adapter/draft/draft.ts';
import type { DraftRequest } from '../../../gateway/adapter/draft/drafting.ts';
import { readVocabulary, type Vocabulary } from '../../../gateway/adapter/draft/vocabulary.ts';
import { loadHome } from '../../../gateway/adapter/load.ts';
import type { HomeProfile } from '../../../gateway/model/home.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('a draft of a JSON list whose year or month is a number', () => {
  let home: HomeProfile;
  let vocabulary: Vocabulary;
  before(async () => {
    vocabulary = await readVocabulary(join(adaptersFolder, '..', 'schemas', 'draft-vocabulary.yaml'), adapterTools);
    home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
  });
  const draft = (
    list: string,
    acknowledgements: DraftRequest['samples'],
    answers = new Map<string, string>(),
  ): Draft => {
    const samples = [{ file: 'list', bytes: Buffer.from(list) }];
    const about = { partner: 'XV', home, ourGrades: ['advanced'], vocabulary, given: {} };
    return draftAdapter({ ...about, samples, replies: [], acknowledgements, answers }, adapterTools);
  };
  const operator = { aeoNo: 'XV1001', name: 'Example Ltd', state: 'ACTIVE', start: '2024-01-31' };
  const listOf = (head: object): string =>
    JSON.stringify({ ...head, number: 17, sentAt: '2026-04-02T02:00:00Z', operators: [operator] });
  const answersOf = (head: object): DraftRequest['samples'] =>
    ['OK', 'WAIT', 'NOK', 'NOK', 'NOK'].map((result, i) => ({
      file: `answer-${i}`,
      bytes: Buffer.from(JSON.stringify({ answerTo: { ...head, number: 17 }, result })),
    }));

  it('reads and writes the number, in lists and acknowledgements, and keeps the sample as it is', () => {
    for (const [head, chain] of [
      [{ year: 2026 }, '|number'],
      [{ year: 202604 }, '|date:yyyyMM|number'],
    ] as const) {
      const { files, readings } = draft(listOf(head), answersOf(head));
      const shown = [files.get('list.json'), files.get('acknowledgement.json')].join('');
      expect(shown).to.include(`"year": "{message.period${chain}}"`).and.to.include(`"{ack.period?${chain}}"`);
      expect(JSON.parse(String(files.get('samples/partner-list-1/1-list.json')))).to.deep.include(head);
      expect(readings.map(({ path }) => path)).to.include.members(['message.period', 'ack.period']);
    }
  });

  it('offers the period for a value like a year under a name that it does not know', () => {
    const head = { jaargang: 2026 };
    for (const acknowledgements of [answersOf(head), []]) {
      const { asks } = draft(listOf(head), acknowledgements);
      const about = asks.filter(({ at }) => at.endsWith('/jaargang')).map(({ question }) => question);
      expect(about[0]).to.include('message.period');
      if (acknowledgements.length > 0) expect(about[1]).to.include('ack.period');
    }
  });

  it('refuses an answer by which a number would be read as a text, or a text as a number', () => {
    for (const [year, answer] of [
      [2026, 'message.period|date:yyyy'],
      ['2026', 'message.period|number'],
    ] as const) {
      const answers = new Map([['list.json#/year', answer]]);
      const made = (): Draft => draft(listOf({ year }), answersOf({ year }), answers);
      const { code, at } = thrownBy(made);
      expect([code, at], answer).to.deep.equal(['E_REQUEST_INVALID', 'list.json#/year']);
    }
  });

  it('keeps a value as the kind that it has where no template reads it, and says so', () => {
    const sample = listOf({ year: 2026 }).replace('"XV1001"', '1001');
    const { asks, files } = draft(sample, answersOf({ year: 2026 }));
    const kept = files.get('samples/partner-list-1/1-list.json');
    expect([kept, asks.some(({ question }) => question.includes('E_'))]).to.deep.equal([undefined, true]);
  });
});
