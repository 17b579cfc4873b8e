// Who may import whom. test/conventions.test.ts plants a fault for each rule and expects it to be found.
const folder = (name) => `^gateway/${name}/`;
const stories = folder('(outbound|inbound|clearance|domestic|people|audit)');

/** The only file, or files, that may import a package. */
const places = {
  ajv: 'wire/xsd/schema.ts',
  'ajv-formats': 'wire/xsd/schema.ts',
  amqplib: 'wire/transport/amqp-(connection|consumer|dead-letters|publisher).ts',
  cephes: 'model/outcomes/interval.ts',
  croner: 'model/list/list-schedule.ts',
  'csv-parse': 'wire/files/csv.ts',
  'fastest-levenshtein': 'model/clearance/names.ts',
  htm: 'console/parts.ts',
  i18next: 'console/words.ts',
  'iconv-lite': 'model/text-encoding.ts',
  jose: 'wire/signature/(access-token|jws).ts',
  'libxml2-wasm': 'wire/xml/libxml.ts',
  'node-forge': 'wire/signature/(certificates|der).ts',
  nodemailer: 'wire/transport/mail.ts',
  'openid-client': 'wire/transport/identity-provider.ts',
  pino: 'wire/log.ts',
  'preact-render-to-string': 'console/layout.ts',
  'prom-client': 'app/health/metrics.ts',
  qr: 'audit/printed-evidence.ts',
  saxes: 'wire/files/workbook.ts',
  ssh2: 'wire/transport/sftp-(connection|store).ts',
  standardwebhooks: 'wire/transport/webhook.ts',
  stdnum: 'model/record/check-digits.ts',
  undici: 'wire/transport/https-client.ts',
  '@fastify/busboy': 'doors/office-forms.ts',
  xmlbuilder2: 'wire/signature/(receipts|key-announcement).ts',
  yaml: 'wire/files/yaml.ts',
};

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'model-imports-only-model',
      severity: 'error',
      from: { path: folder('model') },
      to: {
        pathNot: [
          folder('model'),
          '^(node:)?(crypto|module)$',
          'node_modules/(stdnum|fastest-levenshtein|croner|iconv-lite|cephes)',
        ],
      },
    },
    {
      name: 'adapter-imports-only-model',
      severity: 'error',
      from: { path: folder('adapter') },
      to: { path: '^gateway/', pathNot: [folder('adapter'), folder('model')] },
    },
    {
      name: 'wire-imports-only-model',
      severity: 'error',
      from: { path: folder('wire') },
      to: { path: '^gateway/', pathNot: [folder('wire'), folder('model')] },
    },
    {
      name: 'store-imports-only-model',
      severity: 'error',
      from: { path: folder('store') },
      to: { path: '^gateway/', pathNot: [folder('store'), folder('model')] },
    },
    {
      name: 'stories-import-no-doors',
      severity: 'error',
      from: { path: stories },
      to: { path: '^gateway/(app|doors|outcomes|offline|console|cli|rehearsal|main|serve)' },
    },
    {
      // inbound receives a receipt, and outbound/settle.ts records it for the message that was sent; polling repeats as delivery does.
      name: 'stories-are-separate',
      severity: 'error',
      from: { path: '^gateway/(outbound|inbound|clearance|domestic|people|audit)/' },
      to: {
        path: stories,
        pathNot: ['^gateway/$1/', '^gateway/outbound/(answer-files|dispatcher|settle|take-answer)\\.ts$'],
      },
    },
    {
      name: 'doors-import-stories-only',
      severity: 'error',
      from: { path: folder('(doors|outcomes|offline)') },
      to: { path: '^gateway/(app|console|cli|rehearsal|main|serve)' },
    },
    {
      name: 'app-imports-no-commands',
      severity: 'error',
      from: { path: folder('app') },
      to: { path: '^gateway/(doors|console|cli|rehearsal|main|serve)' },
    },
    {
      name: 'rehearsal-imports-no-commands',
      severity: 'error',
      from: { path: folder('rehearsal') },
      to: { path: '^gateway/(cli|main|serve)' },
    },
    {
      name: 'only-mra-imports-main',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/(main\\.ts|mra\\.js)$' },
      to: { path: '^gateway/main\\.ts$' },
    },
    ...Object.entries(places).map(([name, place]) => ({
      name: `one-place-${name}`,
      severity: 'error',
      from: { path: '^gateway/', pathNot: `^gateway/${place.replaceAll('.', '\\.')}$` },
      to: { path: `node_modules/${name}/` },
    })),
    {
      name: 'express-only-in-doors',
      severity: 'error',
      from: { path: '^gateway/', pathNot: folder('doors') },
      to: { path: 'node_modules/express/' },
    },
    {
      name: 'sql-only-in-store',
      severity: 'error',
      from: { path: '^gateway/', pathNot: folder('store') },
      to: { path: ['node_modules/(kysely|pg)/', '^node:sqlite$'] },
    },
    {
      name: 'commander-only-in-cli',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/(cli/|main\\.ts)' },
      to: { path: 'node_modules/commander/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
