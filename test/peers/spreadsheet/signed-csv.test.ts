/** The spreadsheet partner with CSV in place of workbooks, and a detached CMS signature of openssl beside each file: in a folder, and by hand at the office. */

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiveBrought } from '../../../gateway/inbound/brought-files.ts';
import { pollPartner } from '../../../gateway/inbound/poll-partners.ts';
import { receiveMessage } from '../../../gateway/inbound/receive-message.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { listInForce } from '../../../gateway/store/streams.ts';
import { adaptersFolder } from '../../support/adapter-tools.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../../support/administrations.ts';
import { connectFolders } from '../../support/file-partner.ts';
import { temporaryFolder } from '../../support/pki.ts';

const year = new Date().getUTCFullYear();
const seal =
  "seal: { kind: cms-detached, algorithm: rsa-sha256, envelope: p7s-beside, signatureFile: '{file}.p7s', attributes: plain, smimeCapabilities: true }";

describe('the spreadsheet partner with signed CSV', () => {
  let open: OpenAdministrations;
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  const change = (name: string, edit: (text: string) => string): void =>
    writeFileSync(at(`adapters/xf/${name}`), edit(readFileSync(at(`adapters/xf/${name}`), 'utf8')));
  before(async () => {
    cpSync(join(adaptersFolder, 'cn'), at('adapters/cn'), { recursive: true });
    cpSync(join(import.meta.dirname, 'xf'), at('adapters/xf'), { recursive: true });
    for (const name of ['list', 'result']) {
      change(`${name}.xlsx.csv`, (text) =>
        text
          .replace(/^#sheet .*\n/mu, '')
          .replaceAll('|number', '')
          .replace('date:excel', 'date:yyyy-MM-dd'),
      );
      renameSync(at(`adapters/xf/${name}.xlsx.csv`), at(`adapters/xf/${name}.csv`));
    }
    change('adapter.yaml', (text) =>
      text
        .replace(/^seal: .*$/mu, seal)
        .replaceAll('.xlsx.csv', '.csv')
        .replaceAll('.xlsx', '.csv')
        .replace('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'text/csv; charset=utf-8'),
    );
    for (const name of ['from-us', 'to-us', 'done']) mkdirSync(at(name));
    open = await openAdministrations({ partners: ['XF'], adapters: at('adapters'), connection: { transport: 'file' } });
    await open.home.save(...operators(3));
    connectFolders(open.home, 'XF', { folders: { in: at('to-us'), out: at('from-us'), archive: at('done') } });
  });
  after(() => open.close());

  const keyOf = (country: string, ending: 'key' | 'cert'): string =>
    join(open.of(country).config.keys, `signing-rsa.${ending}.pem`);
  const nameOf = (number: number): string => `OEA_${year}0101_${number}.csv`;
  const evidence = async () => {
    const list = await listInForce(open.home.gateway.db.sql, 'XF');
    return [list?.number, list?.evidence];
  };

  /** A list of six operators and its signature. */
  function signed(number: number): { readonly csv: Buffer; readonly signature: Buffer } {
    const rows = [1, 2, 3, 4, 5, 6].map((i) => `${i},FE00100${i},Exemple ${i},1 quai Nord,Port-Neuf,ACTIF,2024-05-20`);
    const head = [
      `Liste no,${number},Émise le,${year}-01-0${number} 08:00:00`,
      'No,Numéro,Nom,Adresse,Ville,Statut,Depuis',
    ];
    writeFileSync(at('list.csv'), `${[...head, ...rows, 'Total,6'].join('\r\n')}\r\n`);
    const signer = ['-signer', keyOf('XF', 'cert'), '-inkey', keyOf('XF', 'key'), '-outform', 'DER'];
    const words = [
      'cms',
      '-sign',
      '-binary',
      '-md',
      'sha256',
      '-in',
      at('list.csv'),
      ...signer,
      '-out',
      at('list.p7s'),
    ];
    execFileSync('openssl', words, { stdio: 'pipe' });
    return { csv: readFileSync(at('list.csv')), signature: readFileSync(at('list.p7s')) };
  }

  async function give(number: number, csv: Buffer, signature: Buffer): Promise<string | undefined> {
    writeFileSync(at(`to-us/${nameOf(number)}`), csv);
    writeFileSync(at(`to-us/${nameOf(number)}.p7s`), signature);
    writeFileSync(at(`to-us/${nameOf(number)}.ok`), '');
    let reason: string | undefined;
    await pollPartner(open.home.gateway, 'XF', async (raw) => {
      const result = await receiveMessage(open.home.gateway, raw);
      reason = result.reason ?? result.verdict;
      return result;
    });
    return reason;
  }

  it('has its list taken with the evidence of a signature, and one that was changed refused', async () => {
    const { csv, signature } = signed(1);
    expect(await give(1, csv, signature)).to.equal('applied');
    expect(await evidence()).to.deep.equal([`XF/${year}/00001`, 'signed']);
    expect(await give(2, Buffer.from(signed(2).csv.toString().replace('ACTIF', 'SUSPENDU')), signature)).to.equal(
      'E_SIGNATURE_INVALID',
    );
    expect(await evidence()).to.deep.equal([`XF/${year}/00001`, 'signed']);
  });

  it('has a list that our staff bring with its signature taken at once, and refused without', async () => {
    const bearer = { person: 'li.na', isOfPartner: false };
    const bring = async (number: number, isSigned: boolean) => {
      const { csv: bytes, signature } = signed(number);
      const file = { name: nameOf(number), bytes, ...(isSigned && { signature }) };
      return await receiveBrought(open.home.gateway, 'XF', file, bearer);
    };
    expect(await bring(3, true)).to.include({ verdict: 'applied' });
    expect(await evidence()).to.deep.equal([`XF/${year}/00003`, 'signed']);
    expect((await bring(4, false)).reason).to.equal('E_SIGNATURE_MISSING');
  });

  it('gets our CSV with a signature beside it that openssl verifies', async () => {
    await sendList(open.home.gateway, 'XF', { renew: true });
    await deliverDue(open.home.gateway, 'XF');
    const name = readdirSync(at('from-us')).find((each) => /^AEO_\d+_1\.csv$/u.test(each)) ?? '';
    rmSync(at('verified'), { force: true });
    const content = ['-content', at(`from-us/${name}`), '-certfile', keyOf('CN', 'cert'), '-out', at('verified')];
    const words = ['cms', '-verify', '-binary', '-noverify', '-inform', 'DER', '-in', at(`from-us/${name}.p7s`)];
    execFileSync('openssl', [...words, ...content], { stdio: 'pipe' });
    expect(readFileSync(at('verified')).equals(readFileSync(at(`from-us/${name}`)))).to.equal(true);
  });
});
