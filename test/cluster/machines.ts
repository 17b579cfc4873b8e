/** What stands for several machines: a PostgreSQL primary with a synchronous standby, and a RabbitMQ cluster of three nodes. */

import { onServer } from '../support/postgres.ts';
import { postgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { rabbitNode, startPortMapper, type RabbitNode } from '../support/rabbitmq.ts';
import { until } from '../faults/side.ts';

export interface DatabasePair {
  readonly primary: PostgresServer;
  readonly standby: PostgresServer;
  /** The address of a database on whichever is the primary. */
  addressOf(name: string): string;
}

/** Nothing is committed on the primary before the standby has it on its disk. */
export async function startDatabases(folder: string, opened: AsyncDisposableStack): Promise<DatabasePair> {
  const primary = required(await postgresServer(folder));
  opened.defer(() => primary.end('SIGQUIT'));
  await primary.start();
  const copy = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'mra', '-X', 'stream', '-R', '-c', 'fast'];
  const standby = required(
    await postgresServer(folder, ({ data, program }) => program('pg_basebackup', '-D', data, ...copy)),
  );
  opened.defer(() => standby.end('SIGQUIT'));
  await standby.start();
  await onServer([`alter system set synchronous_standby_names = '*'`, 'select pg_reload_conf()'], primary.url);
  const hosts = [primary, standby].map(({ port }) => `127.0.0.1:${String(port)}`).join(',');
  return { primary, standby, addressOf: (name) => `postgres://mra@${hosts}/${name}` };
}

/** Resolves once the standby takes writes. */
export async function promote({ standby }: DatabasePair): Promise<void> {
  standby.program('pg_ctl', 'promote', '-D', standby.data);
  await until('the standby is the primary', () =>
    onServer(['create temporary table promoted (a integer)'], standby.url).then(
      () => true,
      () => false,
    ),
  );
}

export interface BrokerCluster {
  readonly nodes: readonly [RabbitNode, RabbitNode, RabbitNode];
  readonly url: string;
}

export async function startBrokers(folder: string, opened: AsyncDisposableStack): Promise<BrokerCluster> {
  const mapper = required(await startPortMapper(folder));
  opened.defer(() => mapper.stop());
  const settings = ['cluster_partition_handling = pause_minority'];
  const [first, ...others] = [
    required(await rabbitNode(folder, mapper, settings)),
    required(await rabbitNode(folder, mapper, settings)),
    required(await rabbitNode(folder, mapper, settings)),
  ] as const;
  const nodes = [first, ...others] as const;
  for (const node of nodes) {
    opened.defer(() => node.end('SIGKILL'));
    await node.start();
  }
  for (const node of others)
    for (const words of [['stop_app'], ['reset'], ['join_cluster', first.name], ['start_app']]) node.control(...words);
  const hosts = nodes.map(({ url }) => new URL(url).host).join(',');
  return { nodes, url: `amqp://guest:guest@${hosts}` };
}

/** Cuts a node off from the others: they refuse each other, and the node pauses, because it is the minority. */
export function cutOff(node: RabbitNode, others: readonly RabbitNode[]): void {
  for (const { name } of others)
    node.control('eval', `erlang:set_cookie('${name}', other), erlang:disconnect_node('${name}').`);
}

export function join(node: RabbitNode, others: readonly RabbitNode[]): void {
  for (const { name } of others) node.control('eval', `erlang:set_cookie('${name}', erlang:get_cookie()).`);
}

function required<T>(started: T | undefined): T {
  if (started === undefined) throw new Error('PostgreSQL and RabbitMQ must be installed: postgresql, rabbitmq-server');
  return started;
}
