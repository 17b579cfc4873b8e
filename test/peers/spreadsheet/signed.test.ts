/**
 * The spreadsheet partner where its staff can sign: openssl makes a detached CMS signature beside each workbook, and verifies ours. The folders
 * are on OpenSSH's server.
 */

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lintAdapter } from '../../../gateway/adapter/check/lint.ts';
import { pollPartner } from '../../../gateway/inbound/poll-partners.ts';
import { receiveMessage } from '../../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { findMessage } from '../../../gateway/store/outbox.ts';
import { listInForce } from '../../../gateway/store/streams.ts';
import { adapterTools, adaptersFolder } from '../../support/adapter-tools.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../../support/administrations.ts';
import { connectFolders } from '../../support/file-partner.ts';
import { startPeer, type PeerProgram } from '../../support/peer-program.ts';
import { temporaryFolder } from '../../support/pki.ts';
import { startSshd, type SftpServer } from '../../support/sshd.ts';

const here = import.meta.dirname;
const year = new Date().getUTCFullYear();
const seal =
  "seal: { kind: cms-detached, algorithm: rsa-sha256, envelope: p7s-beside, signatureFile: '{file}.p7s', attributes: plain, smimeCapabilities: true }";
const rows = (count: number): string[][] =>
  Array.from({ length: count }, (_, i) => [
    `FE00${1001 + i}`,
    `Exemple ${i} SA`,
    '1 quai Nord',
    'Port-Neuf',
    'ACTIF',
    '2024-05-20',
  ]);

describe('the spreadsheet partner that signs beside its workbooks', () => {
  let open: OpenAdministrations;
  let server: SftpServer;
  let program: PeerProgram;
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const keyOf = (country: string, ending: 'key' | 'cert'): string =>
    join(open.of(country).config.keys, `signing-rsa.${ending}.pem`);
  const openssl = (...words: readonly string[]): void => void execFileSync('openssl', words, { stdio: 'pipe' });

  before(async () => {
    for (const [cc, from] of [
      ['cn', join(adaptersFolder, 'cn')],
      ['xf', join(here, 'xf')],
    ] as const)
      cpSync(from, at(`adapters/${cc}`), { recursive: true });
    const manifest = at('adapters/xf/adapter.yaml');
    writeFileSync(
      manifest,
      readFileSync(manifest, 'utf8')
        .replace(/^seal: .*$/mu, seal)
        .replace('transport: folder', 'transport: sftp'),
    );
    for (const name of ['from-us', 'to-us', 'done']) mkdirSync(at(name));
    server = await startSshd(at('ssh'));
    open = await openAdministrations({ partners: ['XF'], adapters: at('adapters'), connection: { transport: 'file' } });
    await open.home.save(...operators(3));
    const folders = { in: at('to-us'), out: at('from-us'), archive: at('done') };
    connectFolders(open.home, 'XF', { folders, sftp: server.account }, 'sftp');
    program = startPeer(join(here, 'peer.py'), [at('from-us'), at('to-us'), at('book.json')]);
  });
  after(async () => {
    program.stop();
    await open.close();
    await server.stop();
  });

  const inForce = async (): Promise<string | undefined> => (await listInForce(open.home.gateway.db.sql, 'XF'))?.number;

  /** Puts a workbook, its signature and the marker; the verdict and code of the answer. */
  async function give(
    number: number,
    count: number,
    spoil: (book: string, signature: string) => void = () => undefined,
  ) {
    const [name, book] = [`OEA_${year}0101_${number}.xlsx`, at(`list-${number}.xlsx`)];
    await program.ask('write', book, number, `${year}-01-0${number} 08:00:00`, rows(count));
    const signer = ['-signer', keyOf('XF', 'cert'), '-inkey', keyOf('XF', 'key')];
    openssl(
      'cms',
      '-sign',
      '-binary',
      '-md',
      'sha256',
      '-in',
      book,
      ...signer,
      '-outform',
      'DER',
      '-out',
      `${book}.p7s`,
    );
    spoil(book, `${book}.p7s`);
    for (const ending of ['', '.p7s'])
      if (readdirSync(folder).includes(`list-${number}.xlsx${ending}`))
        renameSync(book + ending, at(`to-us/${name}${ending}`));
    writeFileSync(at(`to-us/${name}.ok`), '');
    await pollPartner(open.home.gateway, 'XF', (raw) => receiveMessage(open.home.gateway, raw));
    await deliverDue(open.home.gateway, 'XF');
    const answer = at(`from-us/${name.replace('.xlsx', '_resultat.xlsx')}`);
    const [[, , , verdict] = [], [, , , code] = []] = (await program.ask('show', answer)) as unknown[][];
    return [verdict, code];
  }

  it('has an adapter in which lint finds no error', async () => {
    const found = await lintAdapter(at('adapters/xf'), adapterTools);
    expect(found.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  });

  it('has its list taken with the evidence of a signature, and both files put aside', async () => {
    expect(await give(1, 6)).to.deep.equal(['ACCEPTÉ', null]);
    expect((await listInForce(open.home.gateway.db.sql, 'XF'))?.evidence).to.equal('signed');
    expect([readdirSync(at('to-us')), readdirSync(at('done')).length]).to.deep.equal([[], 2]);
  });

  it('has a workbook that was changed, one without its signature, and one under the signature of another refused', async () => {
    expect(await give(2, 6, (book) => appendFileSync(book, 'x'))).to.deep.equal(['REFUSÉ', 'E_SIGNATURE_INVALID']);
    expect(await give(3, 6, (_, signature) => rmSync(signature))).to.deep.equal(['REFUSÉ', 'E_SIGNATURE_MISSING']);
    const other = (_: string, signature: string): void => cpSync(at(`done/OEA_${year}0101_1.xlsx.p7s`), signature);
    expect(await give(4, 6, other)).to.deep.equal(['REFUSÉ', 'E_SIGNATURE_INVALID']);
    expect(await inForce()).to.equal(`XF/${year}/00001`);
  });

  it('is held by the same guard as every other', async () => {
    expect(await give(5, 2)).to.deep.equal(['EN EXAMEN', 'list_shrinks']);
  });

  it('gets our workbook with a signature beside it that openssl verifies, and answers it', async () => {
    const built = await sendList(open.home.gateway, 'XF', { renew: true });
    await deliverDue(open.home.gateway, 'XF');
    const name = readdirSync(at('from-us')).find((each) => /^AEO_\d+_1\.xlsx$/u.test(each)) ?? '';
    const content = ['-content', at(`from-us/${name}`), '-certfile', keyOf('CN', 'cert'), '-out', at('verified')];
    openssl('cms', '-verify', '-binary', '-noverify', '-inform', 'DER', '-in', at(`from-us/${name}.p7s`), ...content);
    expect(readFileSync(at('verified')).equals(readFileSync(at(`from-us/${name}`)))).to.equal(true);
    await program.ask('take', name);
    for (const _ of [1, 2]) await pollPartner(open.home.gateway, 'XF', () => Promise.reject(new Error('no list')));
    expect(await findMessage(open.home.gateway.db.sql, built?.list.id ?? '')).to.include({ state: 'ACCEPTED' });
  });
});
