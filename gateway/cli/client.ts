/** `mra client add|list|rotate|revoke`: the systems that may ask at the border, and what each may ask. */

import type { Command } from 'commander';
import { addClient, revokeClient, rotateClient, shownClients, type Given } from '../app/client-decisions.ts';
import type { Gateway } from '../gateway.ts';
import { readScopes, scopes as allScopes, type Scope } from '../model/client.ts';
import { momentOf } from '../model/day.ts';
import { allClients } from '../store/clients.ts';
import { withGateway, withReading, type CommandContext } from './context.ts';
import { account, readInput, wholeNumber } from './input.ts';

type ClientContext = CommandContext<Pick<Gateway, 'db' | 'now' | 'random'>>;

interface AddOptions {
  readonly scope: readonly Scope[];
  readonly rate?: number;
  readonly certificate?: string;
  readonly reason?: string;
  readonly as?: string;
}

interface RotateOptions extends Omit<AddOptions, 'scope' | 'rate'> {
  readonly grace: number;
}

export function clientCommands(program: Command, context: ClientContext): void {
  const client = program.command('client').description('the systems that may ask at the border, and what each may ask');
  withDecision(client.command('add <name>').description('a client with a new token, which is shown once'))
    .requiredOption('--scope <scopes>', `what it may ask: ${allScopes.join(',')}`, scopesIn)
    .option('--rate <n>', 'requests that it may send in a second, to each gateway', wholeNumber('--rate'))
    .action((name: string, options: AddOptions) => add(context, name, options));
  client
    .command('list')
    .description('clients, what they may ask, and when they last did')
    .action(() => list(context));
  withDecision(client.command('rotate <name>').description('a new token; those before count for some days more'))
    .option('--grace <days>', 'for how many days those before count', wholeNumber('--grace', 0), 7)
    .action((name: string, options: RotateOptions) => rotate(context, name, options));
  client
    .command('revoke <name>')
    .description('refuse a client from now on, whatever it proves itself with')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--as <person>', 'who decides (default: the account)')
    .action((name: string, options: { readonly reason: string; readonly as?: string }) =>
      revoke(context, name, options),
    );
}

function withDecision(command: Command): Command {
  return command
    .option(
      '--certificate <file>',
      'its client certificate in place of a token; the settings name the authority (border.tls)',
    )
    .option('--reason <text>', 'why, for the log')
    .option('--as <person>', 'who decides (default: the account)');
}

const scopesIn = (text: string): readonly Scope[] => readScopes(text.split(','), '--scope');

const pemOf = (file: string | undefined): string | undefined =>
  file === undefined ? undefined : readInput(file).toString();

async function add(
  context: ClientContext,
  name: string,
  { scope: scopes, certificate, as: person = account(), ...options }: AddOptions,
): Promise<void> {
  const decision = { ...options, scopes, person, certificate: pemOf(certificate) };
  const given = await withGateway(context, (gateway) => addClient(gateway, name, decision));
  show(context, { client: name, scopes, ...given });
}

async function rotate(
  context: ClientContext,
  name: string,
  { grace, reason, certificate, as: person = account() }: RotateOptions,
): Promise<void> {
  const decision = { reason, person, certificate: pemOf(certificate), graceSeconds: grace * 24 * 3600 };
  const given = await withGateway(context, (gateway) => rotateClient(gateway, name, decision));
  show(context, { client: name, ...given });
}

/** The token alone is on standard output. */
function show(
  { out }: ClientContext,
  { client, scopes, token, fingerprint, othersUntil }: Given & { client: string; scopes?: readonly Scope[] },
): void {
  const others = othersUntil === undefined ? {} : { others_until: othersUntil };
  if (out.format === 'json') out.json({ client, ...(scopes && { scopes }), token, fingerprint, ...others });
  else out.print(token ?? fingerprint ?? '');
  if (othersUntil !== undefined) out.note(`What it had before counts until ${othersUntil}.`);
  out.note(
    token === undefined
      ? 'It asks with this certificate over TLS (border.tls of the settings).'
      : 'Give the token to the client over a way that only it can read; it is not shown again. It sends: Authorization: Bearer TOKEN',
  );
  out.next('mra client list');
}

async function list(context: ClientContext): Promise<void> {
  const { out } = context;
  const shown = shownClients(await withReading(context, ({ db }) => allClients(db.sql)));
  const now = momentOf(new Date());
  out.result(
    shown,
    shown.map(({ client, scopes, rate, state, last_use: last, credentials: own, reason }) => ({
      ...{ client, scopes: scopes.join(','), rate: rate ?? '', state },
      credentials: own
        .filter(({ until }) => until === null || until > now)
        .map(({ id }) => id.slice(0, 12))
        .join(' '),
      ...{ last_use: last ?? '', reason: reason ?? '' },
    })),
  );
  if (shown.length === 0) out.note('Nobody may ask at the border yet.');
  out.next(shown.length === 0 ? 'mra client add NAME --scope check' : 'mra client rotate NAME');
}

async function revoke(
  context: ClientContext,
  name: string,
  { reason, as: person = account() }: { readonly reason: string; readonly as?: string },
): Promise<void> {
  const { out } = context;
  const at = await withGateway(context, (gateway) => revokeClient(gateway, name, { reason, person }));
  if (out.format === 'json') out.json({ client: name, revoked: at });
  else out.print(`${name}: revoked; gateways that serve refuse it within a second`);
  out.next('mra client list');
}
