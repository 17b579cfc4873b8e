/** Outcomes in the office: the figures as a page, for programs, and as a report in two languages and three formats. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { monthAfter } from '../../gateway/outcomes/arrangement-outcome.ts';
import type { ShownOutcome } from '../../gateway/outcomes/report.ts';
import type { OpenAdministration } from '../support/administrations.ts';
import { fillMonth } from '../support/month-of-entries.ts';
import { eachTestWithOffice, type Browser, type Office } from '../support/office.ts';
import { temporaryFolder } from '../support/pki.ts';
import { debianPython } from '../support/python.ts';

const at = '2026-09-10T02:00:00.000Z';
const truth = { seed: 3, entries: 900, rate: 0.3, secondsEarlier: 3600 };

interface MissedPage {
  readonly items: readonly { readonly entry: string; readonly result: string }[];
  readonly next: string | null;
}

describe('outcomes in the office', () => {
  let them: OpenAdministration;
  let office: Office;
  let reader: Browser;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });
  beforeEach(async () => {
    await fillMonth(them.gateway.db, 'CN', at, truth);
    reader = await office.signedIn('li.na', 'reader');
  });

  it('shows the arrangements, and each with figures, charts that are lists, and what may not be claimed', async () => {
    const { body } = await reader.json('/office/v1/outcomes?from=2026-09');
    expect((body['items'] as object[])[0]).to.include({ partner: 'CN', entries: 900 });
    const path = '/outcomes/partners/CN?from=2026-09&to=2026-09';
    const shown = (await reader.json(`/office/v1${path}`)).body as unknown as ShownOutcome;
    const value = (name: string) => shown.figures.find(({ figure }) => figure === name);
    const difference = value('examined.difference');
    expect(difference?.high).to.be.lessThan(0);
    const { html, status } = await reader.get(path);
    expect(status).to.equal(200);
    expect(html).to.include('examined less often than others like them').and.include('may not be claimed');
    expect(html.match(/<figure class="chart">/gu)).to.have.length(5);
    expect(html.match(/<svg [^>]*aria-hidden="true"/gu)?.length).to.equal(html.match(/<svg /gu)?.length);
    const chinese = await reader.get(`${path}&language=zh-CN`);
    expect(chinese.html).to.include('查验率低于同类其他报关单').and.include('不得将差异单独归因于互认安排');
  });

  it('leads from each count of missed benefits to its entries, in pages that lose none', async () => {
    await fillMonth(them.gateway.db, 'CN', '2026-08-10T02:00:00.000Z', { ...truth, entries: 300 });
    const { html } = await reader.get('/outcomes/partners/CN?from=2026-08&to=2026-09');
    expect(html).to.include('/missed?partner=CN&amp;reason=no_code&amp;from=2026-08&amp;to=2026-09');
    const { body } = await reader.json('/office/v1/outcomes/partners/CN?from=2026-08&to=2026-09');
    const { figures } = body as unknown as ShownOutcome;
    for (const reason of ['no_code', 'wrong_party']) {
      const found: unknown[] = [];
      const query = `partner=CN&from=2026-08&to=2026-09&reason=${reason}`;
      for (let after = ''; ;) {
        const page = await reader.json(`/office/v1/missed?${query}&after=${encodeURIComponent(after)}`);
        const { items: rows, next } = page.body as unknown as MissedPage;
        expect(new Set(rows.map(({ result }) => result))).to.deep.equal(new Set([reason]));
        found.push(...rows.map(({ entry }) => entry));
        if (next === null) break;
        after = next;
      }
      expect(new Set(found).size).to.equal(found.length);
      expect(found.length).to.equal(figures.find(({ figure }) => figure === `result.${reason}`)?.value);
    }
    expect((await reader.get('/missed?from=2026-09')).html).to.include('href="/entries/ASM-CN-2026-09-');
    expect((await reader.json('/office/v1/missed?from=2026-07')).body['items']).to.deep.equal([]);
    expect((await reader.json('/office/v1/missed?reason=none')).body['code']).to.equal('E_REQUEST_INVALID');
    const report = await reader.get('/outcomes/report?from=2026-09');
    expect(report.html).to.not.include('/missed?');
  });

  it('gives no comparison of few entries, and says how many there were', async () => {
    await fillMonth(them.gateway.db, 'CN', '2026-08-10T02:00:00.000Z', { ...truth, entries: 20 });
    const { html } = await reader.get('/outcomes/partners/CN?from=2026-08');
    expect(html).to.include('No figure: it needs 30 entries on each side');
    expect((await reader.get('/outcomes/partners/CN?from=2026-07')).html).to.include('Nothing yet');
  });

  it('gives the same report as a page, as CSV and as a workbook that another program reads, each time the same bytes', async () => {
    const query = 'from=2026-09&to=2026-09&partner=CN';
    const page = await reader.get(`/outcomes/report?${query}`);
    expect(page.html).to.include('Counts above zero and below 5 are withheld');
    const csv = await reader.get(`/outcomes/report.csv?${query}`);
    expect(csv.headers.get('content-disposition')).to.include('outcomes-2026-09-2026-09.csv');
    expect(csv.html).to.match(/CN,2026-09,2026-09,entries,Entries,entries,900,/u);
    expect(csv.html).to.match(/,examined\.difference,"[^"]*",share,-0\.\d+,-0\.\d+,-0\.\d+,/u);
    expect((await reader.get(`/outcomes/report.csv?${query}`)).html).to.equal(csv.html);
    const cookie = [...reader.cookies].map(([name, text]) => `${name}=${text}`).join('; ');
    const response = await fetch(`${office.url}/outcomes/report.xlsx?${query}`, { headers: { cookie } });
    const file = join(temporaryFolder(), 'report.xlsx');
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    const script = `import openpyxl, json
rows = [[c.value for c in row] for row in openpyxl.load_workbook(${JSON.stringify(file)}).active]
print(json.dumps([r for r in rows if r[3] in ('entries', 'examined.difference')]))`;
    const read = execFileSync(debianPython, ['-c', script], { encoding: 'utf8' });
    const [entries, difference] = JSON.parse(read) as unknown[][];
    expect(entries?.slice(0, 7)).to.deep.equal(['CN', '2026-09', '2026-09', 'entries', 'Entries', 'entries', 900]);
    expect(difference?.[6]).to.be.within(-1, -0.001);
  });

  it('withholds small counts in a report, and shows them to staff', async () => {
    await fillMonth(them.gateway.db, 'CN', '2026-06-10T02:00:00.000Z', { ...truth, entries: 40 });
    const rows = async (path: string): Promise<string> => (await reader.get(path)).html;
    const wrong = /CN,2026-06,2026-06,result\.wrong_party,[^,]*,entries,(\d*),,,(yes)?/u;
    expect(wrong.exec(await rows('/outcomes/report.csv?from=2026-06'))?.slice(1)).to.deep.equal(['', 'yes']);
    const { body } = await reader.json('/office/v1/outcomes/partners/CN?from=2026-06');
    const figures = (body as unknown as ShownOutcome).figures;
    expect(figures.find(({ figure }) => figure === 'result.wrong_party')?.value).to.be.within(1, 4);
  });

  it('refuses what is no month, and a partner that there is not', async () => {
    for (const [query, code] of [
      ['from=2026-13', 'E_REQUEST_INVALID'],
      ['from=2026-09&to=2026-08', 'E_REQUEST_INVALID'],
      [`from=2020-01&to=${monthAfter('2020-01', 60)}`, 'E_REQUEST_INVALID'],
    ])
      expect((await reader.json(`/office/v1/outcomes?${query}`)).body['code'], query).to.equal(code);
    expect((await reader.json('/office/v1/outcomes/partners/QQ')).body['code']).to.equal('E_PARTNER_UNKNOWN');
    expect((await office.browser().get('/outcomes')).at).to.include('/sign-in');
  });
});
