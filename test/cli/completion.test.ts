/** `mra --version` and `mra completion`. */

import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import about from '../../package.json' with { type: 'json' };
import { runCommand } from '../support/command-line.ts';

describe('the shell', () => {
  it('gets the version', async () => {
    expect(await runCommand(['--version'])).to.deep.include({ exit: 0, stdout: `${about.version}\n` });
  });

  it('completes commands, options and words of a closed set, as bash runs the script', async () => {
    const { stdout } = await runCommand(['completion', 'bash']);
    const completed = (...words: string[]): string[] => {
      const line = `COMP_WORDS=(mra ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _mra`;
      const print = 'printf "%s\\n" "${COMPREPLY[@]}"';
      return execFileSync('bash', ['-c', `${stdout}\n${line}\n${print}`], { encoding: 'utf8' })
        .trim()
        .split('\n');
    };
    expect(completed('li')).to.deep.equal(['list']);
    expect(completed('-o', 'json', 'list', 'se')).to.deep.equal(['send']);
    expect(completed('list', 'send', 'KR', '--fu')).to.deep.equal(['--full']);
    expect(completed('adapter', 'cert')).to.deep.equal(['certify']);
    expect(completed('completion', '')).to.include.members(['bash', 'zsh', 'fish']);
    expect(completed('operator', 'consent', '4403100001', 'gi')).to.deep.equal(['given']);
  });

  it('has a script for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { exit, stdout } = await runCommand(['-o', 'json', 'completion', shell]);
      expect([exit, (JSON.parse(stdout) as { shell: string }).shell]).to.deep.equal([0, shell]);
    }
  });
});
