import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { runAdapter } from '../support/adapter-command.ts';
import { adapterTools, adaptersFolder } from '../support/adapter-tools.ts';
import { testCertificate, ecPair, rsaPair, signedTerms } from '../support/pki.ts';
import { ack, adaptersWith, numberedByYear } from '../support/other-make.ts';
import { rejectedBy } from '../support/thrown.ts';

interface Shown {
  readonly kind: string;
  readonly template: string;
  readonly signature: string;
  readonly message: { readonly id: string; readonly records: readonly { readonly identifier: string }[] };
}

describe('mra adapter read shows a file of the partner', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'read-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function read(cc: string, file: string, ...words: readonly string[]): Promise<Shown> {
    return JSON.parse((await runAdapter(adaptersFolder, ['read', cc, file, ...words])).stdout) as Shown;
  }

  /** A sample of the adapter, changed and signed as the partner signs; and files of its certificate and of another one. */
  async function signedFile(cc: string, change: (text: string) => string = (text) => text) {
    const { seal, list, folder: from } = await loadAdapter(join(adaptersFolder, cc), adapterTools);
    const { algorithm } = signedTerms(seal);
    const sample = join(from, 'samples', 'list-full', `2-list${list.template.slice(list.template.lastIndexOf('.'))}`);
    const text = change(readFileSync(sample, 'utf8'));
    const pairOf = () => (algorithm === 'rsa-sha256' ? rsaPair() : ecPair());
    const [pair, other] = [pairOf(), pairOf()];
    const [now, hour] = [Date.now(), 3_600_000];
    const period = { use: 'signing' as const, notBefore: new Date(now - hour), notAfter: new Date(now + hour) };
    const [certificate, stranger] = [testCertificate(pair, period), testCertificate(other, period)];
    const signer = { algorithm, key: pair.privateKey, certificate };
    const file = join(folder, `${cc}.signed`);
    writeFileSync(file, (await signUnchecked(Buffer.from(text), list, signer, new Date().toISOString())).bytes);
    writeFileSync(join(folder, 'own.pem'), certificate.toString());
    writeFileSync(join(folder, 'other.pem'), stranger.toString());
    return { file, own: join(folder, 'own.pem'), other: join(folder, 'other.pem'), text };
  }

  for (const cc of ['kr', 'sg', 'il', 'jp']) {
    it(`of ${cc}: unsigned, signed, and with the signature checked`, async () => {
      const { file, own, other, text } = await signedFile(cc);
      const plain = join(folder, 'plain');
      writeFileSync(plain, text);
      const shown = await read(cc, plain);
      expect(shown).to.include({ kind: 'list', signature: 'none' });
      expect(shown.message.records.length).to.be.greaterThan(0);
      const signed = await read(cc, file);
      expect(signed.signature).to.equal('not checked');
      expect(signed.message).to.deep.equal(shown.message);
      expect((await read(cc, file, '--certificate', own)).signature).to.match(/^valid, [0-9a-f]{64}$/u);
      const { code } = await rejectedBy(read(cc, file, '--certificate', other));
      expect(code).to.be.oneOf(['E_SIGNER_UNKNOWN', 'E_SIGNATURE_INVALID']);
      expect((await rejectedBy(read(cc, plain, '--certificate', own))).code).to.equal('E_SIGNATURE_MISSING');
    });
  }

  it('names an unknown code, and its line in the signed document as in the text alone', async () => {
    const spoil = (text: string): string => text.replace(',ACT,', ',XXX,');
    const { file, text } = await signedFile('il', spoil);
    const plain = join(folder, 'plain');
    writeFileSync(plain, text);
    const lineIn = (path: string): number =>
      1 +
      readFileSync(path, 'latin1')
        .split('\n')
        .findIndex((line) => line.includes(',XXX,'));
    for (const path of [plain, file]) {
      const error = await rejectedBy(read('il', path));
      expect([error.code, error.at]).to.deep.equal(['E_CODE_UNKNOWN', `line ${lineIn(path)}, cell 9`]);
      expect(error.detail).to.include('XXX').and.to.include('status');
    }
    expect(lineIn(file)).to.be.greaterThan(lineIn(plain));
  });

  it('reads an acknowledgement by its template, and names what is wrong in one', async () => {
    const adapters = adaptersWith(`${numberedByYear}
  send: { request: { path: /aeo }, answer: { kind: document, template: ack.xml, schema: ack.xsd } }
  receive: { path: /partners/sg/aeo, answer: { template: ack.xml, schema: ack.xsd } }
`);
    const answer = join(folder, 'answer');
    writeFileSync(answer, ack('NOK', 7, 'E03'));
    const { stdout } = await runAdapter(adapters, ['read', 'sg', answer]);
    expect(JSON.parse(stdout)).to.deep.include({ kind: 'acknowledgement', template: 'ack.xml', signature: 'none' });
    expect((JSON.parse(stdout) as Shown).message).to.include({ verdict: 'rejected', number: 7, reason: 'E03' });
    const people = await runAdapter(adapters, ['read', 'sg', answer], 'table');
    expect(people.stdout).to.include('rejected').and.to.include('E03');
    writeFileSync(answer, ack('WHAT', 7));
    expect((await rejectedBy(runAdapter(adapters, ['read', 'sg', answer]))).code).to.equal('E_CODE_UNKNOWN');
  });

  it('refuses a file of another partner, and one that does not exist', async () => {
    const { file } = await signedFile('kr');
    const { code, fix = '' } = await rejectedBy(read('hk', file));
    expect(code).to.equal('E_MESSAGE_KIND');
    const types = fix.match(/\{\S+\}\w+/gu) ?? [];
    expect([types.length > 0, new Set(types).size]).to.deep.equal([true, types.length]);
    expect((await rejectedBy(read('hk', join(folder, 'missing')))).code).to.equal('E_FILE_UNREADABLE');
  });
});
