/** Prints a document of ours as PDF, by a browser that is installed on this machine. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { GatewayError, isSystemError } from '../model/errors.ts';

const execute = promisify(execFile);
const mostMs = 60_000;

/** Any browser made of Chromium. Throws E_SYSTEM_REFUSED (there is none, or it fails) and E_FILE_UNWRITABLE. */
export async function printDocument(browser: string, html: string, file: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mra-print-'));
  const [page, pdf] = [join(folder, 'page.html'), resolve(file)];
  try {
    writeFileSync(page, html);
    // As root it runs without its sandbox only; the page is ours, and has no scripts.
    const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    const words = ['--headless', '--disable-gpu', '--no-first-run', `--user-data-dir=${join(folder, 'profile')}`];
    const print = ['--no-pdf-header-footer', `--print-to-pdf=${pdf}`, `file://${page}`];
    rmSync(pdf, { force: true });
    await execute(browser, [...asRoot, ...words, ...print], { timeout: mostMs, maxBuffer: 2 ** 24 });
  } catch (cause) {
    const missing = isSystemError(cause) && cause.code === 'ENOENT';
    const fix = missing
      ? 'Install Chromium, or name the program of another browser made of it: --browser. Any browser prints the file of --out report.html too.'
      : 'Write --out report.html, open it in a browser, and print it there.';
    const detail = missing ? 'the browser is not installed' : 'the browser could not print';
    throw new GatewayError('E_SYSTEM_REFUSED', detail, { at: '--browser', fix, cause });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (existsSync(pdf)) return;
  const fix = 'Name a file in a folder that exists and that the account of the gateway may write to.';
  throw new GatewayError('E_FILE_UNWRITABLE', 'the browser wrote no file', { at: file, fix });
}
