/**
 * A partner specified on two pages: its own path and headers, numbers that begin again each year, acknowledgements that are not signed,
 * no grade, no digest. `mra adapter new` drafts its conversation from a list and its acknowledgements.
 */

import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadManifest } from '../../gateway/adapter/load.ts';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { rejectedBy } from '../support/thrown.ts';

const given = new URL('../fixtures/partners/two-pages/', import.meta.url).pathname;
const acknowledgements = ['ack', 'hold', 'nak'].flatMap((name) => ['--acknowledgement', join(given, `${name}.xml`)]);

describe('mra adapter new --acknowledgement', () => {
  let adapters: string;
  beforeEach(() => {
    adapters = adaptersOfHome();
  });

  const draft = async (...more: readonly string[]): Promise<{ readonly asks: readonly { readonly at: string }[] }> => {
    const words = ['new', 'xv', '--sample', join(given, 'list.xml'), '--force', ...more];
    return JSON.parse((await runAdapter(adapters, words)).stdout) as { asks: { at: string }[] };
  };
  const conversation = async () => (await loadManifest(join(adapters, 'xv'), adapterTools)).manifest.conversation;

  it('drafts the discipline, what lists do not carry, and the exchange, and asks about each', async () => {
    const asked = (await draft(...acknowledgements)).asks.map(({ at }) => at);
    expect(asked).to.include.members([
      '/conversation/stream/discipline',
      '/conversation/stream/restart',
      '/conversation/fills',
      '/conversation/send/request',
      '/conversation/send/statuses',
      '/conversation/receive/path',
      '/conversation/receive/acknowledgements',
      '/conversation/receive/answer/statuses',
      '/codes/verdict',
    ]);
    const { stream, fills } = (await conversation()) ?? {};
    expect(stream).to.deep.equal({ discipline: 'numbered', restart: 'never' });
    expect(fills?.record).to.deep.equal({ grade: { is: 'advanced' }, statusSince: { from: 'validFrom' } });
    const { manifest } = await loadManifest(join(adapters, 'xv'), adapterTools);
    expect([manifest.lists?.kinds, manifest.messages.reply]).to.deep.equal([['full'], undefined]);
    const template = readFileSync(join(adapters, 'xv', 'list.xml'), 'utf8');
    expect(template).to.not.match(/Stream|Departure|chain/u);
  });

  it('makes a folder that is certified once the questions are answered', async () => {
    const { asks } = await draft(...acknowledgements, '--answers', join(given, 'answers.yaml'));
    expect(asks).to.deep.equal([]);
    const found = await conversation();
    expect(found?.stream).to.deep.equal({ discipline: 'numbered', restart: 'year' });
    expect(found?.fills?.message?.id).to.deep.equal(['from', 'to', 'period', 'number']);
    expect(found?.send?.request?.path).to.equal('/aeo/v2/lists');
    expect(JSON.parse((await runAdapter(adapters, ['certify', 'xv'])).stdout)).to.include({ certified: true });
  });

  it('without an acknowledgement drafts the same for a discipline that was answered', async () => {
    await draft('--answer', '/conversation/stream/discipline=identified');
    const { stream, fills } = (await conversation()) ?? {};
    expect([stream, fills?.message?.id]).to.deep.equal([{ discipline: 'identified' }, 'digest']);
  });

  describe('of a partner whose numbers stand before a year of two digits, with lists of changes and operators of unknown letters', () => {
    const at = (name: string): string => new URL(`../fixtures/partners/short-year/${name}`, import.meta.url).pathname;
    const words = [
      ...['full', 'update'].flatMap((name) => ['--sample', at(`${name}.json`)]),
      ...['taken', 'aside', 'refused', 'had'].flatMap((name) => ['--acknowledgement', at(`${name}.json`)]),
    ];

    it('says by which answer the number of an operator is named, with the file and the elements there are', async () => {
      const { code, fix } = await rejectedBy(runAdapter(adapters, ['new', 'xy', ...words]));
      expect(code).to.equal('E_SAMPLE_UNREADABLE');
      expect(fix).to.include('/rows/trader');
    });

    it('makes a folder that is certified once the questions are answered, with as many numbers as have room', async () => {
      const made = await runAdapter(adapters, ['new', 'xy', ...words, '--answers', at('answers.yaml')]);
      expect(JSON.parse(made.stdout)).to.deep.include({ asks: [] });
      const { manifest } = await loadManifest(join(adapters, 'xy'), adapterTools);
      expect(manifest.conversation?.stream).to.deep.equal({ discipline: 'numbered', restart: 'year', max: 9999 });
      expect(JSON.parse((await runAdapter(adapters, ['certify', 'xy'])).stdout)).to.include({ certified: true });
    });
  });

  it('refuses an acknowledgement without a verdict, and says how to name it', async () => {
    mkdirSync(join(adapters, 'in'));
    writeFileSync(
      join(adapters, 'in', 'a.xml'),
      '<Answer xmlns="urn:velmara:aeo:2"><Colour>blue-ish sky</Colour></Answer>',
    );
    const error = await rejectedBy(draft('--acknowledgement', join(adapters, 'in', 'a.xml')));
    expect(error.code).to.equal('E_SAMPLE_UNREADABLE');
    expect(error.fix).to.include('ack.verdict');
  });
});
