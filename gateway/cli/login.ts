/** `mra login|logout`: a personal token by which the command line works as a person who is signed in; and who decides by it. */

import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../app/config.ts';
import type { Gateway } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import { openAttempts } from '../people/attempts.ts';
import { listPeople, signedInDecider, type PeopleGateway, type Person } from '../people/people.ts';
import { requireMay, type Permission } from '../people/roles.ts';
import { endToken, listTokens, mostTokenDays, personOfToken, signInForToken, tokenId } from '../people/tokens.ts';
import type { Decider } from '../store/approvals.ts';
import { withGateway, type CommandContext } from './context.ts';
import { account, readInput, wholeNumber, writeOutput } from './input.ts';
import type { Output } from './output.ts';
import { askSecret } from './terminal.ts';

type SignedInGateway = Pick<Gateway, 'db' | 'now' | 'random'> & { readonly config: Pick<Config, 'login'> };
type LoginContext = CommandContext<SignedInGateway>;

interface LoginOptions {
  readonly hours: number;
  readonly days?: number;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
}

export function loginCommands(program: Command, context: LoginContext): void {
  program
    .command('login [name]')
    .description('sign in at the command line: by name and password, or by a token that the console made')
    .option('--hours <n>', 'how long the token counts', wholeNumber('--hours'), 12)
    .option('--days <n>', `the same in days, ${mostTokenDays} at most`, wholeNumber('--days'))
    .option('--password-file <file>', 'the file with the password (default: asked for at the terminal)')
    .option('--token-file <file>', 'without a name: the file with the token (default: asked for at the terminal)')
    .action((name: string | undefined, options: LoginOptions) =>
      withGateway(context, (gateway) => login(context, gateway, name, options)),
    );
  program
    .command('logout')
    .description('end the token of the command line')
    .action(() => withGateway(context, (gateway) => logout(context, gateway)));
}

async function login(
  { out }: LoginContext,
  gateway: SignedInGateway,
  name: string | undefined,
  { hours, days, passwordFile, tokenFile }: LoginOptions,
): Promise<void> {
  const seconds = days === undefined ? hours * 3600 : days * 86_400;
  if (seconds > mostTokenDays * 86_400)
    throw new GatewayError('E_REQUEST_INVALID', `a token counts for ${mostTokenDays} days at most`, { at: '--days' });
  const token =
    name === undefined
      ? await secretFrom(tokenFile, 'Token: ', '--token-file')
      : await byPassword(gateway, name, seconds, await secretFrom(passwordFile, 'Password: ', '--password-file'));
  const person = await personOfToken(gateway, token);
  if (person === undefined) throw tokenRefused();
  const { file } = gateway.config.login;
  if (file === undefined)
    throw new GatewayError('E_CONFIG_INVALID', 'there is no home folder to keep the token in', {
      fix: 'Set HOME, or give the token in MRA_TOKEN.',
    });
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeOutput(file, `${token}\n`, undefined, 0o600);
  const until = (await listTokens(gateway.db.sql, person.id)).find(({ id }) => id === tokenId(token))?.until;
  const result = { person: person.id, name: person.name, roles: person.roles, until, file };
  out.result(result, [{ ...result, roles: person.roles.join(' ') }]);
  out.next('mra list show PARTNER');
}

async function byPassword(gateway: SignedInGateway, id: string, seconds: number, password: string): Promise<string> {
  const from = { address: 'command line', browser: undefined };
  const { db, now, random } = gateway;
  const attempts = openAttempts(now);
  return (await signInForToken({ db, now, random, attempts }, { id: id.toLowerCase(), password, from }, seconds)).token;
}

/** Throws E_REQUEST_INVALID where nobody can be asked. */
async function secretFrom(file: string | undefined, question: string, option: string): Promise<string> {
  const text = file === undefined ? await askSecret(question) : readInput(file).toString();
  const secret = text?.trim() ?? '';
  if (secret !== '') return secret;
  throw new GatewayError('E_REQUEST_INVALID', 'there is no secret, and no terminal to ask at', {
    at: option,
    fix: `Give ${option} FILE.`,
  });
}

async function logout({ out }: LoginContext, gateway: SignedInGateway): Promise<void> {
  const { token, file } = gateway.config.login;
  const person = token === undefined ? undefined : await personOfToken(gateway, token);
  if (person !== undefined && token !== undefined) await endToken(gateway, person.id, tokenId(token));
  if (file !== undefined) rmSync(file, { force: true });
  out.result({ person: person?.id ?? null }, [{ 'signed out': person?.id ?? 'nobody' }]);
}

const tokenRefused = (): GatewayError =>
  new GatewayError('E_SESSION_MISSING', 'the token of the command line does not count, or not any more', {
    fix: 'mra login NAME signs in.',
  });

/** Options of a decision that takes two people. */
export interface DecidingOptions {
  readonly as?: string;
  readonly reason?: string;
}

const asTyped = 'who decides, where nobody can sign in yet (default: the account); otherwise mra login says it';

export function decidingOptions(command: Command): Command {
  return command.option('--as <person>', asTyped).option('--reason <text>', 'why, for the log');
}

/** Options of what one person may stop. */
export function stoppingOptions(command: Command): Command {
  return command.requiredOption('--reason <text>', 'why, for the log').option('--as <person>', asTyped);
}

/**
 * Who decides what takes two people: the person of the token. Only while nobody can sign in here, the name that was typed counts: there is
 * nobody else yet, and the log says that it was typed. Throws E_SESSION_MISSING, E_ROLE_MISSING, E_REQUEST_INVALID (--as names another).
 */
export async function deciderHere(
  gateway: SignedInGateway,
  out: Output,
  permission: Permission,
  { as, reason }: DecidingOptions,
): Promise<Decider> {
  const signedIn = await signedInHere(gateway);
  if (signedIn !== undefined) {
    requireMay(signedIn, permission);
    requireSame(signedIn.id, as);
    return signedInDecider(signedIn.id, permission, reason);
  }
  const people = await listPeople(gateway.db.sql);
  if (people.some(({ hasPassword, hasSubject }) => hasPassword || hasSubject))
    throw new GatewayError('E_SESSION_MISSING', 'two people decide this, and each must be signed in', {
      fix: 'mra login NAME signs in at the command line; the pages of the office do the same.',
    });
  out.note('Nobody can sign in here yet, so the name counts as it was typed, and the log says so: mra person add.');
  return { person: as ?? account(), reason };
}

/**
 * Who stops something, which one person may do at once: the person of the token, or the name that was typed, so that a stop never waits for
 * a password. Throws E_SESSION_MISSING, E_ROLE_MISSING, and E_REQUEST_INVALID where the two differ.
 */
export async function stopperHere(gateway: SignedInGateway, permission: Permission, as?: string): Promise<string> {
  const signedIn = await signedInHere(gateway);
  if (signedIn === undefined) return as ?? account();
  requireMay(signedIn, permission);
  requireSame(signedIn.id, as);
  return signedIn.id;
}

function requireSame(person: string, as: string | undefined): void {
  if (as !== undefined && as !== person)
    throw new GatewayError('E_REQUEST_INVALID', `the command line is signed in as ${person}`, {
      at: '--as',
      fix: 'Leave --as out, or sign in as the other person: mra login NAME.',
    });
}

/** Throws E_SESSION_MISSING for a token that does not count. */
async function signedInHere(gateway: PeopleGateway & SignedInGateway): Promise<Person | undefined> {
  const { token } = gateway.config.login;
  if (token === undefined) return undefined;
  const person = await personOfToken(gateway, token);
  if (person === undefined) throw tokenRefused();
  return person;
}
