/** The files of docs/deployment/: as far as this machine can judge what systemd, compose and Kubernetes make of them. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig, programFolder } from '../gateway/app/config.ts';
import { temporaryFolder } from './support/pki.ts';

const folder = join(programFolder, 'docs/deployment');
const text = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** A document of unknown form: what is not there reads as undefined. */
type Part = { readonly [name: string]: Part } & readonly Part[];

const manifests = parseAllDocuments(text('kubernetes.yaml')).map((document) => document.toJS() as Part);
const manifest = (kind: string): Part => {
  const found = manifests.find((each) => String(each['kind']) === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};
const plain = (part: unknown): unknown => part;

describe('the unit for systemd', () => {
  it('has no fault that systemd-analyze finds', () => {
    const copied = join(temporaryFolder(), 'mra-gateway.service');
    // The program is not installed here: another that exists stands for it.
    writeFileSync(copied, text('mra-gateway.service').replaceAll(/^(ExecStart)=\S+/gmu, `$1=${process.execPath}`));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', copied], { encoding: 'utf8' });
    const ours = stderr.split('\n').filter((line) => line.includes('mra-gateway'));
    expect([status, ours]).to.deep.equal([0, []]);
  });
});

describe('the compose file', () => {
  const { services } = parse(text('compose.yaml')) as Part;
  const gateway = services?.['gateway'];

  it('gives the gateway no rights, a file system to read, and two folders to write', () => {
    const names = ['user', 'read_only', 'cap_drop', 'security_opt', 'tmpfs'];
    const set = Object.fromEntries(names.map((name) => [name, plain(gateway?.[name])]));
    expect(set).to.deep.equal({
      ...{ user: 'node', read_only: true, cap_drop: ['ALL'], tmpfs: ['/tmp'] },
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('opens the border door to its own machine only, and has no password in it', () => {
    expect(plain(gateway?.['ports'])).to.deep.equal(['8443:8443', '127.0.0.1:8080:8080']);
    expect(text('compose.yaml').match(/PASSWORD[^$]*\$\{\w+:\?\}/gu)).to.not.equal(null);
    for (const line of text('compose.yaml')
      .split('\n')
      .filter((each) => each.includes('PASS')))
      expect(line).to.include(':?}');
  });
});

describe('the manifests for Kubernetes', () => {
  const set = manifest('StatefulSet')['spec'];
  const pod = set?.['template']?.['spec'];
  const containers = [...(pod?.['initContainers'] ?? []), ...(pod?.['containers'] ?? [])];

  it('run no container as root, with capabilities, or with a file system that it can write', () => {
    expect(plain(pod?.['securityContext']?.['runAsNonRoot'])).to.equal(true);
    for (const { name, securityContext } of containers)
      expect(plain({ name, securityContext })).to.deep.equal({
        name,
        securityContext: {
          ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
          capabilities: { drop: ['ALL'] },
        },
      });
  });

  it('mount what they name', () => {
    const claims = [...(set?.['volumeClaimTemplates'] ?? [])].map((claim) => String(claim['metadata']?.['name']));
    const volumes = new Set([...(pod?.['volumes'] ?? [])].map(({ name }) => String(name)).concat(claims));
    for (const { volumeMounts } of containers)
      for (const { name } of volumeMounts ?? []) expect([...volumes]).to.include(String(name));
  });

  it('put the keys of the Secret in their places at each start, and leave those that gateways made', () => {
    const root = temporaryFolder();
    for (const name of ['secret', 'keys', 'data']) mkdirSync(join(root, name));
    writeFileSync(join(root, 'secret/tls.key.pem'), 'tls');
    const [init] = [...(pod?.['initContainers'] ?? [])];
    const [shell = '', ...words] = [...(init?.['command'] ?? [])].map(String);
    const start = () => {
      const inside = words.map((word) => word.replaceAll(/\/(?=secret|keys|data)/gu, `${root}/`));
      expect(spawnSync(shell, inside).status).to.equal(0);
    };
    const filesOf = (name: string) => readdirSync(join(root, name));
    start();
    expect([filesOf('keys/own'), filesOf('data/log')]).to.deep.equal([['tls.key.pem'], []]);
    writeFileSync(join(root, 'keys/own/tls-00.key.pem'), 'made');
    writeFileSync(join(root, 'secret/tls.key.pem'), 'renewed');
    writeFileSync(join(root, 'secret/log-key'), 'log');
    start();
    expect([filesOf('keys/own'), filesOf('data/log')]).to.deep.equal([['tls-00.key.pem', 'tls.key.pem'], ['key.pem']]);
    expect(readFileSync(join(root, 'keys/own/tls.key.pem'), 'utf8')).to.equal('renewed');
    expect(statSync(join(root, 'data/log/key.pem')).mode & 0o777).to.equal(0o600);
    const claim = String(manifest('PersistentVolumeClaim')['metadata']?.['name']);
    expect(plain(pod?.['volumes'])).to.deep.include({ name: 'keys', persistentVolumeClaim: { claimName: claim } });
  });

  it('select the pods that they make, and let one of them go at a time', () => {
    const labels = plain(set?.['template']?.['metadata']?.['labels']);
    expect(plain(set?.['selector']?.['matchLabels'])).to.deep.equal(labels);
    const budget = manifest('PodDisruptionBudget')['spec'];
    expect(plain(budget)).to.deep.equal({ maxUnavailable: 1, selector: { matchLabels: labels } });
    for (const service of manifests.filter((each) => String(each['kind']) === 'Service'))
      expect(plain(service['spec']?.['selector'])).to.deep.equal(labels);
  });

  it('ask paths of the monitoring door, at ports that the settings open', () => {
    const [gateway] = [...(pod?.['containers'] ?? [])];
    const settings = join(temporaryFolder(), 'gateway.yaml');
    writeFileSync(settings, String(manifest('ConfigMap')['data']?.['gateway.yaml']));
    const { exchange, border, monitoring } = loadConfig({ config: settings }, {});
    const opened = { exchange: exchange.port, border: border.port, monitoring: monitoring?.port };
    const ports = [...(gateway?.['ports'] ?? [])].map(({ name, containerPort }) => [
      String(name),
      Number(containerPort),
    ]);
    expect(Object.fromEntries(ports)).to.deep.equal(opened);
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((name) =>
      plain(gateway?.[name]?.['httpGet']),
    );
    expect(probes).to.deep.equal([
      { path: '/livez', port: 'monitoring' },
      { path: '/livez', port: 'monitoring' },
      { path: '/readyz/exchange', port: 'monitoring' },
    ]);
  });
});
