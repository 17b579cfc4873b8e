/** How fast the disk fills: free space now and then, kept in a file of the data folder, and the days that are left at this rate. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly free: number;
}

const dayMs = 24 * 3600 * 1000;
const sampleMs = 3600 * 1000;
const keptDays = 14;

const samplesFile = (data: string): string => join(data, 'disk-samples.json');

export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** One sample an hour. A file that cannot be read begins anew: it is no evidence of anything. */
export function keepSample(data: string, sample: Sample): void {
  const kept = samplesIn(data).filter(({ at }) => at > sample.at - keptDays * dayMs && at <= sample.at);
  const last = kept.at(-1);
  if (last !== undefined && sample.at - last.at < sampleMs) return;
  const file = samplesFile(data);
  writeFileSync(`${file}.new`, JSON.stringify([...kept, sample]), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Days until the disk is full if it goes on as since the oldest sample; undefined for less than a day of samples, or where nothing grows. */
export function daysLeft(data: string, now: Sample): number | undefined {
  const [oldest] = samplesIn(data);
  if (oldest === undefined || now.at - oldest.at < dayMs || oldest.free <= now.free) return undefined;
  return (now.free / (oldest.free - now.free)) * ((now.at - oldest.at) / dayMs);
}

function samplesIn(data: string): readonly Sample[] {
  try {
    return JSON.parse(readFileSync(samplesFile(data), 'utf8')) as readonly Sample[];
  } catch {
    return [];
  }
}
