import js from '@eslint/js';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['node_modules', 'data', '.dependency-cruiser.cjs', 'schemas/typescript-client/border-api.d.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Interfaces here describe objects of closures, which do not need `this`; `return out.json(…)` ends a function early.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of strings.' },
        {
          selector: 'MemberExpression[object.name="process"][property.name="env"]',
          message: 'config.ts reads the environment.',
        },
      ],
      'max-lines': ['error', { max: 300 }],
      eqeqeq: 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
    },
  },
  {
    files: ['gateway/**/*.ts'],
    rules: { 'max-lines-per-function': ['error', { max: 40 }] },
  },
  {
    files: ['gateway/app/config.ts', 'test/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['gateway/console/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['CSS', 'DOMParser', 'EventSource', 'document', 'fetch', 'location', 'window'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  {
    files: ['gateway/offline/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['Blob', 'DecompressionStream', 'Intl', 'Response', 'TextEncoder', 'atob', 'btoa', 'crypto', 'document'],
          ...['localStorage', 'location', 'navigator', 'setInterval'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  // The compiler checks its names.
  { files: ['schemas/typescript-client/*.js'], rules: { 'no-undef': 'off' } },
  { files: ['**/*.js'], languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } } },
);
