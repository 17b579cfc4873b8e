/** `mra person add|list|role|link|disable|enable`: the people who may sign in at the office, and their roles. */

import type { Command } from 'commander';
import type { Config } from '../app/config.ts';
import { getPartner, type Gateway } from '../gateway.ts';
import { GatewayError } from '../model/errors.ts';
import {
  addPerson,
  listPeople,
  makeLink,
  setRoles,
  setState,
  setSubject,
  type PasswordLink,
  type Person,
} from '../people/people.ts';
import { subjectKey } from '../people/provider-sign-in.ts';
import { readRoles, roles } from '../people/roles.ts';
import { withGateway, withReading, type CommandContext } from './context.ts';
import { account } from './input.ts';

type PersonContext = CommandContext<
  Pick<Gateway, 'db' | 'now' | 'random' | 'partners'> & { readonly config: Pick<Config, 'office'> }
>;

export function personCommands(program: Command, context: PersonContext): void {
  const person = program.command('person').description('people who may sign in at the office, and their roles');
  addCommand(person, context);
  person
    .command('list')
    .description('all people and their roles')
    .action(() => withReading(context, async ({ db }) => list(context, await listPeople(db.sql))));
  by(person.command('role <name> [roles...]').description('give a person these roles and no others')).action(
    (id: string, given: string[], { as }: ByOptions) =>
      withGateway(context, async (gateway) =>
        list(context, [await setRoles(gateway, id, readRoles(given), as ?? account())]),
      ),
  );
  by(
    person
      .command('subject <name> <subject>')
      .description('by which the identity provider names a person (claim sub): it may sign in by it from now on'),
  ).action((id: string, subject: string, { as }: ByOptions) =>
    withGateway(context, async (gateway) =>
      list(context, [await setSubject(gateway, id, keyOf(gateway, subject), as ?? account())]),
    ),
  );
  by(
    person.command('link <name>').description('a new link to set a password; earlier ones do not work any more'),
  ).action((id: string, { as }: ByOptions) =>
    withGateway(context, async (gateway) =>
      showLink(context, gateway, id, await makeLink(gateway, id, as ?? account())),
    ),
  );
  for (const [verb, state] of [['disable', 'disabled'] as const, ['enable', 'active'] as const])
    by(person.command(`${verb} <name>`).description(stateTexts[state]))
      .requiredOption('--reason <text>', 'why, for the log')
      .action((id: string, { as, reason }: ByOptions & { reason: string }) =>
        withGateway(context, async (gateway) =>
          list(context, [await setState(gateway, id, { state, reason, by: as ?? account() })]),
        ),
      );
}

function addCommand(person: Command, context: PersonContext): void {
  by(person.command('add <name>').description('add a person; prints a link by which the person sets a password, once'))
    .requiredOption('--full-name <text>', 'as pages show it')
    .option('--role <role...>', `of staff: of ${roles.join(', ')}`)
    .option('--partner <partner>', 'of a person of this partner: its files at the office, and nothing else')
    .option('--subject <subject>', 'by which the identity provider of the settings names the person (claim sub)')
    .action((id: string, { fullName, role = [], partner: of, subject, as }: AddOptions) =>
      withGateway(context, async (gateway) => {
        const key = subject === undefined ? undefined : keyOf(gateway, subject);
        if ((role.length === 0) === (of === undefined))
          throw new GatewayError('E_REQUEST_INVALID', 'a person has roles, or is of a partner', {
            fix: 'Give --role for staff, or --partner for a person of a partner.',
          });
        const partner = of === undefined ? undefined : getPartner(gateway, of).code;
        const person = { id, name: fullName, roles: readRoles(role), partner, subject: key, by: as ?? account() };
        showLink(context, gateway, id, await addPerson(gateway, person));
      }),
    );
}

const stateTexts: Readonly<Record<Person['state'], string>> = {
  disabled: 'sign a person out at once, and let it in no more',
  active: 'let a person in again, with its password',
};

interface ByOptions {
  readonly as?: string;
}

interface AddOptions extends ByOptions {
  readonly fullName: string;
  readonly role?: string[];
  readonly partner?: string;
  readonly subject?: string;
}

/** Throws E_CONFIG_INVALID: a subject is nobody without its issuer. */
function keyOf({ config }: { readonly config: Pick<Config, 'office'> }, subject: string): string {
  const issuer = config.office?.provider?.issuer;
  if (issuer !== undefined) return subjectKey({ issuer, subject });
  const fix = 'Write the provider into the settings: docs/gateway.example.yaml shows how.';
  throw new GatewayError('E_CONFIG_INVALID', 'no identity provider is set', { at: 'office.provider', fix });
}

function by(command: Command): Command {
  return command.option('--as <person>', 'who decides (default: the account)');
}

function list({ out }: PersonContext, people: readonly Person[]): void {
  if (people.length === 0) out.note('There is nobody yet.');
  const rows = people.map(({ id, name, roles: held, partner = null, state, hasPassword, hasSubject }) => {
    return { person: id, name, roles: held, partner, state, password: hasPassword, provider: hasSubject };
  });
  out.result(
    rows,
    rows.map(({ roles: held, partner, password, provider, ...row }) => {
      return {
        ...row,
        roles: partner === null ? held.join(' ') : `of ${partner}`,
        password: password ? 'yes' : 'no',
        provider: provider ? 'yes' : 'no',
      };
    }),
  );
  out.next(people.length === 0 ? 'mra person add NAME --full-name TEXT --role ROLE' : 'mra person link NAME');
}

/** The link is shown here and nowhere else. */
function showLink(
  { out }: PersonContext,
  { config }: { readonly config: Pick<Config, 'office'> },
  person: string,
  { token, until }: PasswordLink,
): void {
  const link = `${config.office?.publicUrl ?? 'http://127.0.0.1:7070'}/link/${token}`;
  out.result({ person, link, until }, [{ person, link, until }]);
  if (config.office === undefined) {
    out.note('The settings have no office: nobody can open the link yet.');
    out.next('add office to the settings (docs/gateway.example.yaml), and start mra serve anew');
    return;
  }
  out.next('give the link to the person by a way that nobody else reads; it works once, for 24 hours');
}
