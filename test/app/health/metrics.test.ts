/** The monitoring door of gateways that exchange lists, and the rules and the dashboard that are made for its metrics. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openMetrics } from '../../../gateway/app/health/metrics.ts';
import { watchHealth } from '../../../gateway/app/health/watch.ts';
import { serve } from '../../../gateway/serve.ts';
import { deliverDue } from '../../../gateway/outbound/delivery.ts';
import { sendList } from '../../../gateway/outbound/send-list.ts';
import { eachTestWithKorea, operators, type OpenAdministration } from '../../support/administrations.ts';
import { temporaryFolder } from '../../support/pki.ts';

const monitoring = join(import.meta.dirname, '../../../docs/monitoring');

/** The value of a metric with these labels, as the text states it. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const promtool = (args: readonly string[], input = ''): ReturnType<typeof spawnSync> =>
  spawnSync('promtool', args, { input, encoding: 'utf8' });

describe('metrics', () => {
  let us: OpenAdministration;
  let them: OpenAdministration;
  eachTestWithKorea((home, korea) => {
    [us, them] = [home, korea];
  });

  /** What a gateway exposes after one examination; the events before `counted` are not counted. */
  async function exposed(during: () => Promise<void> = () => Promise.resolve()): Promise<string> {
    const metrics = openMetrics(us.gateway.db);
    let round = 0;
    const stop = new AbortController();
    await watchHealth(us.gateway, metrics, stop.signal, {
      pause: async () => {
        if (round === 0) await during();
        else stop.abort();
        round += 1;
      },
    });
    return await metrics.expose();
  }

  it('show what waits, since when, the age of lists on both sides, and the days of certificates and keys', async () => {
    await us.save(...operators(3));
    await sendList(us.gateway, 'KR');
    await deliverDue(us.gateway, 'KR'); // nobody answers
    const text = await exposed();
    expect(valueOf(text, 'mra_outbox_messages{partner="KR",state="waiting"}')).to.equal(1);
    const now = Date.now() / 1000;
    expect(valueOf(text, 'mra_outbox_oldest_timestamp_seconds{partner="KR"}')).to.be.within(now - 60, now);
    expect(valueOf(text, 'mra_list_issued_timestamp_seconds{partner="KR",direction="out"}')).to.be.within(
      now - 60,
      now,
    );
    expect(valueOf(text, 'mra_list_due_timestamp_seconds{partner="KR",direction="out"}')).to.be.greaterThan(now);
    expect(valueOf(text, 'mra_certificate_expiry_timestamp_seconds{partner="KR",use="tls"}')).to.be.greaterThan(now);
    expect(valueOf(text, 'mra_key_expiry_timestamp_seconds{key="tls"}')).to.be.greaterThan(now);
    expect(valueOf(text, 'mra_store_writable')).to.equal(1);
    expect(valueOf(text, 'mra_outbox_leases{partner="KR",state="active"}')).to.equal(0);
    expect(valueOf(text, 'mra_findings{result="warn"}')).to.be.greaterThan(0);
  });

  it('count attempts, verdicts of both sides, and the seconds from the seal to the receipt', async () => {
    await us.save(...operators(3));
    await them.save(...operators(2));
    await Promise.all([us.openDoors(), them.openDoors()]);
    const text = await exposed(async () => {
      await us.send('KR');
      await them.send('CN'); // without operators, so that it is held
    });
    expect(valueOf(text, 'mra_delivery_attempts_total{partner="KR",outcome="receipt"}')).to.equal(1);
    expect(valueOf(text, 'mra_verdicts_total{partner="KR",direction="out",verdict="applied"}')).to.equal(1);
    expect(valueOf(text, 'mra_verdicts_total{partner="KR",direction="in",verdict="held"}')).to.equal(1);
    expect(valueOf(text, 'mra_delivery_seconds_count{partner="KR"}')).to.equal(1);
    expect(valueOf(text, 'mra_inbox_held_lists{partner="KR"}')).to.equal(1);
    expect(valueOf(text, 'mra_store_commits_total')).to.be.greaterThan(3);
    expect(Math.abs(valueOf(text, 'mra_partner_clock_offset_seconds{partner="KR"}') ?? NaN)).to.be.lessThan(2);
  });

  it('follow the naming rules of Prometheus, and are all that the alert rules and the dashboard name', async () => {
    const text = await exposed();
    const lint = promtool(['check', 'metrics'], text.replaceAll(/^.*\bnodejs_.*\n/gmu, ''));
    expect([lint.status, lint.stdout, lint.stderr]).to.deep.equal([0, '', '']);
    const exist = new Set(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gmu)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => `${name}${end}`) : [name],
      ),
    );
    const named = (file: string): readonly string[] =>
      [...readFileSync(join(monitoring, file), 'utf8').matchAll(/\b(?:mra|nodejs|process)_[a-z0-9_]+/gu)].map(
        ([name]) => name,
      );
    for (const file of ['alerts.yaml', 'dashboard.json']) {
      expect(named(file), file).not.to.have.length(0);
      expect(
        named(file).filter((name) => !exist.has(name)),
        file,
      ).to.deep.equal([]);
    }
    const rules = promtool(['check', 'rules', join(monitoring, 'alerts.yaml')]);
    expect([rules.status, rules.stderr]).to.deep.equal([0, '']);
    const { panels } = JSON.parse(readFileSync(join(monitoring, 'dashboard.json'), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const records = panels.flatMap(({ targets }) => targets).map(({ expr }, i) => ({ record: `panel:${i}`, expr }));
    const file = join(temporaryFolder(), 'panels.yaml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: records }] }));
    const panel = promtool(['check', 'rules', file]);
    expect([panel.status, panel.stderr]).to.deep.equal([0, '']);
  });

  it('are at an address of their own, or of the border door, and never at the door of partners', async () => {
    const { config } = us.gateway;
    const own = { ...us.gateway, config: { ...config, monitoring: { host: '127.0.0.1', port: 0 } } };
    for (const gateway of [us.gateway, own]) {
      const serving = await serve(gateway, { scheduled: false });
      try {
        const isOwn = gateway === own;
        expect(serving.monitoringUrl === serving.borderUrl).to.equal(!isOwn);
        const status = async (url: string): Promise<number> => (await fetch(url)).status;
        expect(await status(`${serving.borderUrl}/v1/partners`)).to.equal(200);
        expect(await status(`${serving.borderUrl}/v1/none`)).to.equal(404);
        expect(await status(`${serving.borderUrl}/metrics`)).to.equal(isOwn ? 404 : 200);
        const answer = await fetch(`${serving.monitoringUrl}/metrics`);
        expect(answer.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
        const text = await answer.text();
        expect(text).to.include('nodejs_eventloop_lag_p99_seconds');
        if (!isOwn) {
          expect(valueOf(text, 'mra_border_request_seconds_count{route="/v1/partners",status="200"}')).to.equal(1);
          expect(valueOf(text, 'mra_border_request_seconds_count{route="other",status="404"}')).to.equal(1);
        }
        expect(await status(`${serving.monitoringUrl}/readyz/exchange`)).to.equal(200);
        expect(await status(`${serving.monitoringUrl}/readyz/broker`)).to.equal(200);
        expect(await status(`${serving.monitoringUrl}/readyz/none`)).to.equal(404);
      } finally {
        await serving.stop();
      }
    }
  });
});
