/** Signatures in a header field beside their message, over a real connection: sent, taken and refused. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { RawMessage, SignatureTerms, VerifiedMessage } from '../../gateway/model/message.ts';
import { detacher, joinedMessage } from '../../gateway/wire/signature/detached.ts';
import type { Keyring } from '../../gateway/wire/signature/keys.ts';
import { signUnchecked } from '../../gateway/wire/signature/seal.ts';
import { verify } from '../../gateway/wire/signature/verify.ts';
import { httpsTransport } from '../../gateway/wire/transport/https.ts';
import { sealed } from '../support/deliveries.ts';
import { expectProblem, openDoor, type OpenDoor } from '../support/exchange-door.ts';
import { refusalCode } from '../support/expect-code.ts';
import { listText, textFormat } from '../support/forged-text.ts';
import { temporaryFolder, testKeyring, testNow, trustIn } from '../support/pki.ts';
import { debianPython } from '../support/python.ts';

const algorithm = 'rsa-sha256';
const jws: SignatureTerms = { kind: 'jws', algorithm, serialization: 'detached', signatureHeader: 'X-JWS-Signature' };
const cms: SignatureTerms = {
  ...{ kind: 'cms-detached', algorithm, envelope: 'p7s-beside', signatureHeader: 'X-Signature' },
  ...{ attributes: 'plain', smimeCapabilities: true },
};
const json = { format: 'json', type: 'list', contentType: 'application/jose' } as const;
const cases = [
  { title: 'JWS', seal: jws, format: json, type: 'application/json', text: '{"status":"VALID"}' },
  { title: 'CMS', seal: cms, format: textFormat, type: textFormat.type, text: listText },
] as const;

describe('a detached signature', () => {
  let theirs: Keyring;
  let door: OpenDoor;
  let agreed: SignatureTerms;
  let received: RawMessage[];

  before(async () => {
    theirs = await testKeyring('XA');
    door = await openDoor({
      receive(raw) {
        received.push(raw);
        return Promise.resolve({ verdict: 'applied' });
      },
      joined: (_, bytes, headers) => joinedMessage(agreed, bytes, headers),
      poll: () => Promise.resolve(undefined),
    });
  });
  after(() => door.close());
  beforeEach(() => {
    received = [];
  });

  const read = (): Promise<VerifiedMessage> => {
    const [raw] = received;
    if (raw === undefined) throw new Error('nothing was received');
    return verify(raw, { ...trustIn(theirs, algorithm, [agreed.kind]), ...agreed }, testNow);
  };
  async function isRead(text: string): Promise<void> {
    using message = await read();
    expect(Buffer.from(message.content).toString()).to.equal(text);
  }

  /** What jwcrypto and openssl sign. */
  function bySomebodyElse({ kind }: SignatureTerms, text: string): string {
    const { key, certificate } = theirs.signer(algorithm);
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    if (kind === 'jws') {
      const program = path.join(import.meta.dirname, '..', 'support', 'signers', 'sign_jws.py');
      const job = { by: 'jwcrypto', header: { alg: 'RS256', typ: 'list' }, payload: text, key: pem, detached: true };
      const printed = execFileSync(debianPython, [program], { input: JSON.stringify([job]) });
      return (JSON.parse(printed.toString()) as string[])[0] ?? '';
    }
    const folder = temporaryFolder();
    for (const [name, content] of Object.entries({ key: pem, pem: certificate.toString(), text }))
      writeFileSync(path.join(folder, name), content);
    const options = ['-md', 'sha256', '-binary', '-outform', 'DER', '-in', 'text', '-signer', 'pem', '-inkey', 'key'];
    return execFileSync('openssl', ['cms', '-sign', ...options], { cwd: folder }).toString('base64');
  }

  for (const { title, seal, format, type, text } of cases) {
    const name = seal.signatureHeader ?? '';

    it(`of ours (${title}) goes beside its message, and is joined to it by the receiver`, async () => {
      agreed = seal;
      const signer = { ...theirs.signer(algorithm), form: seal };
      const { bytes } = await signUnchecked(Buffer.from(text), format, signer, testNow.toISOString());
      const detach = detacher(seal, type);
      if (detach === undefined) throw new Error('nothing is detached');
      expect(detach(bytes).body.toString()).to.equal(text);
      const tls = { ...door.partner, ca: [door.home.ca] };
      const transport = httpsTransport({ url: `https://127.0.0.1:${door.port}`, from: 'XB', tls, detach });
      await transport.send({ ...sealed('m-1'), bytes });
      await transport.close();
      expect(Buffer.from(received[0]?.bytes ?? []).equals(bytes)).to.equal(true);
      await isRead(text);
    });

    it(`by another program (${title}) is taken, and refused over a changed body`, async () => {
      agreed = seal;
      const headers = { 'content-type': type, [name]: bySomebodyElse(seal, text) };
      await door.call({ headers, body: text });
      await isRead(text);
      received = [];
      await door.call({ headers, body: text.replace(/VALID|AEOXB1/u, 'AEOXB2') });
      expect(await refusalCode(read)).to.equal('E_SIGNATURE_INVALID');
    });

    it(`that is missing or is none (${title}) is refused before anything is kept`, async () => {
      agreed = seal;
      expectProblem(await door.call({ headers: { 'content-type': type }, body: text }), 422, 'E_SIGNATURE_MISSING');
      const headers = { 'content-type': type, [name]: 'none of it' };
      expectProblem(await door.call({ headers, body: text }), 422, 'E_SIGNATURE_PROFILE');
      expect(received).to.deep.equal([]);
    });
  }

  it('is not asked of a receipt, which is XML', async () => {
    agreed = jws;
    const receipt = '<Receipt xmlns="urn:mra:receipt:1"/>';
    await door.call({ headers: { 'content-type': 'application/xml' }, body: receipt });
    expect(Buffer.from(received[0]?.bytes ?? []).toString()).to.equal(receipt);
  });
});
