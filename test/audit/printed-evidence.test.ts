/** Evidence on paper: another reader of QR codes gives back what the one-file verifier proves, without a network. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { evidenceCode, printedEvidence } from '../../gateway/audit/printed-evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { check } from '../../gateway/clearance/requests.ts';
import { openChromium } from '../support/chromium.ts';
import { fillList, fillRegister, openClearance, operator, type TestClearance } from '../support/clearance-fixture.ts';
import { temporaryFolder } from '../support/pki.ts';

const verifier = join(import.meta.dirname, '../../gateway/audit/verify-evidence.js');

describe('printed evidence', () => {
  let clearance: TestClearance;
  let key: string;
  let browser: Browser;
  before(async () => {
    browser = await openChromium();
  });
  after(() => browser.close());
  beforeEach(async () => {
    clearance = await openClearance();
    await fillRegister(clearance.db);
    key = await clearance.sealer.verifierKey();
  });
  afterEach(() => clearance.close());

  async function evidence(name = '<b>NN0000001</b> & Söhne', identifier = 'NN0000001'): Promise<string> {
    const asked = { partner: 'NN', identifier, name, role: 'consignor', direction: 'import' } as const;
    const { proof } = await check(clearance, asked, 'port-7');
    const place = await clearance.answers.placeOf(proof.consultation_number);
    return await evidenceFor(clearance.db.sql, clearance.sealer, place);
  }

  it('has a code that another program reads from the page as a browser draws it, and that the verifier proves', async () => {
    // A log of some length: each level of the tree is a hash in the code.
    for (let n = 0; n < 300; n += 1) await evidence();
    const text = await evidence();
    const page = await browser.newPage({ deviceScaleFactor: 3 });
    await page.setContent(printedEvidence(text));
    const code = page.locator('svg');
    const image = (await code.screenshot({ type: 'png' })).toString('base64');
    const { data, width, height } = await page.evaluate<{ data: string; width: number; height: number }>(`(async () => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob('${image}'), (c) => c.charCodeAt(0))]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      canvas.drawImage(bitmap, 0, 0);
      const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
      let text = '';
      for (let i = 0; i < data.length; i += 4) text += data[i] > 127 ? '1' : '0';
      return { data: text, width: bitmap.width, height: bitmap.height };
    })()`);
    const pixels = new Uint8ClampedArray(data.length * 4);
    for (let i = 0; i < data.length; i += 1) pixels.fill(data[i] === '1' ? 255 : 0, i * 4, i * 4 + 4);
    const read = (jsqr as unknown as typeof jsqr.default)(pixels, width, height);
    expect(read?.data).to.equal(evidenceCode(text).text);
    const { number, outcome } = verifyEvidence(read?.data ?? '', key);
    expect([number, outcome]).to.deep.equal([verifyEvidence(text, key).number, 'recognised']);
    expect(await page.locator('.outcome').textContent()).to.equal('recognised');
    await page.close();
  }).timeout(20_000);

  it('is proven by the verifier from its file alone: of the code in a file, or of the page that was kept', async () => {
    const text = await evidence();
    const folder = temporaryFolder();
    for (const [name, content] of [
      ['code.txt', `${evidenceCode(text).text}\n`],
      ['page.html', printedEvidence(text)],
    ] as const) {
      writeFileSync(join(folder, name), content);
      const proven = execFileSync(process.execPath, [verifier, join(folder, name), key], { encoding: 'utf8' });
      expect(JSON.parse(proven)).to.include({ outcome: 'recognised', requester: 'port-7' });
    }
  });

  it('whose page was altered in words shows so: the verifier prints whom the answer is about', async () => {
    const page = printedEvidence(await evidence());
    const altered = page.replaceAll('NN0000001', 'NN0000009');
    expect(altered).not.to.equal(page);
    const { partner, identifier, status, advice } = verifyEvidence(altered, key);
    expect([partner, identifier, status, advice.action]).to.deep.equal(['NN', 'NN0000001', 'active', 'apply']);
  });

  it('is refused where a character of the code was changed, or it was cut', async () => {
    const { text } = evidenceCode(await evidence());
    for (let at = 5; at < text.length; at += 7) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      let proven: unknown;
      try {
        proven = verifyEvidence(changed, key);
      } catch {
        proven = undefined;
      }
      // The last bits of a compressed text may say nothing.
      if (at < text.length - 6) expect(proven, `character ${at}`).to.equal(undefined);
    }
    expect(() => verifyEvidence(text.slice(0, -40), key)).to.throw();
    expect(() => verifyEvidence('MRA1:', key)).to.throw();
  });

  it('says that an answer is too long for a code, and is proven all the same', async () => {
    const letters = Array.from({ length: 120 }, (_, i) => clearance.random(3).toString() + String(i))
      .join(' ')
      .slice(0, 500);
    const long = operator('NN0000009', { name: { latin: letters } });
    await fillList(clearance.db, { partner: 'NN', sequence: 8, records: [long] });
    const text = await evidence(letters.toLowerCase().split('').reverse().join(''), 'NN0000009');
    const { svg, text: code } = evidenceCode(text);
    expect(svg === undefined).to.equal(code.length > 4296);
    expect(verifyEvidence(printedEvidence(text), key).outcome).to.equal('recognised');
  });

  it('shows nothing of an answer as markup', async () => {
    expect(printedEvidence(await evidence())).not.to.include('<b>');
  });
});
