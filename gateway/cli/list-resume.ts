/** `mra list resume`: after a restore a person says that what was lost was repeated, and lists go again. */

import type { Command } from 'commander';
import { getPartner } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import { GatewayError } from '../model/errors.ts';
import { largestNumber } from '../model/list/list.ts';
import type { GivenNumber } from '../store/database.ts';
import { numbersOf } from '../store/given-numbers.ts';
import { knowsGivenNumbers, resumeLists } from '../store/older-store.ts';
import { withGateway, type CliContext, type OpenGateway } from './context.ts';

interface ResumeOptions {
  readonly as: string;
  readonly last: readonly string[];
}

export function resumeCommand(list: Command, context: CliContext): void {
  list
    .command('resume')
    .description('send lists again after a restore, once our operators were imported and decisions repeated')
    .requiredOption('--as <person>', 'who decides')
    .option(
      '--last <partner=number>',
      'the last number of ours that a partner holds; for several partners, several times',
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .action((options: ResumeOptions) => withGateway(context, (gateway) => resume(context, gateway, options)));
}

async function resume({ out }: CliContext, gateway: OpenGateway, { as: person, last }: ResumeOptions): Promise<void> {
  const streams = await numbersOf(gateway.db.sql);
  const stated = last.map((text) => numberIn(gateway, streams, text));
  if (!(await knowsGivenNumbers(gateway.db.sql))) requireNumbers(gateway, streams, stated);
  const resumed = await resumeLists(gateway.db, { person, at: momentOf(gateway.now()), last: stated });
  if (resumed) gateway.log.info('lists go again', { count: streams.length });
  out.result({ person, resumed }, [{ person, resumed: resumed ? 'yes' : 'no list waited' }]);
  out.next('mra schedule');
}

/** A number counts in the present epoch or period of the stream. */
function numberIn(gateway: OpenGateway, streams: readonly GivenNumber[], text: string): GivenNumber {
  const [, code = '', number = ''] = /^([^=]*)=(\d{1,10})$/u.exec(text) ?? [];
  const sequence = Number(number);
  if (code === '' || sequence > largestNumber) {
    const fix = 'Write for example --last KR=57.';
    throw new GatewayError('E_REQUEST_INVALID', '--last takes a partner and a number', { at: '--last', fix });
  }
  const name = `${getPartner(gateway, code).code}/out`;
  const { epoch = 1 } = streams.find((each) => each.name === name) ?? {};
  return { name, epoch, sequence };
}

/** A partner to whom numbers are all that a list states would take one that it has already for a repetition. */
function requireNumbers(
  { partners }: OpenGateway,
  streams: readonly GivenNumber[],
  stated: readonly GivenNumber[],
): void {
  const open = [...partners.values()].filter(({ code, adapter }) => {
    const isOurs = ({ name }: GivenNumber): boolean => name === `${code}/out`;
    return adapter.stream.discipline === 'numbered' && streams.some(isOurs) && !stated.some(isOurs);
  });
  if (open.length === 0) return;
  const codes = open.map(({ code }) => code).join(', ');
  const fix = 'Ask each of them, and write for example --last KR=57.';
  throw new GatewayError('E_REQUEST_INVALID', `the last number that ${codes} holds is not known`, {
    at: '--last',
    fix,
  });
}
