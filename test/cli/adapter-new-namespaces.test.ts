/** `mra adapter new` with a sample whose elements and attributes stand in several namespaces. */

import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersOfHome, runAdapter } from '../support/adapter-command.ts';

describe('mra adapter new, namespaces', () => {
  it('attributes and elements in several namespaces follow the drafted schema', async () => {
    const operator = (no: number): string =>
      `<p:Member p:ref="XB10${no}" level="2"><p:Name>Example ${no} Ltd</p:Name><p:State code="${no}"/></p:Member>`;
    const list = `<r:Register xmlns:r="urn:example:r" xmlns:p="urn:example:p" r:release="4"><r:Members>${operator(1)}${operator(2)}</r:Members></r:Register>`;
    const adapters = adaptersOfHome();
    const file = join(adapters, 'spaces.xml');
    writeFileSync(file, list);
    const { stdout } = await runAdapter(adapters, ['new', 'xb', '--sample', file]);
    const { placements } = JSON.parse(stdout) as { placements: { element: string; value: string }[] };
    expect(placements.find(({ element }) => element.endsWith('State/@code'))?.value).to.equal('status');
    expect((await runAdapter(adapters, ['test', 'xb', '--runs', '50'])).exit).to.equal(0);
  });
});
