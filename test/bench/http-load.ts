/** A client that loads a server of ours on loopback over many connections, with as little work of its own as possible. */

import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** What is waited for in place of the seconds. */
  readonly until?: Promise<unknown>;
  /** Requests a second, sent at fixed times whatever comes back; absent: each connection asks again as soon as it is answered. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly perSecond: number;
  /** Milliseconds from the time at which a request was due to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
  /** Answers with another status than 200 or 201. */
  readonly failed: number;
}

interface Lane {
  readonly socket: Socket;
  since: number;
}

/** Loads the server for some seconds; answers that come after are not counted. */
export async function load({ port, path, bodies, connections, seconds, until, rate }: Load): Promise<LoadResult> {
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const times: number[] = [];
  const waiting: number[] = [];
  const idle: Lane[] = [];
  let [failed, next, over] = [0, 0, false];
  const ask = (lane: Lane, since: number): void => {
    lane.since = since;
    lane.socket.write(requests[(next += 1) % requests.length] ?? '');
  };
  const answered = (lane: Lane, status: string): void => {
    if (over) return;
    times.push(performance.now() - lane.since);
    if (status !== '201' && status !== '200') failed += 1;
    if (rate === undefined) return ask(lane, performance.now());
    const due = waiting.shift();
    if (due === undefined) idle.push(lane);
    else ask(lane, due);
  };
  const lanes = await Promise.all(Array.from({ length: connections }, () => openLane(port, answered)));
  const started = performance.now();
  if (rate === undefined) for (const lane of lanes) ask(lane, performance.now());
  else idle.push(...lanes);
  let due = 0;
  const timer = setInterval(() => {
    if (rate === undefined) return;
    const now = performance.now();
    for (; started + (due * 1000) / rate <= now; due += 1) {
      const lane = idle.pop();
      const at = started + (due * 1000) / rate;
      if (lane === undefined) waiting.push(at);
      else ask(lane, at);
    }
  }, 1);
  await (until ?? new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
  over = true;
  clearInterval(timer);
  const took = (performance.now() - started) / 1000;
  for (const { socket } of lanes) socket.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? NaN;
  return { perSecond: times.length / took, p50: at(0.5), p99: at(0.99), failed };
}

async function openLane(port: number, answered: (lane: Lane, status: string) => void): Promise<Lane> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const lane: Lane = { socket, since: 0 };
  let missing = 0;
  let status = '';
  let head = '';
  socket.on('data', (chunk: Buffer) => {
    if (missing === 0) {
      const text = head + chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) {
        head = text;
        return;
      }
      head = '';
      status = text.slice(9, 12);
      const length = /content-length: (\d+)/iu.exec(text.slice(0, end))?.[1] ?? '0';
      missing = Number(length) - (text.length - end - 4);
    } else missing -= chunk.length;
    if (missing <= 0) {
      missing = 0;
      answered(lane, status);
    }
  });
  socket.on('error', () => socket.destroy());
  return lane;
}
