/** Lists of the office go on by a cursor, and a program that has what it asks for gets 304. */

import { expect } from 'chai';
import { momentOf } from '../../gateway/model/day.ts';
import { closeAlarm, openAlarm } from '../../gateway/store/alarms.ts';
import { appendEvents } from '../../gateway/store/events.ts';
import { makeToken } from '../../gateway/people/tokens.ts';
import { operator, type OpenAdministration } from '../support/administrations.ts';
import { eachTestWithOffice, type Browser, type Office } from '../support/office.ts';

const problem = { cause: 'list_stale', severity: 'warn', detail: 'old', fix: 'ask' } as const;

describe('lists of the office', () => {
  let them: OpenAdministration;
  let office: Office;
  let reader: Browser;
  eachTestWithOffice((opened) => {
    ({ them, office } = opened);
  });
  beforeEach(async () => {
    reader = await office.signedIn('li.na', 'reader', 'auditor');
  });

  /** Every item of all pages, and how many pages there were. */
  async function pagesOf(path: string, member: string): Promise<{ readonly items: unknown[]; readonly pages: number }> {
    const items: unknown[] = [];
    const cursor = path === '/held' ? 'after' : 'before';
    let next: unknown = undefined;
    for (let pages = 1; ; pages += 1) {
      const more = next === undefined ? '' : `?${cursor}=${encodeURIComponent(next as string)}`;
      const { body } = await reader.json(`/office/v1${path}${more}`);
      items.push(...(body[member] as unknown[]));
      next = body['next'];
      if (next === null) return { items, pages };
    }
  }

  it('of alarms that closed go on until the first, each once', async () => {
    const at = momentOf(new Date());
    await them.gateway.db.transaction(async (tx) => {
      for (let i = 0; i < 230; i += 1) {
        const { n } = await openAlarm(tx, { ...problem, subject: `C${i}` }, [], at);
        await closeAlarm(tx, n, [], at);
      }
    });
    const { items, pages } = await pagesOf('/alarms', 'closed');
    expect([pages, new Set(items.map((each) => (each as { alarm: number }).alarm)).size]).to.deep.equal([3, 230]);
    expect((await reader.get('/alarms')).html).to.include('before=');
  });

  it('of imports go on, and those that wait stand on the first page', async () => {
    const { db } = them.gateway;
    await db.transaction(async (tx) => {
      await tx
        .insertInto('body')
        .values({ digest: 'd', bytes: Buffer.from('x') })
        .execute();
      const drafts = Array.from({ length: 120 }, (_, i) => ({
        ...{ id: `draft-${i}`, digest: 'd', name: `${i}.csv`, options: '{}', person: 'kim' },
        ...{
          at: momentOf(new Date(Date.UTC(2026, 0, 1, 0, i))),
          state: i === 0 ? ('waiting' as const) : ('saved' as const),
        },
        ...{ decided_by: i === 0 ? null : 'choi', decided_at: null, reason: null },
      }));
      await tx.insertInto('import_draft').values(drafts).execute();
    });
    const { items, pages } = await pagesOf('/imports', 'items');
    const ids = items.map((each) => (each as { id: string }).id);
    expect([pages, new Set(ids).size, ids[0]]).to.deep.equal([3, 120, 'draft-0']);
  });

  it('of what is held go on, the oldest first, also those that came in the same moment', async () => {
    const at = momentOf(new Date());
    const rows = Array.from({ length: 230 }, (_, i) => ({
      ...({ partner: 'CN', digest: `digest-${i}`, via: 'file', received_at: at, held_at: at, deliveries: 1 } as const),
      ...({ state: 'HELD', state_rank: 1, kind: 'list', reason: 'guard' } as const),
    }));
    await them.gateway.db.transaction(async (tx) => {
      const bodies = rows.map(({ digest }) => ({ digest, bytes: Buffer.from(digest) }));
      await tx.insertInto('body').values(bodies).execute();
      await tx.insertInto('inbox').values(rows).execute();
    });
    const { items, pages } = await pagesOf('/held', 'items');
    expect([pages, new Set(items.map((each) => (each as { digest: string }).digest)).size]).to.deep.equal([3, 230]);
    expect((await reader.get('/held')).html).to.include('after=');
  });

  it('of versions of an operator of ours go on, each with what it changed', async () => {
    for (let i = 0; i < 120; i += 1) await them.save(operator(1, { name: { latin: `Example ${i}` } }));
    const path = `/operators/${operator(1).code}`;
    const { items, pages } = await pagesOf(path, 'versions');
    const found = items as readonly { record: { name: { latin: string } }; changed: readonly string[] }[];
    expect(found.map(({ record }) => record.name.latin)).to.deep.equal(
      Array.from({ length: 120 }, (_, i) => `Example ${119 - i}`),
    );
    expect([pages, found[99]?.changed, found[119]?.changed]).to.deep.equal([2, ['name.latin'], []]);
    expect((await reader.get(path)).html).to.include('before=21');
  });

  it('of decisions about a partner go on', async () => {
    const at = momentOf(new Date());
    const detail = (i: number): object => ({ partner: 'CN', person: 'kim', decision: 'stream_reset', digest: `${i}` });
    const decision = (i: number) => ({ kind: 'decision_made', ref: 'CN', at, detail: detail(i) });
    await them.gateway.db.transaction((tx) =>
      appendEvents(
        tx,
        Array.from({ length: 130 }, (_, i) => decision(i)),
      ),
    );
    expect((await pagesOf('/partners/CN/decisions', 'items')).items).to.have.length(130);
  });

  it('refuse a cursor that is none', async () => {
    for (const path of ['/alarms', '/audit', '/imports', '/partners/CN/decisions'])
      expect((await reader.json(`/office/v1${path}?before=soon`)).body['code'], path).to.equal('E_REQUEST_INVALID');
  });

  it('have an entity tag: what a program has is not sent again, and what changed is', async () => {
    const { token } = await makeToken(them.gateway, 'li.na', 600);
    const ask = (etag?: string): Promise<Response> =>
      fetch(`${office.url}/office/v1/people`, {
        headers: { authorization: `Bearer ${token}`, ...(etag !== undefined && { 'if-none-match': etag }) },
      });
    const first = await ask();
    const etag = first.headers.get('etag') ?? '';
    expect(etag).to.match(/^"[\w-]{22}"$/u);
    expect(first.headers.get('cache-control')).to.equal('private, no-cache');
    const again = await ask(`"other", W/${etag}`);
    expect([again.status, await again.text()]).to.deep.equal([304, '']);
    await office.signedIn('kim', 'reader');
    expect((await ask(etag)).status).to.equal(200);
  });
});
