/** The monitoring door: metrics for Prometheus, and whether each door of this gateway can do its work now, for load balancers. */

import type { IncomingMessage, RequestListener } from 'node:http';
import { asGatewayError, GatewayError } from '../model/errors.ts';
import { openRequestIds, problemReply, sendReply, type BorderReply } from './border-requests.ts';
import { requireHost, targetOf } from './request-target.ts';

interface MonitoringDoor {
  readonly hosts?: readonly string[] | undefined;
  readonly metrics: { readonly contentType: string; expose(): Promise<string> };
  /** By door: resolves if it is ready, and throws the reason if not. */
  readonly ready: Readonly<Record<string, () => Promise<unknown>>>;
  random(bytes: number): Uint8Array;
}

/** Answers `/livez`, `/readyz` (all doors), `/readyz/DOOR` and `/metrics`. */
export function monitoringDoor(door: MonitoringDoor): RequestListener {
  const requestIdOf = openRequestIds((bytes) => door.random(bytes));
  return (request, response) => {
    const requestId = requestIdOf(request);
    answer(door, request)
      .catch((error: unknown) => problemReply(error, requestId))
      .then((reply) => {
        if ('body' in reply) return sendReply(response, requestId, reply);
        response.writeHead(200, { 'content-type': door.metrics.contentType, 'cache-control': 'no-store' });
        response.end(reply.metrics);
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  };
}

/** For a door without these routes: answers them in front of it. */
export function monitoredBy(monitoring: RequestListener, others: RequestListener): RequestListener {
  return (request, response) => {
    const isOurs = /^\/(metrics|readyz\/.*)(\?|$)/u.test(request.url ?? '');
    (isOurs ? monitoring : others)(request, response);
  };
}

async function answer(door: MonitoringDoor, request: IncomingMessage): Promise<BorderReply | { metrics: string }> {
  const target = targetOf(request);
  requireHost(target, door.hosts);
  if (request.method !== 'GET') throw new GatewayError('E_METHOD_UNKNOWN', 'this door accepts GET');
  const { path } = target;
  if (path === '/livez') return { status: 200, body: { status: 'pass' } };
  if (path === '/metrics') return { metrics: await door.metrics.expose() };
  const named = /^\/readyz(?:\/([a-z]+))?$/u.exec(path);
  const name = named?.[1];
  if (named === null || (name !== undefined && !Object.hasOwn(door.ready, name)))
    throw new GatewayError('E_ROUTE_UNKNOWN', 'docs/monitoring.md lists the addresses of this door');
  return await readiness(door, name);
}

async function readiness({ ready }: MonitoringDoor, only: string | undefined): Promise<BorderReply> {
  const asked = Object.entries(ready).filter(([name]) => only === undefined || name === only);
  const states = await Promise.all(
    asked.map(async ([name, isReady]): Promise<[string, object]> => {
      try {
        await isReady();
        return [name, { status: 'pass' }];
      } catch (error) {
        const { code, detail } = asGatewayError(error);
        return [name, { status: 'fail', code, detail }];
      }
    }),
  );
  const failed = states.some(([, state]) => 'code' in state);
  return { status: failed ? 503 : 200, body: { status: failed ? 'fail' : 'pass', doors: Object.fromEntries(states) } };
}
