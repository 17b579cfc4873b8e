/** Composes the office: the routes of its pages for browsers, the same as an API for programs, and the server for both. */

import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { OpenGateway } from '../app/composition.ts';
import type { Config } from '../app/config.ts';
import { secretText } from '../app/credentials.ts';
import { longWorkHere, type LongWork } from '../app/long-work.ts';
import type { OfficeSettings, ProviderSettings } from '../app/office-settings.ts';
import type { openServers } from '../app/servers.ts';
import { officeDoor, type OfficeDoor, type OfficeRoute, type Visit } from '../doors/office.ts';
import { GatewayError } from '../model/errors.ts';
import { openAttempts } from '../people/attempts.ts';
import { identityProvider } from '../wire/transport/identity-provider.ts';
import { apiPath, officeContract } from './contract.ts';
import { documentOf, problemView } from './layout.ts';
import type { AnyPage, Call, Section } from './page.ts';
import { sections } from './pages.ts';
import { signInRoutes, type OpenPages } from './pages/sign-in.ts';
import { providerRoutes, type OpenProvider } from './pages/sign-in-provider.ts';
import { chooseLanguage, openWords, type Words } from './words.ts';

const serverOptions = { headersTimeout: 15_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 };

const fileOf = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const assets = {
  '/office.css': { contentType: 'text/css', text: fileOf('office.css') },
  '/office.js': { contentType: 'text/javascript', text: fileOf('office.js') },
  '/office.svg': { contentType: 'image/svg+xml', text: fileOf('office.svg') },
};

type Servers = Parameters<typeof openServers>[0];

/** None where the settings have no office. `work`: does what takes long. */
export async function officeServers(gateway: OpenGateway, work: LongWork = longWorkHere(gateway)): Promise<Servers> {
  const { office } = gateway.config;
  if (office === undefined) return [];
  let server: Server | undefined = undefined;
  const publicUrl = (): string => urlOf(office, portOf(server));
  const isOpen = (): boolean => server?.listening === true;
  const app = officeDoor({ ...(await doorOf(gateway, work, publicUrl)), isOpen });
  const { tls } = office;
  server =
    tls === undefined ? createHttpServer(serverOptions, app) : createHttpsServer({ ...serverOptions, ...tls }, app);
  return [[server, 'office', office]];
}

/** The address for people, of an office that is open. */
export function officeUrl(
  { office }: Pick<Config, 'office'>,
  { office: port }: Readonly<Record<string, number>>,
): { officeUrl?: string } {
  return office === undefined ? {} : { officeUrl: urlOf(office, port) };
}

/** A port that the system chose is known once the door is open. */
function urlOf({ host, port, publicUrl }: OfficeSettings, open: number | undefined): string {
  return port === 0 ? `http://${host}:${open ?? 0}` : publicUrl;
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' ? address?.port : undefined;
}

async function doorOf(
  gateway: OpenGateway,
  work: LongWork,
  publicUrl: () => string,
): Promise<Omit<OfficeDoor, 'isOpen'>> {
  const { db, now, random, log, home, config } = gateway;
  const wordsOf = await openWords(home.timeZone);
  const wordsFor = ({ languages }: Visit): Words => wordsOf(chooseLanguage(languages));
  const office = { country: home.country, name: home.name, environment: config.environment };
  const document: OpenPages['document'] = (visit, title, main, more = {}) =>
    documentOf({ words: wordsFor(visit), visit, session: visit.session, office, title, ...more }, main);
  const callOf = (visit: Visit): Call => {
    const { session } = visit;
    if (session === undefined) throw new GatewayError('E_SESSION_MISSING', 'nobody is signed in');
    return { ...visit, session, gateway, work, words: wordsFor(visit) };
  };
  const composing = { document, callOf };
  const { provider, proxies = [] } = config.office ?? {};
  const people = { db, now, random, attempts: openAttempts(now) };
  const open = { gateway: people, wordsFor, document, providerName: provider?.name };
  return {
    ...{ db, now, random, log, publicUrl, proxies },
    assets,
    routes: [
      ...signInRoutes(open),
      ...(provider === undefined ? [] : providerRoutes(open, { ...providerOf(provider), publicUrl, log })),
      ...sections.flatMap((each) => routesOf(each, composing)),
      contract,
    ],
    errorPage: (problem, visit) =>
      document(
        visit,
        wordsFor(visit).t('problem.title', { status: problem.status }),
        problemView(wordsFor(visit), problem),
      ),
  };
}

/** Throws E_CONFIG_INVALID where its secret is missing. */
function providerOf(settings: ProviderSettings): Pick<OpenProvider, 'provider' | 'settings'> {
  const secret = secretText(settings.secret, 'office.provider.secret');
  return { provider: identityProvider({ ...settings, secret }), settings };
}

interface Composing extends Pick<OpenPages, 'document'> {
  callOf(visit: Visit): Call;
}

const contract: OfficeRoute = {
  ...{ method: 'GET', path: '/office/v1/openapi.json', needs: 'signed_in' },
  answer: () => Promise.resolve({ kind: 'data', body: officeContract(sections) }),
};

/** Each page and act at its path for browsers, and below /office/v1 for programs. */
function routesOf(
  { pages, acts = [], downloads = [] }: Section,
  { document, callOf }: Composing,
): readonly OfficeRoute[] {
  return [
    ...pages.flatMap((each) => routesOfPage(each, { document, callOf })),
    ...acts.flatMap(({ path, needs, mostBytes, act }): OfficeRoute[] => [
      {
        ...{ method: 'POST', path, needs, mostBytes },
        async answer(visit) {
          const done = await act(callOf(visit));
          if ('file' in done) return { kind: 'file', ...done.file };
          if ('to' in done) return { kind: 'redirect', to: done.to };
          return { kind: 'page', html: document(visit, done.title, done.view) };
        },
      },
      {
        ...{ method: 'POST', path: apiPath(path), needs, mostBytes },
        async answer(visit) {
          const done = await act(callOf(visit));
          return 'file' in done ? { kind: 'file', ...done.file } : { kind: 'data', body: done.result };
        },
      },
    ]),
    ...downloads.map(({ path, needs, load }): OfficeRoute => ({
      ...{ method: 'GET', path, needs },
      answer: async (visit) => ({ kind: 'file', ...(await load(callOf(visit))) }),
    })),
  ];
}

function routesOfPage(
  { path, needs, live, goTo, show, data }: AnyPage,
  { document, callOf }: Composing,
): readonly OfficeRoute[] {
  return [
    {
      ...{ method: 'GET', path, needs },
      async answer(visit) {
        const to = goTo?.(callOf(visit));
        if (to !== undefined) return { kind: 'redirect', to };
        const { title, view } = await show(callOf(visit));
        return { kind: 'page', html: document(visit, title, view, { live }) };
      },
    },
    {
      ...{ method: 'GET', path: apiPath(path), needs },
      answer: async (visit) => ({ kind: 'data', body: await data(callOf(visit)) }),
    },
  ];
}
