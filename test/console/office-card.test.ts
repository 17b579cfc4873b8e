/** The card for traders in the office: whole in both languages, its examples are codes of the partner, and on paper it is A4. */

import { expect } from 'chai';
import type { Browser as Chromium } from 'playwright-core';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { swapSides } from '../../gateway/adapter/swap-sides.ts';
import { follows, readIdentifier } from '../../gateway/model/identifier.ts';
import { cardLineIn } from '../../gateway/model/corridor-card.ts';
import { loadEntryFormats, readEntry } from '../../gateway/wire/files/entry-formats.ts';
import { schemas } from '../../gateway/app/adapter-tools.ts';
import { entryBoxes } from '../../gateway/wire/files/entry-boxes.ts';
import { adapterFolders } from '../support/adapter-pages.ts';
import { adaptersFolder, adapterTools } from '../support/adapter-tools.ts';
import { openChromium } from '../support/chromium.ts';
import { eachTestWithOffice, type Office } from '../support/office.ts';
import { addTestPerson, testPassword } from '../support/people.ts';
import type { OpenAdministration } from '../support/administrations.ts';

describe('the card for traders', () => {
  let them: OpenAdministration;
  let office: Office;
  let chromium: Chromium;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });
  before(async () => {
    chromium = await openChromium();
  });
  after(() => chromium.close());

  it('says who writes which code in which box, from the side of this office, in the language of the reader', async () => {
    const reader = await office.signedIn('li.na', 'reader');
    expect((await reader.get('/partners/CN')).html).to.include('/partners/CN/card');
    // The folder was written by the other side: what is abroad there is at home here.
    const { body } = await reader.json('/office/v1/partners/CN/card');
    const lines = body['lines'] as readonly { where: string; system: string }[];
    expect(lines.filter(({ where }) => where === 'home').map(({ system }) => system.split(',')[0])).to.deep.equal([
      ...['UNI-PASS', 'UNI-PASS'],
    ]);
    const english = await reader.get('/partners/CN/card');
    expect(english.html).to.include('AEOCN and ten places').and.include('Declaration/…/Consignor/ID');
    const chinese = await reader.get('/partners/CN/card?language=zh-CN');
    expect(chinese.html).to.include('AEOCN加十位编码').and.include('企业须知卡').and.not.include('ten places;');
  });

  it('prints on A4 without a script, and without navigation', async () => {
    await addTestPerson(them.gateway, 'li.na', ['reader']);
    const context = await chromium.newContext({ baseURL: office.url, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto('/sign-in?to=%2Fpartners%2FCN%2Fcard');
    await page.fill('[name=name]', 'li.na');
    await page.fill('[name=password]', testPassword);
    await page.locator('main button').first().click();
    await page.waitForURL('**/partners/CN/card');
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const sizes = [...pdf.matchAll(/\/MediaBox \[([^\]]*)\]/gu)].map(([, box = '']) => box.split(' ').map(Number));
    expect(sizes.length).to.be.within(1, 2);
    for (const [, , width = 0, height = 0] of sizes)
      expect([Math.round(width), Math.round(height)]).to.deep.equal([595, 842]);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').isVisible()).to.equal(false);
    await context.close();
  });

  for (const cc of adapterFolders)
    it(`of ${cc} is whole in Chinese, and the codes in it have the partner’s form on both sides`, async () => {
      const adapter = await loadAdapter(`${adaptersFolder}/${cc}`, adapterTools);
      if (adapter.memorandum !== undefined) return; // an agency at home writes no codes on declarations
      expect(adapter.card.some(({ where }) => where === 'home')).to.equal(true);
      for (const line of adapter.card) {
        const { system, box, form, writtenBy, note } = cardLineIn(line, 'zh-CN');
        for (const text of [box, form, writtenBy, ...(note === undefined ? [] : [note])])
          expect(/\p{Script=Han}/u.test(text), text).to.equal(true);
        expect(system).to.not.match(/import declaration|manifest/u);
        if (line.where === 'home') {
          const { theirs } = adapter.identifiers;
          const { value } = readIdentifier(line.example, { partner: adapter.partner, form: theirs });
          expect([line.example, follows(theirs, value)]).to.deep.equal([line.example, true]);
        }
      }
      const swapped = swapSides(adapter, { country: 'CN', name: 'x' }).card;
      expect(swapped.map(({ where }) => where)).to.not.deep.equal(adapter.card.map(({ where }) => where));
    });

  it('names elements in which the reader of declarations finds the code', () => {
    const formats = loadEntryFormats(schemas);
    const boxes = entryBoxes(formats.profiles, ['consignor', 'exporter'], 'import');
    const written = { 'Declaration/…/Consignor/ID': 'NN1', 'DecMessage/…/DecHead/OverseasConsignorCode': 'NN2' };
    expect(boxes.map(({ element }) => element)).to.include.members(Object.keys(written));
    const declaration = (text: string) =>
      readEntry(Buffer.from(text), 'application/xml', formats, { profile: undefined, timeZone: 'UTC' }).entry.parties;
    const wco =
      '<Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2"><TypeCode>IM</TypeCode><Consignor><ID>NN1</ID></Consignor></Declaration>';
    const window =
      '<DecMessage xmlns="http://www.chinaport.gov.cn/dec"><DecHead><IEFlag>I</IEFlag><OverseasConsignorCode>NN2</OverseasConsignorCode></DecHead></DecMessage>';
    expect(declaration(wco)[0]).to.include({ role: 'consignor', identifier: 'NN1' });
    expect(declaration(window)[0]).to.include({ role: 'consignor', identifier: 'NN2' });
    expect(boxes.find(({ element }) => element.includes('Consignor/ID'))?.length).to.equal(17);
  });
});
