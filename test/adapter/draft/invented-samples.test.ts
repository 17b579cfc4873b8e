/** Five invented partners, one in each format: what must be placed, what must be asked, and that nothing certain is wrong. */

import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { draftAdapter, type Draft } from '../../../gateway/adapter/draft/draft.ts';
import { pathOf } from '../../../gateway/adapter/draft/tree.ts';
import { readVocabulary } from '../../../gateway/adapter/draft/vocabulary.ts';
import { loadHome } from '../../../gateway/adapter/load.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';

const samples = new URL('../../fixtures/partners/', import.meta.url).pathname;

interface Invented {
  readonly partner: string;
  readonly sample: string;
  readonly what: string;
  readonly template: string;
  /** What each element is; `ask`: only a question can settle it, and it must not be certain as anything. */
  readonly elements: Readonly<Record<string, string>>;
  /** The first operator in our words. */
  readonly first: Readonly<Record<string, unknown>>;
}

const envelope = '/Envelope/Body/WirtschaftsbeteiligteListe';
const trader = `${envelope}/Wirtschaftsbeteiligter`;

const invented: readonly Invented[] = [
  {
    partner: 'XE',
    sample: 'xe-list.xml',
    what: 'XML in two namespaces within an envelope, names in German, abbreviations, an empty element',
    template: 'list.xml',
    elements: {
      '/Envelope/Header/MsgHdr/MsgId': 'message.id',
      '/Envelope/Header/MsgHdr/CreDtTm': 'message.issuedAt',
      '/Envelope/Header/MsgHdr/Sndr': 'message.from',
      '/Envelope/Header/MsgHdr/Rcvr': 'message.to',
      [`${envelope}/@Art`]: 'message.kind',
      [`${envelope}/@Anzahl`]: 'message.position.count',
      [`${trader}/Bewilligungsnummer`]: 'identifier',
      [`${trader}/EORI`]: 'ask',
      [`${trader}/Firma`]: 'name.latin',
      [`${trader}/Anschrift/Strasse`]: 'address.latin',
      [`${trader}/Anschrift/PLZ`]: 'address.postcode',
      [`${trader}/Anschrift/Ort`]: 'address.city',
      [`${trader}/Anschrift/Land`]: 'ask',
      [`${trader}/Ansprechpartner/Name`]: 'ask',
      [`${trader}/Stufe`]: 'grade',
      [`${trader}/Zustand`]: 'status',
      [`${trader}/Zustandsdatum`]: 'statusSince',
      [`${trader}/GueltigVon`]: 'validFrom',
      [`${trader}/GueltigBis`]: 'validTo',
      [`${trader}/Rollen/Rolle`]: 'roles',
    },
    first: { identifier: 'XEAEOC0012', status: 'active', validTo: '2029-01-14', roles: ['exporter', 'warehouse'] },
  },
  {
    partner: 'XF',
    sample: 'xf-list.json',
    what: 'a bare JSON list with Arabic names, numbers and booleans as codes, and null',
    template: 'list.json',
    elements: {
      '/operators/aeoId': 'identifier',
      '/operators/nm/ar': 'name.local',
      '/operators/nm/en': 'name.latin',
      '/operators/adr/ln1': 'address.latin',
      '/operators/adr/town': 'address.city',
      '/operators/adr/zip': 'address.postcode',
      '/operators/cat': 'grade',
      '/operators/active': 'ask',
      '/operators/statusCode': 'status',
      '/operators/validity/start': 'validFrom',
      '/operators/validity/end': 'validTo',
      '/operators/types': 'roles',
      '/operators/lastAudit': 'ask',
    },
    first: { identifier: 'XF-10-2231', status: 'active', grade: 'b', validFrom: '2024-02-01' },
  },
  {
    partner: 'XG',
    sample: 'xg-list.csv',
    what: 'CSV with rows above the titles, abbreviated titles, and a total',
    template: 'list.csv',
    elements: {
      '/title 2/Issued': 'message.issuedAt',
      '/title 3/Reference': 'message.id',
      '/trailer 1/Total': 'message.position.count',
      '/line/OP_ID': 'identifier',
      '/line/Nm': 'name.latin',
      '/line/Adr': 'address.latin',
      '/line/Cty': 'ask',
      '/line/stat_cd': 'status',
      '/line/stat_dt': 'statusSince',
      '/line/vld_frm': 'validFrom',
      '/line/vld_to': 'validTo',
      '/line/act_cd': 'roles',
    },
    first: { identifier: 'XG00017', statusSince: '2023-06-11', validTo: '2028-06-10', roles: ['exporter'] },
  },
  {
    partner: 'XH',
    sample: 'xh-list.tsv',
    what: 'tab separated, with Cyrillic names, 1 and 0 as states, and a person to be asked',
    template: 'list.csv',
    elements: {
      '/line/aeo_no': 'identifier',
      '/line/legal_nm': 'name.latin',
      '/line/local_nm': 'name.local',
      '/line/country': 'ask',
      '/line/lvl': 'grade',
      '/line/stat': 'status',
      '/line/eff_dt': 'validFrom',
      '/line/exp_dt': 'validTo',
      '/line/roles': 'roles',
      '/line/contact_nm': 'ask',
    },
    first: { identifier: 'XH100201', status: 'active', validTo: '2027-01-30', roles: ['exporter', 'importer'] },
  },
  {
    partner: 'XI',
    sample: 'xi-list.txt',
    what: 'fixed width with a header and a trailer, days without anything between them',
    template: 'list.fixed',
    elements: {
      '/H/2': 'message.from',
      '/H/4': 'message.to',
      '/H/6': 'message.issuedAt',
      '/H/20': 'fixed',
      '/H/27': 'ask',
      '/T/2': 'message.position.count',
      '/D/2': 'identifier',
      '/D/12': 'name.latin',
      '/D/42': 'address.latin',
      '/D/62': 'address.city',
      '/D/77': 'status',
      '/D/78': 'validFrom',
      '/D/86': 'validTo',
      '/D/94': 'roles',
    },
    first: { identifier: 'XI00012341', status: 'active', validFrom: '2024-05-20', validTo: '2029-05-19' },
  },
];

