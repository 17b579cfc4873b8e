// Who may import whom. test/house.test.ts plants a fault for every rule below and expects it to be found.
const room = (name) => `^gateway/${name}/`;
const flow =
  '^gateway/(outbound|list-content|list-numbers|unwritable|delivery|fetching|inbound|list-inbound|message-reading|answers|clearance|answering|near-miss|operators)\\.ts$';

/** One package, one home: the only file that may import it, or the few that share it. */
const homes = {
  ajv: 'wire/schema.ts',
  'ajv-formats': 'wire/schema.ts',
  amqplib: 'wire/amqp.ts',
  'cli-progress': 'cli/output.ts',
  'csv-parse': 'wire/csv.ts',
  'fast-xml-parser': 'wire/plain-xml.ts',
  'fastest-levenshtein': 'model/names.ts',
  jose: 'wire/jws.ts',
  'libxml2-wasm': 'wire/libxml.ts',
  'node-forge': 'wire/(certificates|der).ts',
  pino: 'wire/log.ts',
  saxes: 'wire/xml-events.ts',
  stdnum: 'model/check-digits.ts',
  undici: 'wire/https.ts',
  xmlbuilder2: 'wire/receipts.ts',
  yaml: 'wire/yaml.ts',
};

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'model-imports-only-model',
      severity: 'error',
      from: { path: room('model') },
      to: { pathNot: [room('model'), '^(node:)?crypto$', 'node_modules/(stdnum|fastest-levenshtein)'] },
    },
    {
      name: 'adapter-knows-only-model',
      severity: 'error',
      from: { path: room('adapter') },
      to: { path: '^gateway/', pathNot: [room('adapter'), room('model')] },
    },
    {
      name: 'wire-knows-only-model',
      severity: 'error',
      from: { path: room('wire') },
      to: { path: '^gateway/', pathNot: [room('wire'), room('model')] },
    },
    {
      name: 'store-knows-only-model',
      severity: 'error',
      from: { path: room('store') },
      to: { path: '^gateway/', pathNot: [room('store'), room('model')] },
    },
    {
      name: 'flows-know-the-rooms',
      severity: 'error',
      from: { path: flow },
      to: { path: '^gateway/(doors|cli|rehearsal|main|config|assembly|list-thread)' },
    },
    {
      name: 'doors-open-on-flows',
      severity: 'error',
      from: { path: room('doors') },
      to: { path: '^gateway/(cli|rehearsal|main)' },
    },
    {
      name: 'rehearsal-knows-no-terminal',
      severity: 'error',
      from: { path: room('rehearsal') },
      to: { path: '^gateway/(cli|main)' },
    },
    {
      name: 'main-assembles',
      severity: 'error',
      from: { path: '^gateway/', pathNot: '^gateway/(main\\.ts|mra\\.js)$' },
      to: { path: '^gateway/main\\.ts$' },
    },
    ...Object.entries(homes).map(([name, home]) => ({
      name: `one-home-${name}`,
      severity: 'error',
      from: { path: '^gateway/', pathNot: `^gateway/${home.replaceAll('.', '\\.')}$` },
      to: { path: `node_modules/${name}/` },
    })),
    {
      name: 'express-stands-in-doors',
      severity: 'error',
      from: { path: '^gateway/', pathNot: room('doors') },
      to: { path: 'node_modules/express/' },
    },
    {
      name: 'sql-stays-in-store',
      severity: 'error',
      from: { path: '^gateway/', pathNot: room('store') },
      to: { path: ['node_modules/(kysely|pg)/', '^node:sqlite$'] },
    },
    {
      name: 'commander-stands-in-cli',
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
