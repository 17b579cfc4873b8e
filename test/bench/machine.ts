/** Where and when it was measured: the machine, the versions of everything that took part, the commit. */

import { spawnSync } from 'node:child_process';
import { cpus, release, totalmem, type as systemName } from 'node:os';
import { programFolder } from '../../gateway/app/config.ts';

export interface Circumstances {
  readonly at: string;
  readonly commit: string;
  readonly machine: Readonly<Record<'cpu' | 'cores' | 'memory' | 'kernel', string>>;
  readonly versions: Readonly<Record<string, string>>;
}

export function circumstances(at: Date): Circumstances {
  const [first] = cpus();
  return {
    at: at.toISOString(),
    commit: commit(),
    machine: {
      cpu: first?.model.trim() ?? 'unknown',
      cores: String(cpus().length),
      memory: `${Math.round(totalmem() / 1024 ** 3)} GiB`,
      kernel: `${systemName()} ${release()}`,
    },
    versions: {
      node: process.versions.node,
      'openssl in node': process.versions.openssl,
      'sqlite in node': process.versions['sqlite'] ?? 'absent',
      openssl: firstLine('openssl', ['version']),
      xmlsec1: firstLine('xmlsec1', ['--version']),
      xmllint: firstLine('xmllint', ['--version']),
      java: firstLine('java', ['-version']),
      'xml-crypto': installed('xml-crypto'),
    },
  };
}

/** The first line a program says about itself, wherever it says it. */
function firstLine(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) return 'absent';
  return (stdout === '' ? stderr : stdout).split('\n')[0]?.trim() ?? 'unknown';
}

function commit(): string {
  const git = (...args: string[]): string =>
    spawnSync('git', args, { cwd: programFolder, encoding: 'utf8' }).stdout.trim();
  const changed = git('status', '--porcelain', '--', 'gateway', 'adapters', 'schemas');
  return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' with changes not committed'}`;
}

/** Known to be no dependency; named so that its absence from the tables is no riddle. */
function installed(name: string): string {
  try {
    import.meta.resolve(name);
    return 'present, not measured';
  } catch {
    return 'absent';
  }
}