describe('samples nobody has seen', () => {
  const drafts = new Map<string, Draft>();
  before(async () => {
    const home = await loadHome(join(adaptersFolder, 'cn'), adapterTools);
    const vocabulary = await readVocabulary(join(adaptersFolder, '../schemas/draft-vocabulary.yaml'), adapterTools);
    for (const { partner, sample } of invented) {
      const given = {
        partner,
        home,
        ourGrades: ['advanced'],
        replies: [],
        acknowledgements: [],
        vocabulary,
        answers: new Map(),
        given: {},
      };
      const texts = [{ file: sample, text: readFileSync(join(samples, sample), 'utf8') }];
      drafts.set(partner, draftAdapter({ ...given, samples: texts }, adapterTools));
    }
  });

  function draftOf(partner: string): Draft {
    const draft = drafts.get(partner);
    if (draft === undefined) throw new Error(`${partner} was not drafted`);
    return draft;
  }

  for (const { partner, what, template, elements, first } of invented) {
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
      const read = draftOf(partner).files.get('samples/partner-list-1/2-read.json') ?? '{}';
      const { records } = JSON.parse(read) as { records: readonly unknown[] };
      expect(records[0]).to.deep.include(first);
      expect(
        draftOf(partner)
          .asks.map(({ question }) => question)
          .join(' '),
      ).to.not.include('What is wrong here?');
    });
  }

  it('asks about what a template cannot carry', () => {
    const asks = invented.flatMap(({ partner }) => draftOf(partner).asks);
    const about = (at: string): string => asks.find((each) => each.at === at)?.question ?? '';
    expect(about('list.json#/operators')).to.include('list');
    expect(about('list.json#/operators/validity/end')).to.include('null');
    expect(about(`list.xml#${trader}/GueltigBis`)).to.include('empty');
    expect(draftOf('XH').files.get('list.csv')).to.include('#separator \\t\n');
    expect(about('list.fixed#/D')).to.include('2 12 42 62 77 78 86 94');
    expect(about('list.fixed#/D/2')).to.include('15 columns');
  });
});
