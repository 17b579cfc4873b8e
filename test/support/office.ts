/** An office over a gateway of a test, and people in front of browsers: cookies, forms with their token, and what browsers say of the origin. */

import { officeServers, officeUrl } from '../../gateway/console/serve-office.ts';
import type { OpenGateway } from '../../gateway/app/composition.ts';
import type { OfficeSettings } from '../../gateway/app/office-settings.ts';
import { openServers } from '../../gateway/app/servers.ts';
import type { Role } from '../../gateway/people/roles.ts';
import { eachTestWithKorea, type OpenAdministration } from './administrations.ts';
import { addTestPerson, testPassword } from './people.ts';

export interface Shown {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  /** The address after redirects. */
  readonly at: string;
}

export interface Browser {
  /** Follows redirects, as a browser does. */
  get(path: string): Promise<Shown>;
  /** With the token of the session, and then the page to which the answer leads. */
  post(
    path: string,
    form?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Shown>;
  /** A form with a file, as `post`. */
  upload(
    path: string,
    file: string | Uint8Array<ArrayBuffer>,
    form?: Readonly<Record<string, string>>,
    name?: string,
  ): Promise<Shown>;
  json(
    path: string,
    body?: Readonly<Record<string, string>>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  readonly cookies: Map<string, string>;
  token(): Promise<string>;
}

export interface Office {
  readonly url: string;
  browser(): Browser;
  /** A person with these roles who is signed in; of a name that is known already, in another browser. */
  signedIn(id: string, ...roles: readonly Role[]): Promise<Browser>;
  /** A person of a partner who is signed in. */
  signedInOf(partner: string, id: string): Promise<Browser>;
  close(graceMs?: number): Promise<void>;
}

/** Before each test, two administrations and the office of the second; `use` gets them. */
export function eachTestWithOffice(
  use: (opened: { us: OpenAdministration; them: OpenAdministration; office: Office }) => void,
): void {
  let office: Office | undefined;
  eachTestWithKorea(async (us, them) => {
    office = await openOffice(them.gateway);
    use({ us, them, office });
  });
  afterEach(() => office?.close());
}

/** The browser of somebody whom a hook has signed in. */
export function person(browser: Browser | undefined): Browser {
  if (browser === undefined) throw new Error('nobody is signed in');
  return browser;
}

/** At a port that the system chooses. */
export const loopbackOffice: OfficeSettings = {
  ...{ host: '127.0.0.1', port: 0, publicUrl: 'http://127.0.0.1', proxies: [] },
};

/** `more`: settings of the office beside its address. */
export async function openOffice(gateway: OpenGateway, more: Partial<OfficeSettings> = {}): Promise<Office> {
  const config = { ...gateway.config, office: { ...loopbackOffice, ...more } };
  const servers = await openServers(await officeServers({ ...gateway, config }));
  const { officeUrl: url = '' } = officeUrl(config, servers.ports);
  return {
    url,
    browser: () => openBrowser(url),
    async signedIn(id, ...roles) {
      if (roles.length > 0) await addTestPerson(gateway, id, roles);
      return await signedInAt(url, id);
    },
    async signedInOf(partner, id) {
      await addTestPerson(gateway, id, [], partner);
      return await signedInAt(url, id, '/files');
    },
    close: (graceMs = 0) => servers.close(graceMs),
  };
}

/** A browser in which a test person has signed in, who then sees the page at `first`. */
export async function signedInAt(url: string, id: string, first = '/'): Promise<Browser> {
  const browser = openBrowser(url);
  const { status, at } = await browser.post('/sign-in', { name: id, password: testPassword });
  if (status !== 200 || at !== first) throw new Error(`${id} is not signed in: ${status} at ${at}`);
  return browser;
}

function openBrowser(url: string): Browser {
  const cookies = new Map<string, string>();
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, ...(init.headers as Record<string, string>) };
    const response = await fetch(`${url}${path}`, { ...init, headers, redirect: 'manual' });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(set) ?? [];
      if (set.includes('Max-Age=0')) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  const follow = async (path: string, init?: RequestInit): Promise<Shown> => {
    const response = await ask(path, init);
    const { status, headers } = response;
    const html = await response.text();
    const to = headers.get('location');
    return to === null ? { status, html, headers, at: path } : await follow(to);
  };
  const token = async (): Promise<string> =>
    /name="form_token" value="([0-9a-f]{64})"/u.exec((await follow('/')).html)?.[1] ?? '';
  const same = { origin: url, 'sec-fetch-site': 'same-origin' };
  return {
    cookies,
    token,
    get: (path) => follow(path),
    async post(path, form = {}, headers = same) {
      const formToken = cookies.size === 0 ? {} : { form_token: await token() };
      const body = new URLSearchParams({ ...formToken, ...form });
      return await follow(path, { method: 'POST', body, headers });
    },
    async upload(path, file, form = {}, name = 'evidence.json') {
      const body = new FormData();
      for (const [name, value] of Object.entries({ form_token: await token(), ...form })) body.append(name, value);
      body.append('file', new Blob([file]), name);
      return await follow(path, { method: 'POST', body, headers: same });
    },
    async json(path, body) {
      const headers = { ...same, 'content-type': 'application/json', 'x-form-token': await token() };
      const posted = body && { method: 'POST', body: JSON.stringify(body), headers };
      const response = await ask(path, posted);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}
