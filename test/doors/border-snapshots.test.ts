/** Snapshots at the border door, and what comes back of the answers that were given with them. */

import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { addClient } from '../../gateway/app/client-decisions.ts';
import { evidenceFor } from '../../gateway/audit/evidence.ts';
import { verifyEvidence } from '../../gateway/audit/verify-evidence.js';
import { verifyLog } from '../../gateway/audit/verify-log.ts';
import { lookUpConsultation } from '../../gateway/clearance/requests.ts';
import { borderDoor } from '../../gateway/doors/border.ts';
import { openCallers } from '../../gateway/doors/border-callers.ts';
import { answerDigest } from '../../gateway/model/clearance/answer-digest.ts';
import type { CheckRequest } from '../../gateway/model/clearance/answer.ts';
import type { OpenSnapshot } from '../../gateway/offline/answer-offline.ts';
import { verifyPage } from '../../gateway/offline/border-page.ts';
import { cutSnapshot } from '../../gateway/offline/cut-snapshot.ts';
import { readDelta, readSnapshot } from '../../gateway/offline/read-snapshot.ts';
import { reconcile, type OfflineConsultation } from '../../gateway/offline/reconcile.ts';
import { makeLog } from '../../gateway/wire/log.ts';
import { fillRegister, northland, openClearance, union, type TestClearance } from '../support/clearance-fixture.ts';
import { askOffline, opened } from '../support/offline.ts';
import { listen, shut } from '../support/tls.ts';

const schemas = join(import.meta.dirname, '../../schemas');
const later = '2026-11-23T13:00:00.000Z';

describe('answers that were given offline', () => {
  let clearance: TestClearance;
  let key: string;
  beforeEach(async () => {
    clearance = await openClearance([northland]);
    await fillRegister(clearance.db);
    key = await clearance.sealer.verifierKey();
  });
  afterEach(() => clearance.close());

  const open = async (): Promise<OpenSnapshot> => opened((await cutSnapshot(clearance, {})).bytes, key);
  const ask = (snapshot: OpenSnapshot, request: CheckRequest, by?: string) =>
    askOffline(snapshot, clearance, request, by);

  it('are recorded under their numbers once they are brought back, and proven like others', async () => {
    const snapshot = await open();
    clearance.clock = later;
    const consultations = [
      await ask(snapshot, { partner: 'NN', identifier: 'NN0000001', reference: 'entry 9' }),
      await ask(snapshot, { partner: 'NN', identifier: 'NN0000002' }),
    ];
    clearance.clock = '2026-11-23T18:00:00.000Z';
    const bringing = { consultations, client: 'port-7', ownOnly: true };
    const results = () => reconcile(clearance, bringing);
    expect((await results()).map((each) => 'result' in each && each.result)).to.deep.equal(['recorded', 'recorded']);
    expect((await results()).map((each) => 'result' in each && each.result)).to.deep.equal(['repeated', 'repeated']);
    expect((await results()).filter((each) => 'outcome_expected' in each)).to.deep.equal([]);
    for (const { answer } of consultations) {
      const { consultation_number: number } = answer.proof;
      expect(await lookUpConsultation(clearance, number, 'port-7')).to.deep.equal(answer);
      const evidence = await evidenceFor(clearance.db.sql, clearance.sealer, await clearance.answers.placeOf(number));
      expect(verifyEvidence(evidence, key).number).to.equal(number);
    }
    const { faults } = await verifyLog(clearance.db.sql, []);
    expect(faults).to.deep.equal([]);
  });

  it('one that was altered, is of another client, or has the number of another is refused; the others are recorded', async () => {
    const snapshot = await open();
    const about = (identifier: string, by?: string) => ask(snapshot, { partner: 'NN', identifier }, by);
    const [good, altered, foreign, same] = [
      await about('NN0000001'),
      await about('NN0000002'),
      await about('NN0000001', 'port-8'),
      await about('NN0000003'),
    ];
    const { proof, ...given } = same.answer;
    const number = good.answer.proof.consultation_number;
    const consultations = [
      { ...altered, answer: { ...altered.answer, outcome: 'recognised' as const } },
      foreign,
      good,
      { ...same, answer: { ...given, proof: { ...proof, consultation_number: number } } },
      { ...good, answer: { ...good.answer, proof: { ...good.answer.proof, consultation_number: 'CN0' } } },
    ];
    const results = await reconcile(clearance, { consultations, client: 'port-7', ownOnly: true });
    expect(results.map((each) => ('code' in each ? each.code : each.result))).to.deep.equal([
      ...['E_OFFLINE_ANSWER', 'E_OFFLINE_ANSWER', 'recorded', 'E_OFFLINE_ANSWER', 'E_CONSULTATION_NUMBER'],
    ]);
  });

  it('one that the register does not give is recorded as it was given, with what the register says', async () => {
    const snapshot = await open();
    const { request, answer } = await ask(snapshot, { partner: 'NN', identifier: 'NN0000002' });
    const { proof, ...given } = answer;
    const invented = { ...given, outcome: 'recognised' as const };
    const consultations = [
      { request, answer: { ...invented, proof: { ...proof, answer_digest: answerDigest(invented) } } },
    ];
    const [result] = await reconcile(clearance, { consultations, client: 'port-7', ownOnly: true });
    expect(result).to.include({ result: 'recorded', outcome_expected: 'suspended' });
  });
});

