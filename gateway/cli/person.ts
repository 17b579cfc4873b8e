/** `mra person add|list|role|link|disable|enable`: the people who may sign in at the office, and their roles. */

import type { Command } from 'commander';
import type { Config } from '../app/config.ts';
import type { Gateway } from '../gateway.ts';
import {
  addPerson,
  listPeople,
  makeLink,
  setRoles,
  setState,
  type PasswordLink,
  type Person,
} from '../people/people.ts';
import { readRoles, roles } from '../people/roles.ts';
import { withGateway, withReading, type CommandContext } from './context.ts';
import { account } from './input.ts';

type PersonContext = CommandContext<
  Pick<Gateway, 'db' | 'now' | 'random'> & { readonly config: Pick<Config, 'office'> }
>;

export function personCommands(program: Command, context: PersonContext): void {
  const person = program.command('person').description('people who may sign in at the office, and their roles');
  by(person.command('add <name>').description('add a person; prints a link by which the person sets a password, once'))
    .requiredOption('--full-name <text>', 'as pages show it')
    .requiredOption('--role <role...>', `of ${roles.join(', ')}`)
    .action((id: string, { fullName, role, as }: ByOptions & { fullName: string; role: string[] }) =>
      withGateway(context, async (gateway) => {
        const person = { id, name: fullName, roles: readRoles(role), by: as ?? account() };
        showLink(context, gateway, id, await addPerson(gateway, person));
      }),
    );
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

const stateTexts: Readonly<Record<Person['state'], string>> = {
  disabled: 'sign a person out at once, and let it in no more',
  active: 'let a person in again, with its password',
};

interface ByOptions {
  readonly as?: string;
}

function by(command: Command): Command {
  return command.option('--as <person>', 'who decides (default: the account)');
}

function list({ out }: PersonContext, people: readonly Person[]): void {
  if (people.length === 0) out.note('There is nobody yet.');
  const rows = people.map(({ id, name, roles: held, state, hasPassword }) => {
    return { person: id, name, roles: held, state, password: hasPassword };
  });
  out.result(
    rows,
    rows.map(({ roles: held, password, ...row }) => {
      return { ...row, roles: held.join(' '), password: password ? 'yes' : 'no' };
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
  if (config.office === undefined) out.note('The settings have no office: without it nobody can open the link.');
  out.next('give the link to the person by a way that nobody else reads; it works once, for 24 hours');
}
