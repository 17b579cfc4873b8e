/** A proxy that ends TLS in front of the exchange door: a real nginx hands on client certificates, and nobody else can. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { request as plainRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Serving } from '../../gateway/cli/context.ts';
import { serve } from '../../gateway/serve.ts';
import { withConnections } from '../../gateway/rehearsal/administrations.ts';
import { openAdministrations, operators, type OpenAdministrations } from '../support/administrations.ts';
import { temporaryFolder } from '../support/pki.ts';
import { debianPython } from '../support/python.ts';
import { endChild, findProgram, freePort, run, untilReady } from '../support/services.ts';
import { tlsParty, type TlsParty } from '../support/tls.ts';

const secret = 'word-of-the-proxy';

describe('a proxy in front of the exchange door', () => {
  let open: OpenAdministrations;
  let serving: Serving;
  let nginx: ChildProcess;
  let stranger: TlsParty;
  const ports = { proxy: 0, toPort: 0, toSocket: 0 };
  const folder = temporaryFolder();
  const socket = join(folder, 'exchange.sock');
  const certificateOf = (text: string): string => encodeURIComponent(text);

  before(async () => {
    open = await openAdministrations({ partners: ['HK'] });
    stranger = await tlsParty('XC');
    for (const name of ['proxy', 'toPort', 'toSocket'] as const) ports[name] = await freePort();
    await open.of('HK').save(...operators(3));
  });
  after(() => open.close());

  async function serveWith(proxy: OpenAdministrations['home']['config']['exchange']['proxy']): Promise<void> {
    const { gateway, config } = open.home;
    const exchange = { ...config.exchange, ...(proxy && { proxy }) };
    serving = await serve({ ...gateway, config: { ...config, exchange } });
  }
  afterEach(() => serving.stop());

  function nginxConfig(): string {
    const { tls } = open.home.gateway.keyring;
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const server = (port: number, upstream: string): string => `
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${file('cert.pem', tls.cert)};
        ssl_certificate_key ${file('key.pem', tls.key)};
        ssl_client_certificate ${file('anchors.pem', open.of('HK').gateway.keyring.tls.ca)};
        ssl_verify_client optional;
        location / {
          proxy_pass ${upstream};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header Client-Cert $ssl_client_escaped_cert;
          proxy_set_header MRA-Proxy-Secret ${secret};
        }
      }`;
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    return `
      daemon off; worker_processes 1; pid ${join(folder, 'nginx.pid')}; error_log stderr crit;
      ${process.getuid?.() === 0 ? 'user root;' : ''}
      events { }
      http {
        access_log off; ${paths.join(' ')}
        ${server(ports.toPort, `http://127.0.0.1:${ports.proxy}`)}
        ${server(ports.toSocket, `http://unix:${socket}:`)}
      }`;
  }
  before(async () => {
    const program = findProgram('nginx');
    if (program === undefined) throw new Error('nginx is not installed: run npm test');
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig());
    nginx = spawn(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit', detached: true });
    await untilReady('nginx', nginx, async () => {
      const probe = connect(ports.toPort, '127.0.0.1');
      return await once(probe, 'connect').then(
        () => Boolean(probe.destroy()),
        () => false,
      );
    });
  });
  after(() => endChild(nginx, 'SIGTERM'));

  const answered = async (sent: ReturnType<typeof request>): Promise<readonly [number | undefined, unknown]> => {
    const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
    const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
    return [response.statusCode, /"code":"(\w+)"/u.exec(text)?.[1]];
  };
  const next = { host: '127.0.0.1', path: '/exchange/HK/next', agent: false } as const;
  /** Through nginx. Who is admitted is told that it does not poll. */
  const through = (port: number, as: object, headers: OutgoingHttpHeaders = {}) =>
    answered(request({ ...next, port, headers, ca: open.home.gateway.keyring.tls.ca, ...as }));
  const toPort = (headers: OutgoingHttpHeaders) => answered(plainRequest({ ...next, port: ports.proxy, headers }));
  const partner = () => {
    const { cert, key } = open.of('HK').gateway.keyring.tls;
    return { cert, key };
  };
  const admitted = [404, 'E_ROUTE_UNKNOWN'] as const;
  const refused = [403, 'E_CHANNEL_UNKNOWN'] as const;

  it('hands a list of a partner on by its socket, and the receipt back', async () => {
    await serveWith({ socket });
    const { gateway, config } = open.of('HK');
    await gateway.takeSettings(withConnections(config, { url: `https://127.0.0.1:${ports.toSocket}` }));
    expect((await open.of('HK').send('CN')).evidence).to.equal('signed');
    expect(statSync(socket).mode & 0o777).to.equal(0o660);
  });

  it('takes the place of a socket that a gateway left behind, and not that of one which is in use', async () => {
    const leave = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
    expect(run(debianPython, ['-c', leave, socket]).status).to.equal(0);
    await serveWith({ socket });
    const { gateway, config } = open.home;
    const again = { ...gateway, config: { ...config, exchange: { ...config.exchange, port: 0, proxy: { socket } } } };
    expect(await serve(again).catch((error: unknown) => (error as { readonly code: unknown }).code)).to.equal(
      'E_ADDRESS_UNUSABLE',
    );
    expect(await through(ports.toSocket, partner())).to.deep.equal(admitted);
  });

  it('hands certificates on by a port with its secret; a caller that states one itself, or has none that is known, is refused', async () => {
    writeFileSync(join(folder, 'secret.txt'), `${secret}\n`);
    await serveWith({ port: ports.proxy, secret: { file: join(folder, 'secret.txt') } });
    expect(await through(ports.toPort, partner())).to.deep.equal(admitted);
    const forged = { 'client-cert': certificateOf(partner().cert), 'mra-proxy-secret': secret };
    expect(await through(ports.toPort, {}, forged)).to.deep.equal(refused);
    expect(
      await through(ports.toPort, {}, { ...forged, 'client-cert': [forged['client-cert'], forged['client-cert']] }),
    ).to.deep.equal(refused);
    expect((await through(ports.toPort, { cert: stranger.cert, key: stranger.key }, forged))[0]).to.equal(400);
  });

  it('is known by its secret at the port: without it, with another or with two, no certificate is believed', async () => {
    writeFileSync(join(folder, 'secret.txt'), secret);
    await serveWith({ port: ports.proxy, secret: { file: join(folder, 'secret.txt') } });
    const certificate = certificateOf(partner().cert);
    const own = { 'client-cert': certificate, 'mra-proxy-secret': secret };
    expect(await toPort(own)).to.deep.equal(admitted);
    const der = Buffer.from(partner().cert.replaceAll(/-----.*-----|\s/gu, ''), 'base64').toString('base64');
    expect(await toPort({ ...own, 'client-cert': `:${der}:` }), 'RFC 9440').to.deep.equal(admitted);
    for (const headers of [
      { 'client-cert': certificate },
      { ...own, 'mra-proxy-secret': '' },
      { ...own, 'mra-proxy-secret': 'another' },
      { ...own, 'mra-proxy-secret': [secret, secret] },
      { ...own, 'mra-proxy-secret': ['another', secret] },
      { ...own, 'client-cert': [certificate, certificate] },
      { ...own, 'client-cert': [certificateOf(stranger.cert), certificate] },
      { ...own, 'client-cert': certificateOf(stranger.cert) },
      { ...own, 'client-cert': 'no certificate' },
      { ...own, 'client-cert': '%' },
      { 'mra-proxy-secret': secret },
    ])
      expect(await toPort(headers), JSON.stringify(headers).slice(0, 40)).to.deep.equal(refused);
  });

  it('is not there at the door with TLS: what its headers state counts for nothing', async () => {
    await serveWith({ socket });
    const { port } = open.home.config.exchange;
    const own = { 'client-cert': certificateOf(partner().cert), 'mra-proxy-secret': secret };
    expect(await through(port, {}, own).catch((error: unknown) => (error as { readonly code: unknown }).code)).to.equal(
      'ECONNRESET',
    );
    expect(await through(port, partner())).to.deep.equal(admitted);
  });

  it('without a secret that can be read keeps the doors closed', async () => {
    await serveWith(undefined);
    const { gateway, config } = open.home;
    const proxy = { port: ports.proxy, secret: { variable: 'PROXY_SECRET' } };
    const without = { ...gateway, config: { ...config, exchange: { ...config.exchange, proxy } } };
    expect(await serve(without).catch((error: unknown) => (error as { readonly code: unknown }).code)).to.equal(
      'E_CONFIG_INVALID',
    );
  });
});
