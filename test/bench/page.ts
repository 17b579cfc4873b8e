/** Writes docs/benchmarks.md and its plot from one run. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFolder } from '../../gateway/app/config.ts';
import { listBars, messageBars, throughputBars } from './bars.ts';
import type { SizeResult } from './lists.ts';
import type { Circumstances } from './machine.ts';
import type { MessageResult } from './messages.ts';
import type { NamesResult } from './names.ts';
import { plotLists } from './plot.ts';
import * as tables from './tables.ts';
import type { ThroughputResult } from './throughput.ts';

export interface Measured {
  readonly circumstances: Circumstances;
  readonly runs: number;
  readonly lists: readonly SizeResult[];
  readonly names: readonly NamesResult[];
  readonly messages: readonly MessageResult[];
  readonly throughput: readonly ThroughputResult[];
}

/** Says which files it wrote. */
export function writePage(measured: Measured): string[] {
  const [page, plot] = ['benchmarks.md', 'benchmarks.svg'].map((name) => join(programFolder, 'docs', name));
  if (page === undefined || plot === undefined) return [];
  writeFileSync(page, text(measured));
  writeFileSync(plot, plotLists(measured.lists));
  return [page, plot];
}

function text({ circumstances, runs, lists, names, messages, throughput }: Measured): string {
  const { at, commit, machine, versions } = circumstances;
  const profiled = lists.findLast(({ out }) => out.profile !== undefined);
  return `# Benchmarks

Written by \`npm run bench -- lists --write\` on ${at.slice(0, 10)}, at commit ${commit}. Not edited by hand.

${markdown([{ ...machine }])}
${Object.entries(versions)
  .map(([name, version]) => `${name} ${version}`)
  .join(' · ')}

## The bars

${markdown(tables.barRows([...listBars(lists, names), ...messageBars(messages), ...throughputBars(throughput)]))}
## Whole lists

A full list in the format of the KR profile (XML, XSD, RSA-2048 signature) of that many operators; about 8 % more are in the store and not eligible. Names as companies have them: of
ten one holds an ampersand, one a quotation mark or apostrophe, some a backslash, a less-than sign or characters beyond the basic plane; each operator has a Chinese name as well.
Built from an embedded store and received into an empty one, both with every commit on the disk (WAL, synced after each commit). Each direction and size in a process of its own.
Measured before a peer is started. *Cold*: the first list of a fresh process, median of three. *Warm*: median of at least ${runs}, on a store nobody has worked on. *Without commit*: without the steps that
only concern the own store, as no peer has one: the commit, and keeping the raw bytes. *cpu*: of all threads of the process. *loop*: longest time the event loop came late.
*MB*: resident memory of the process, at most until the first list was done, and after all of some twenty lists, whose garbage the engine is in no hurry to collect.

${markdown(tables.sizeRows(lists))}
![Milliseconds against records](benchmarks.svg)

Milliseconds by step, warm. Out: as \`buildList\` tells them. In: within one \`receiveMessage\`, taken where it first touches its store, schema, decoder, clock and ids.

${markdown(tables.stepRows(lists, 'out'))}
${markdown(tables.stepRows(lists, 'in'))}
The serving gateway takes such lists in a second thread. The same lists in a thread that starts for them; for lists beyond the agreed size the verdict is *held*:

${markdown(tables.threadRows(lists))}
## The peers

On the same finished document, run by turns with ours; a ratio is the median of the ratios of neighbouring runs, above 1 where the gateway is faster.
*native*: \`xmllint --schema\`, then \`xmlsec1\`, two processes with their start. *jdk*: Xerces and \`javax.xml.crypto\` of the JDK in one JVM, parsing with the schema attached, as warm as
ours; what it takes to write the signed document out again is told beside, and not counted. Neither reads records, builds or decodes a list,
compares or stores anything. With a JVM waiting beside it the gateway takes longer to commit than alone; ratios include that.

${lists.some(({ out }) => Object.keys(out.peers).length > 0) ? markdown(tables.peerRows(lists)) : 'No peer was installed.\n'}
## Messages of one record

The partner holds the full list; then names of operators change (not timed). *Out, in a row*: 500 changed (all, of a shorter list), and \`sendList\` makes a message for each, sealed side
by side, queued and committed together. *Out, one by one*: one operator changes, one message is sealed, one commit is waited for. *In over HTTPS*: the doors are open as \`mra serve\` opens
them, in the same process; the sender posts one message after the other over one connection, TLS with certificates of both, each from the POST to the signed receipt in its hands. *Of it
receiveMessage*: one signature verified, receipt and reply signed, two commits. Against bare RSA-2048 of one core in the same run: signatures, and pairs of a verification and a signature.

${markdown(tables.messageRows(messages))}
## Messages of four partners

Lists of one changed record of four partners, in XML and in JSON, over two connections of each, against one store. A message is in once it was verified and applied, and its receipt, signed, is in the hands of its sender.
Bare: one commit that waits for the disk, one verification and two signatures, one after the other on one thread. *At half*: half of that rate is offered, and each message is timed from the moment it is due.

${markdown(tables.throughputRows(throughput))}
${profiled === undefined ? '' : limits(profiled)}`;
}

function limits(result: SizeResult): string {
  const { records, bytes, out, in: into } = result;
  const megabytes = (bytes / 1e6).toFixed(1);
  return `## What limits it

CPU profile of one warm list of ${records} records (${megabytes} MB signed), milliseconds of its own by place; what the engine runs natively is booked to the file that called it.

Out:

${markdown(tables.profileRows(out))}
In:

${markdown(tables.profileRows(into))}
Beside it, bare operations over the same ${megabytes} MB, once each: what libxml2 takes to parse and to canonicalise, which a document that is canonical already does not need, and what nobody can do without:

${markdown(tables.partRows(into))}`;
}

function markdown(rows: readonly tables.Row[]): string {
  const [first] = rows;
  if (first === undefined) return 'Not measured.\n';
  const titles = Object.keys(first);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
  return (
    line(titles) +
    line(titles.map(() => '---')) +
    rows.map((row) => line(titles.map((title) => row[title] ?? ''))).join('')
  );
}
