/** Debian's Python and the modules with which partners of another make are played in tests. */

import { run } from './services.ts';

/** Debian's own interpreter: another one on the path does not see the modules of Debian's packages. */
export const debianPython = '/usr/bin/python3';

/** Modules, and the Debian package each is in. */
const modules = {
  xmlsec: 'python3-xmlsec',
  pika: 'python3-pika',
  jwcrypto: 'python3-jwcrypto',
  authlib: 'python3-authlib',
  openpyxl: 'python3-openpyxl',
  aiosmtpd: 'python3-aiosmtpd',
};

/** The packages that must be installed before the interpreter finds all modules. */
export function missingPython(): readonly string[] {
  const script = 'import importlib.util, sys; print(*[m for m in sys.argv[1:] if importlib.util.find_spec(m) is None])';
  const asked = run(debianPython, ['-c', script, ...Object.keys(modules)]);
  if (asked.status !== 0) return ['python3', ...Object.values(modules)];
  const missing = new Set(asked.stdout.split(/\s+/u));
  return Object.entries(modules).flatMap(([name, held]) => (missing.has(name) ? [held] : []));
}