describe('an answer brought back that no page gives', () => {
  let clearance: TestClearance;
  beforeEach(async () => {
    clearance = await openClearance([northland, union]);
    await fillRegister(clearance.db);
  });
  afterEach(() => clearance.close());

  async function bring(changed: Partial<OfflineConsultation['answer']>) {
    const snapshot = opened((await cutSnapshot(clearance, {})).bytes, await clearance.sealer.verifierKey());
    clearance.clock = later;
    const asked = { partner: 'NN', identifier: 'NN0000001' };
    const { request, answer } = await askOffline(snapshot, clearance, asked);
    clearance.clock = '2026-11-30T00:00:00.000Z';
    const { proof, ...given } = { ...answer, ...changed };
    const signed = { ...proof, answer_digest: answerDigest(given), issued_at: given.answered_at };
    const consultations = [{ request, answer: { ...given, proof: signed } }];
    const [result] = await reconcile(clearance, { consultations, client: 'port-7', ownOnly: true });
    return { result, number: proof.consultation_number };
  }

  const altered: Readonly<Record<string, Partial<OfflineConsultation['answer']>>> = {
    'about another operator than its request': { subject: { partner: 'NN', identifier: 'NN0000002' } },
    'about an operator of another partner': { subject: { partner: 'UU', identifier: 'NN0000001' } },
    'with other benefits': { advice: { action: 'apply', benefits: ['E', 'P', 'X'], policy: 'p' } },
  };
  for (const [words, changed] of Object.entries(altered))
    it(`${words} is recorded with what the register says, and the log names it`, async () => {
      const { result, number } = await bring(changed);
      expect(result).to.include({ result: 'recorded', outcome_expected: 'recognised' });
      const events = clearance.db.sql.selectFrom('event').select('detail').where('kind', '=', 'answers_offline');
      expect((await events.executeTakeFirstOrThrow()).detail).to.include(number);
    });

  const impossible: Readonly<Record<string, Partial<OfflineConsultation['answer']>>> = {
    'given before the moment of its copy': { answered_at: '2025-11-23T13:00:00.000Z' },
    'with a copy that was never cut': { known_at: '2026-11-23T11:59:59.999Z' },
    'after the last day of its copy': { answered_at: '2026-11-27T12:00:00.000Z' },
    'with a copy from the future': { known_at: '2030-11-23T13:00:00.000Z' },
    'whose moment is not in UTC': { answered_at: '2026-11-23T12:30:00.000-05:00' },
    'given at no moment': { answered_at: 'yesterday' },
  };
  for (const [words, changed] of Object.entries(impossible))
    it(`${words} is refused`, async () => {
      expect((await bring(changed)).result).to.include({ code: 'E_OFFLINE_ANSWER' });
    });
});

