/** Two administrations that exchange one CSV file a day through folders: the names of the files say who issued it, and on which day. */

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileTransport } from '../../gateway/app/file-partners.ts';
import type { PartnerConfig } from '../../gateway/app/config.ts';
import type { FileFolders } from '../../gateway/wire/transport/files.ts';
import type { Transport } from '../../gateway/wire/transport/transport.ts';
import { adaptersFolder } from './adapter-tools.ts';
import type { OpenAdministration } from './administrations.ts';
import { temporaryFolder } from './pki.ts';

export const fileConversation = {
  stream: '{ discipline: dated, revision: replace }',
  fills:
    '{ message: { id: file, kind: { is: full }, from: channel, to: channel, issuedAt: file, nextBy: { from: issuedAt, add: maxAge } } }',
  send: "{ name: 'AEO_{message.from}_{message.issuedAt|zoned:yyyyMMdd}.csv', put: rename, marker: '{file}.ok' }",
  answer: '{ kind: none }',
  receive: "{ name: 'AEO_{message.from}_{message.issuedAt|zoned:yyyyMMdd}.csv', ready: '{file}.ok', then: archive }",
  receiveAnswer: '{ kind: none }',
};

export const fileTemplate = `HDR,AEOLIST
#each records
AEO,{identifier},{name.latin|oneLine},{name.local?|oneLine},{grade|code:grade},{status|code:status},{statusSince},{validFrom},{validTo?},{roles|code:role|join:;}
END,{count:records}
`;

export interface FileAdapter extends Partial<{ readonly [K in keyof typeof fileConversation]: string | undefined }> {
  readonly list?: string;
}

const acknowledgement = 'ACK,{ack.verdict|code:verdict},{ack.subject?},{ack.reason?}\n';
const verdicts = '  verdict: { applied: OK, held: WAIT, rejected: NOK, duplicate: DUP, busy: BUSY }';

/** Writes the adapters into a folder; IL is the partner with files. A file or an answer that is undefined is left out. */
export function writeFileAdapters(folder: string, changes: FileAdapter = {}): void {
  for (const cc of ['cn', 'il']) cpSync(join(adaptersFolder, cc), join(folder, cc), { recursive: true });
  const il = (name: string): string => join(folder, 'il', name);
  rmSync(il('samples'), { recursive: true, force: true }); // of another layout
  const {
    stream,
    fills,
    send,
    answer,
    receive,
    receiveAnswer,
    list = fileTemplate,
  } = { ...fileConversation, ...changes };
  const text = readFileSync(il('adapter.yaml'), 'utf8')
    .replace('transport: https', 'transport: folder')
    .replace('shrink: { percent: 5, records: 5 }', 'shrink: { percent: 5, records: 0 }')
    .replace(/^codes:$/mu, `codes:\n${verdicts}`);
  const parts = [
    `  stream: ${stream}`,
    `  fills: ${fills}`,
    ...(send === undefined ? [] : [`  send: { file: ${send}, answer: ${answer} }`]),
    ...(receive === undefined ? [] : [`  receive: { file: ${receive}, answer: ${receiveAnswer} }`]),
  ];
  writeFileSync(il('adapter.yaml'), `${text}\nlists: { kinds: [full] }\nconversation:\n${parts.join('\n')}\n`);
  writeFileSync(il('list.csv'), list);
  writeFileSync(il('ack.csv'), acknowledgement);
  for (const name of ['list', 'ack'])
    writeFileSync(il(`${name}.schema.json`), JSON.stringify({ $id: `urn:test:${name}`, type: 'array' }));
}

/** Folders of one side: what the other puts, what it puts itself, and what was taken. */
export function dropFolders(): Required<Omit<FileFolders, 'answers'>> {
  const folder = temporaryFolder();
  const folders = { in: join(folder, 'in'), out: join(folder, 'out'), archive: join(folder, 'archive') };
  for (const each of Object.values(folders)) mkdirSync(each);
  return folders;
}

/** Gives the partner of a gateway a transport over these folders, as the settings would. */
export function connectFolders(
  { gateway, config }: OpenAdministration,
  code: string,
  settings: Partial<PartnerConfig>,
  via: 'folder' | 'sftp' = 'folder',
): Transport {
  const partner = gateway.partners.get(code);
  const own = config.partners[code];
  if (partner === undefined || own === undefined) throw new Error(`no partner ${code}`);
  const options = { code, settings: { ...own, ...settings }, config, home: gateway.home };
  const transport = fileTransport(options, partner.adapter, via);
  if (transport === undefined) throw new Error('there are no folders');
  (gateway.partners as Map<string, typeof partner>).set(code, { ...partner, transport });
  return transport;
}
