/**
 * Mocha loads this before every test file: tests give the same result wherever they run, so the colour settings of the terminal or of
 * continuous integration do not reach them.
 */

for (const name of ['CI', 'COLORTERM', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'NO_COLOR', 'TERM'])
  Reflect.deleteProperty(process.env, name);