describe('snapshots at the border door', () => {
  let clearance: TestClearance;
  let server: Server;
  let address: string;
  let [token, checker] = ['', ''];

  beforeEach(async () => {
    clearance = await openClearance([northland]);
    await fillRegister(clearance.db);
    const give = async (name: string, scope: 'snapshot' | 'check') =>
      (await addClient(clearance, name, { person: 'A. Example', reason: 'a port', scopes: [scope] })).token ?? '';
    [token, checker] = [await give('port-7', 'snapshot'), await give('port-8', 'check')];
    const log = makeLog({ level: 'silent' });
    const callerOf = openCallers({}, { ...clearance, log, clock: () => performance.now() });
    server = createServer(borderDoor({ ...clearance, schemas, log, callerOf }));
    address = `http://127.0.0.1:${await listen(server)}`;
  });
  afterEach(async () => {
    await shut(server);
    await clearance.close();
  });

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}, bearer = token) =>
    fetch(`${address}${path}`, { headers: { authorization: `Bearer ${bearer}`, ...headers } });

  it('are given to clients with their scope, whole, as a delta, and as the page', async () => {
    const key = await clearance.sealer.verifierKey();
    const response = await ask('/v1/snapshot');
    expect([response.status, response.headers.get('content-type')]).to.deep.equal([200, 'application/gzip']);
    const whole = readSnapshot(new Uint8Array(await response.arrayBuffer()), key);
    const delta = await ask(`/v1/snapshot?from=${whole.head.id}`);
    expect(delta.headers.get('mra-snapshot')).to.be.a('string');
    expect(readDelta(whole, new Uint8Array(await delta.arrayBuffer()), key).lines).to.deep.equal(whole.lines);
    const page = await (await ask('/v1/snapshot', { accept: 'text/html' })).text();
    expect(verifyPage(page, key).home).to.equal('CN');
    expect((await ask('/v1/snapshot', {}, checker)).status).to.equal(403);
    expect((await ask(`/v1/snapshot?from=x`)).status).to.equal(422);
    expect((await ask('/v1/snapshot?form=x')).status).to.equal(422);
    expect((await ask(`/v1/snapshot?from=${whole.head.id}`, { accept: 'text/html' })).status).to.equal(422);
    expect((await ask(`/v1/snapshot?from=${whole.head.id.replace('NN-1', 'NN-9')}`)).status).to.equal(404);
  });

  it('what was answered with one is recorded once, and each number leads to its answer', async () => {
    const key = await clearance.sealer.verifierKey();
    const snapshot = opened(new Uint8Array(await (await ask('/v1/snapshot')).arrayBuffer()), key);
    const consultation = await askOffline(snapshot, clearance, { partner: 'NN', identifier: 'NN0000001' });
    const number = consultation.answer.proof.consultation_number;
    const body = JSON.stringify({ consultations: [consultation] });
    const post = (bearer: string) => {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
      return fetch(`${address}/v1/consultations/offline`, { method: 'POST', headers, body });
    };
    const counts = async () => ((await (await post(token)).json()) as { counts: object }).counts;
    expect(await counts()).to.deep.equal({ recorded: 1, repeated: 0, refused: 0 });
    expect(await counts()).to.deep.equal({ recorded: 0, repeated: 1, refused: 0 });
    const found = (await (await ask(`/v1/consultations/${number}`)).json()) as { readonly outcome: string };
    expect(found.outcome).to.equal('recognised');
    expect((await post(checker)).status).to.equal(403);
  });
});
