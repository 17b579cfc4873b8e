/** Twenty invented partners, four in each format: what must be placed, what must be asked, and that nothing certain is wrong. */

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftAdapter, type Draft } from '../../../gateway/adapter/draft/draft.ts';
import type { DraftRequest } from '../../../gateway/adapter/draft/drafting.ts';
import { pathOf } from '../../../gateway/adapter/draft/tree.ts';
import { readVocabulary } from '../../../gateway/adapter/draft/vocabulary.ts';
import { loadHome } from '../../../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import { administrations } from './invented-administrations.ts';
import { invented, trader } from './invented-partners.ts';

const partners = [...invented, ...administrations];

const samples = new URL('../../fixtures/partners/', import.meta.url).pathname;

describe('samples nobody has seen', () => {
  const drafts = new Map<string, Draft>();
  let given: Omit<DraftRequest, 'partner' | 'samples'>;
  before(async () => {
    const home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
    const vocabulary = await readVocabulary(join(adaptersFolder, '../schemas/draft-vocabulary.yaml'), adapterTools);
    const none = { replies: [], acknowledgements: [], answers: new Map(), given: {} };
    given = { home, ourGrades: ['advanced'], vocabulary, ...none };
    for (const { partner, sample } of partners) {
      const texts = [{ file: sample, bytes: readFileSync(join(samples, sample)) }];
      drafts.set(partner, draftAdapter({ ...given, partner, samples: texts }, adapterTools));
    }
  });

  function draftOf(partner: string): Draft {
    const draft = drafts.get(partner);
    if (draft === undefined) throw new Error(`${partner} was not drafted`);
    return draft;
  }

  for (const { partner, what, template, elements, first } of partners) {
    it(`${partner}: ${what}: every element is placed or asked about, and none is certain and wrong`, () => {
      const { placements, asks } = draftOf(partner);
      const asked = new Set(asks.map(({ at }) => at));
      expect(placements.map(({ node }) => pathOf(node)).sort()).to.deep.equal(Object.keys(elements).sort());
      for (const { node, path, certainty } of placements) {
        const element = pathOf(node);
        if (elements[element] === 'ask') expect(certainty, element).to.not.equal('certain');
        else expect(path, element).to.equal(elements[element]);
        if (certainty !== 'certain') expect([...asked], element).to.include(`${template}#${element}`);
      }
    });

    it(`${partner}: the draft reads its own sample`, () => {
      const read = draftOf(partner).files.get('samples/partner-list-1/2-read.json');
      const { records } = JSON.parse(String(read)) as { records: readonly unknown[] };
      expect(records[0]).to.deep.include(first);
      expect(
        draftOf(partner)
          .asks.map(({ question }) => question)
          .join(' '),
      ).to.not.include('What is wrong here?');
    });
  }

  it('a list of two thousand operators is drafted as one of three is', () => {
    const lines = Array.from(
      { length: 2000 },
      (_, i) => `DXO${String(i).padStart(6, '0')}  EXAMPLE ${i % 7} LTD      TOWN      A20240101`,
    );
    const text = ['HXOCN20261103', ...lines, 'T002000'].join('\n');
    const { placements } = draftAdapter(
      { ...given, partner: 'XO', samples: [{ file: 'xo', bytes: Buffer.from(text) }] },
      adapterTools,
    );
    const placed = placements.map(({ node, path }) => `${pathOf(node)} ${path}`);
    expect(placed).to.include.members(['/D/2 identifier', '/D/12 name.latin', '/T/2 message.position.count']);
  });

  it('asks about what a template cannot carry', () => {
    const asks = invented.flatMap(({ partner }) => draftOf(partner).asks);
    const about = (at: string): string => asks.find((each) => each.at === at)?.question ?? '';
    expect(about('list.json#/operators')).to.include('list');
    expect(about('list.json#/operators/validity/end')).to.include('null');
    expect(about(`list.xml#${trader}/GueltigBis`)).to.include('empty');
    expect(draftOf('XH').files.get('list.csv')).to.include('#separator \\t\n');
    expect(about('list.fixed#/D')).to.include('2 12 42 62 77 78 86 94');
    expect(about('list.fixed#/D/2')).to.include('12 columns');
  });
});
