/** Metrics in the text format of Prometheus: gauges of what checks measured, and counters of what this process and its store did. */

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AnsweredRequest } from '../../model/clearance/posted-request.ts';
import type { LoggedEvent } from '../../store/events.ts';
import type { Finding } from './finding.ts';
import { gauges, type Measure } from './measures.ts';

export interface Metrics {
  readonly contentType: string;
  /** The text of all metrics. */
  expose(): Promise<string>;
  /** Takes what checks found in place of what they found before. */
  takeFindings(findings: readonly Finding[]): void;
  /** Counts events of the store. */
  countEvents(events: readonly LoggedEvent[]): void;
  countAnswer(answer: AnsweredRequest): void;
}

/** From a fifth of a second to a week: an exchange takes seconds, and a partner that is away takes days. */
const deliveryBuckets = [0.2, 0.5, 1, 2, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600];
const borderBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** `commits`: of the store by this process, so far. */
export function openMetrics({ commits }: { commits(): number }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const measured = measuredGauges(registry);
  const results = new Gauge({
    ...{ name: 'mra_findings', help: 'Findings of the last check, by result: ok, warn or fail.' },
    ...{ labelNames: ['result'], registers: [registry] },
  });
  countCommits(registry, commits);
  return {
    contentType: registry.contentType,
    expose: () => registry.metrics(),
    takeFindings(findings) {
      for (const gauge of Object.values(measured)) gauge.reset();
      for (const { name, labels, value } of findings.flatMap(({ measures = [] }) => measures))
        measured[name].set({ ...labels }, value);
      for (const result of ['ok', 'warn', 'fail'] as const)
        results.set({ result }, findings.filter((finding) => finding.result === result).length);
    },
    countEvents: eventCounter(registry),
    countAnswer: answerCounter(registry),
  };
}

function measuredGauges(registry: Registry): Readonly<Record<Measure['name'], Gauge>> {
  const made = Object.entries(gauges).map(([name, { help, labels }]) => {
    return [name, new Gauge({ name, help, labelNames: [...labels], registers: [registry] })];
  });
  return Object.fromEntries(made) as Record<Measure['name'], Gauge>;
}

function countCommits(registry: Registry, commits: () => number): void {
  new Counter({
    ...{ name: 'mra_store_commits_total', help: 'Transactions that this process committed.', registers: [registry] },
    collect() {
      this.reset();
      this.inc(commits());
    },
  });
}

/** The kinds of events by which outcomes of attempts and verdicts are recorded. */
const attempted = /^delivery_(.+)$/u;
const theirVerdict = /^receipt_(applied|held|rejected)$/u;
const ourVerdict = /^(?:list|reply|message)_(applied|held|rejected)$/u;

function eventCounter(registry: Registry): Metrics['countEvents'] {
  const registers = [registry];
  const deliveries = new Counter({
    ...{ name: 'mra_delivery_attempts_total', help: 'Attempts to send a message to a partner, by outcome.' },
    ...{ labelNames: ['partner', 'outcome'], registers },
  });
  const verdicts = new Counter({
    ...{
      name: 'mra_verdicts_total',
      help: 'Verdicts, by direction: out (the partner’s on our messages) or in (ours).',
    },
    ...{ labelNames: ['partner', 'direction', 'verdict'], registers },
  });
  const latency = new Histogram({
    ...{ name: 'mra_delivery_seconds', help: 'From the sealing of a message to the verdict of the partner.' },
    ...{ labelNames: ['partner'], buckets: deliveryBuckets, registers },
  });
  return (events) => {
    for (const { kind, partner, seconds } of events) {
      const outcome = attempted.exec(kind)?.[1];
      if (outcome !== undefined) deliveries.inc({ partner, outcome });
      const theirs = theirVerdict.exec(kind)?.[1];
      if (theirs !== undefined) verdicts.inc({ partner, direction: 'out', verdict: theirs });
      const ours = ourVerdict.exec(kind)?.[1];
      if (ours !== undefined) verdicts.inc({ partner, direction: 'in', verdict: ours });
      if (seconds !== undefined) latency.observe({ partner }, seconds);
    }
  };
}

function answerCounter(registry: Registry): Metrics['countAnswer'] {
  const registers = [registry];
  const requests = new Histogram({
    ...{ name: 'mra_border_request_seconds', help: 'Requests to the border door, by path and HTTP status.' },
    ...{ labelNames: ['route', 'status'], buckets: borderBuckets, registers },
  });
  const answers = new Counter({
    ...{ name: 'mra_border_outcomes_total', help: 'Answers about operators at the border, by outcome.' },
    ...{ labelNames: ['outcome'], registers },
  });
  return ({ route, status, seconds, outcomes }) => {
    requests.observe({ route, status: String(status) }, seconds);
    for (const [outcome, count] of Object.entries(outcomes)) answers.inc({ outcome }, count);
  };
}
