/** Every page of the office, with something in it: a page without an address here fails the tests that walk through all. */

import { assess, check } from '../../gateway/clearance/requests.ts';
import { sections } from '../../gateway/console/pages.ts';
import { receiveMessage } from '../../gateway/inbound/receive-message.ts';
import { momentOf } from '../../gateway/model/day.ts';
import { sendList } from '../../gateway/outbound/send-list.ts';
import { openAlarm } from '../../gateway/store/alarms.ts';
import { findReceived } from '../../gateway/store/inbox.ts';
import { csvOf } from '../cli/operator-command.ts';
import { operator, operators, type OpenAdministration } from './administrations.ts';
import type { Browser } from './office.ts';

/** Our list to them, as if a person had carried it; its id. */
export async function listToThem(us: OpenAdministration, them: OpenAdministration): Promise<string> {
  const list = await sendList(us.gateway, 'KR', { kind: 'full' });
  if (list === undefined) throw new Error('there was nothing to send');
  const { bytes } = list.sealed;
  await receiveMessage(them.gateway, { partner: 'CN', via: 'file', bytes, receivedAt: momentOf(new Date()) });
  return list.list.id;
}

/** The id of a list that they hold, because most operators leave it. */
export async function heldList(us: OpenAdministration, them: OpenAdministration): Promise<string> {
  await us.save(...operators(40));
  await listToThem(us, them);
  const ended = { status: 'revoked', statusSince: '2025-03-04' } as const;
  await us.save(...operators(36).map((each) => ({ ...each, ...ended })));
  return await listToThem(us, them);
}

/** `browser`: of an operator who is a partner administrator. */
export async function filledPages(
  us: OpenAdministration,
  them: OpenAdministration,
  browser: Browser,
): Promise<readonly string[]> {
  const held = await heldList(us, them);
  const own = operator(1);
  await them.save(own);
  const { sql } = them.gateway.db;
  const [{ digest: received } = { digest: '' }] = await findReceived(sql, held);
  const sent = (await sendList(them.gateway, 'CN', { kind: 'full' }))?.list.id ?? '';
  const found = (await browser.json('/office/v1/register?partner=CN')).body['items'];
  const [{ identifier } = { identifier: '' }] = found as readonly { identifier: string }[];
  const { proof } = await check(them.gateway, { partner: 'CN', identifier }, 'port-a');
  const parties = [{ role: 'consignor', identifier, pointer: '/parties/0' }] as const;
  const entry = { entry: { id: 'ENTRY-7', direction: 'import', parties }, profile: 'json', warnings: [] } as const;
  const { assessment } = await assess(them.gateway, entry, 'port-a');
  const problem = {
    cause: 'list_stale',
    subject: 'CN',
    severity: 'fail',
    detail: 'no list of CN',
    fix: 'ask CN',
  } as const;
  const { n } = await them.gateway.db.transaction((tx) => openAlarm(tx, problem, [], momentOf(new Date())));
  await browser.json('/office/v1/clients', { client: 'clearance', scope: 'check', reason: 'a new system' });
  const rows = csvOf({ code: '4403130001' }, { code: '4403130002', status: 'unknown' });
  // Titles of their own columns are those of the fields.
  const titled = rows.replace('customs_code', 'code').replace('uscc', 'business_number');
  const draft = await browser.upload('/imports', titled);
  if (!draft.at.startsWith('/imports/')) throw new Error(`the file was refused: ${draft.html}`);
  const list = '<List><Operator><Id>XB1001</Id><Name>Example Ltd</Name><Status>A</Status></Operator></List>';
  const adapter = await browser.upload('/adapters', list, { partner: 'XB' });
  const filled: Readonly<Record<string, string>> = {
    '/adapters/:draft': adapter.at,
    '/alarms/:number': `/alarms/${n}`,
    '/answers': `/answers?number=${proof.consultation_number}`,
    '/answers/:number': `/answers/${proof.consultation_number}`,
    '/clients/:client': '/clients/clearance',
    '/entries/:number': `/entries/${assessment}`,
    '/held/:message': `/held/${held}`,
    '/imports/:id': draft.at,
    '/messages/:message': `/messages/${held}`,
    '/messages/:message/text': `/messages/${held}/text`,
    '/operators': '/operators?text=44',
    '/operators/:code': `/operators/${own.code}`,
    '/outcomes/partners/:partner': '/outcomes/partners/CN',
    '/partners/:partner': '/partners/CN',
    '/partners/:partner/card': '/partners/CN/card',
    '/files/received/:digest': `/partners/CN/files/received/${received}`,
    '/files/sent/:message': `/partners/CN/files/sent/${sent}`,
    '/partners/:partner/files': '/partners/CN/files',
    '/partners/:partner/files/received/:digest': `/partners/CN/files/received/${received}`,
    '/partners/:partner/files/sent/:message': `/partners/CN/files/sent/${sent}`,
    '/files': '/partners/CN/files',
    '/partners/:partner/decisions': '/partners/CN/decisions',
    '/proofs/:number': `/proofs/${proof.consultation_number}`,
    '/proofs/:number/print': `/proofs/${proof.consultation_number}/print`,
    '/proofs/find': `/proofs/find?number=${proof.consultation_number}`,
    '/register': '/register?partner=CN',
    '/register/:partner/:identifier': `/register/CN/${identifier}?at=2026-01-01&known_at=2026-12-01`,
  };
  return sections
    .flatMap(({ pages }) => pages.map(({ path }) => filled[path] ?? path))
    .map((path) => {
      if (path.includes(':')) throw new Error(`office-pages.ts has no address for ${path}`);
      return path;
    });
}
