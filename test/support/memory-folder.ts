/** Where tests keep their files: in memory, as they commit thousands of times and each commit would wait for the disk. */

import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const mounts = '/proc/self/mounts';
const memory = '/dev/shm';
const neededBytes = 4 * 1024 ** 3;

/** TMPDIR, else the memory of Linux where it has room and programs may run in it, else the folder of the system. */
export function testPlace(): string {
  return process.env['TMPDIR'] === undefined && isUsable() ? memory : tmpdir();
}

/** Containers often give 64 MB, or run no programs there (proc_pid_mounts(5)). */
function isUsable(): boolean {
  if (!existsSync(mounts)) return false;
  const mount = readFileSync(mounts, 'utf8')
    .split('\n')
    .findLast((line) => line.split(' ')[1] === memory);
  if (mount === undefined || /[ ,](?:noexec|ro)[ ,]/u.test(mount)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= neededBytes;
}
