/**
 * Times the steps of receiveMessage while it runs, without a change to it: each step begins where the story first touches
 * something of its gateway (a transaction, a schema, a decoder, the clock, an id), and those things are handed in.
 */

import type { AcceptedFormat } from '../../gateway/adapter/adapter.ts';
import type { Gateway, Partner } from '../../gateway/gateway.ts';

export const inboundSteps = ['keep', 'verify', 'validate', 'decode', 'judge', 'answer', 'commit'] as const;
export type InboundStep = (typeof inboundSteps)[number];

export interface Watched {
  readonly gateway: Gateway;
  /** Milliseconds by step; a step the story no longer passes counts with the one before it. */
  laps(from: number, to: number): Readonly<Record<InboundStep, number>>;
}

/** `keep` the raw bytes, `answer`: receipt and reply written and sealed, `commit`: the transaction that applies it all. */
export function watchInbound(gateway: Gateway): Watched {
  const reached = new Map<InboundStep, number>();
  const reach = (step: InboundStep): void => {
    if (!reached.has(step)) reached.set(step, performance.now());
  };
  const watched: Gateway = {
    ...gateway,
    partners: new Map([...gateway.partners].map(([code, partner]) => [code, watchPartner(partner, reach)])),
    db: {
      ...gateway.db,
      async transaction(work, terms) {
        reach(reached.has('verify') ? 'commit' : 'keep');
        const result = await gateway.db.transaction(work, terms);
        reach('verify');
        return result;
      },
    },
    now() {
      if (reached.has('decode')) reach('judge');
      return gateway.now();
    },
    newId() {
      if (reached.has('judge')) reach('answer');
      return gateway.newId();
    },
  };
  return {
    gateway: watched,
    laps(from, to) {
      const times = inboundSteps.map((step) => reached.get(step));
      const laps = inboundSteps.map((step, i): [InboundStep, number] => {
        const begun = i === 0 ? from : times[i];
        const ended = times.slice(i + 1).find((time) => time !== undefined) ?? to;
        return [step, begun === undefined ? 0 : ended - begun];
      });
      return Object.fromEntries(laps) as Record<InboundStep, number>;
    },
  };
}

function watchPartner(partner: Partner, reach: (step: InboundStep) => void): Partner {
  const { adapter } = partner;
  return {
    ...partner,
    schemaOf(format) {
      reach('validate');
      return partner.schemaOf(format);
    },
    adapter: {
      ...adapter,
      formatsOn(day) {
        const formats = adapter.formatsOn(day);
        const accepted = formats.accepted.map((layout) => watchLayout(layout, () => reach('decode')));
        return { ...formats, accepted };
      },
    },
  };
}

function watchLayout(layout: AcceptedFormat, decoding: () => void): AcceptedFormat {
  if (layout.kind === 'reply') return layout;
  const { format } = layout;
  const decoder = (): ReturnType<typeof format.decoder> => {
    decoding();
    return format.decoder();
  };
  return { kind: 'list', format: { ...format, decoder } };
}
