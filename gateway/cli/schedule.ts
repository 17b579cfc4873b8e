/** `mra schedule`: the next list to each partner, when it is due, and why one waits. */

import type { Command } from 'commander';
import texts from '../../schemas/code-explanations.json' with { type: 'json' };
import { getPartner, type Gateway } from '../gateway.ts';
import { momentOf } from '../model/day.ts';
import type { ListCause } from '../model/list/list-schedule.ts';
import { shownSchedule, type WaitReason } from '../outbound/scheduled-lists.ts';
import { withReading, type CliContext } from './context.ts';

type Texts = Readonly<Record<ListCause | WaitReason, { readonly means: string }>>;
const scheduleTexts: Texts = texts.schedule;

export function scheduleCommand(program: Command, context: CliContext): void {
  program
    .command('schedule [partner]')
    .description('the next list to each partner, when it is due, and why one waits')
    .action((partner?: string) => withReading(context, (gateway) => showSchedule(context, gateway, partner)));
}

async function showSchedule({ out }: CliContext, gateway: Gateway, partner?: string): Promise<void> {
  const partners = partner === undefined ? [...gateway.partners.values()] : [getPartner(gateway, partner)];
  const now = momentOf(gateway.now());
  const lists = await shownSchedule(gateway, partners);
  out.result(
    lists,
    lists.map(({ partner: code, next, at, waits, zone }) => ({
      partner: code,
      next: next ?? '',
      at: at === null ? '' : at <= now ? 'now' : shownIn(zone, at),
      waits: waits ?? '',
    })),
  );
  for (const code of new Set(lists.flatMap(({ next, waits }) => waits ?? next ?? [])))
    out.note(`${code}: ${scheduleTexts[code].means}`);
  const first = lists.find(({ waits }) => waits === 'first_list');
  out.next(first === undefined ? 'mra doctor' : `mra list send ${first.partner}`);
}

/** `2026-11-30 01:30 Asia/Seoul` */
function shownIn(timeZone: string, moment: string): string {
  const shown = new Date(moment).toLocaleString('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return `${shown} ${timeZone}`;
}
