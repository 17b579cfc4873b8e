/** `mra key rotate-tls`: a TLS key of ours that replaces the present one, for all partners. */

import type { Command } from 'commander';
import { rotateTls } from '../app/tls-rollover.ts';
import { withGateway, type CliContext, type OpenGateway } from './context.ts';
import { momentAt, writeOutput } from './input.ts';
import { deciderHere, decidingOptions, type DecidingOptions } from './login.ts';

interface RotateTlsOptions extends DecidingOptions {
  readonly from?: string;
  readonly out?: string;
}

export function tlsCommand(key: Command, context: CliContext): void {
  decidingOptions(
    key
      .command('rotate-tls')
      .description('make a new TLS key, which takes the place of the present one on its day')
      .option('--from <day>', 'the day or moment from which it is used (default: in 14 days)')
      .option('--out <file>', 'write its certificate to this file, for the partners to register'),
  ).action((options: RotateTlsOptions) => withGateway(context, (gateway) => rotateOurTls(context, gateway, options)));
}

async function rotateOurTls(
  { out }: CliContext,
  gateway: OpenGateway,
  { from: day, out: file, ...options }: RotateTlsOptions,
): Promise<void> {
  const { person } = await deciderHere(gateway, out, 'keys.decide', options);
  const begins = momentAt(day, gateway.home.timeZone);
  const { certificate, fingerprint, from, announced } = await rotateTls(gateway, { from: begins, person });
  if (file !== undefined) writeOutput(file, certificate.toString(), 'the key is stored');
  out.result({ fingerprint, from, announced, file: file ?? null }, [
    { fingerprint, from, 'announced to': announced.join(', ') },
  ]);
  out.note(
    'The other partners register it beside the present one before that day: mra partner certificate HOME FILE --use tls.',
  );
  out.next('mra key export PARTNER --purpose tls-next');
}
