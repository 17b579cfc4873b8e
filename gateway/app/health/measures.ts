/** What checks measure: the names, labels and help texts of gauges, by the naming rules of Prometheus (prometheus.io/docs/practices/naming). */

interface Gauge {
  readonly help: string;
  readonly labels: readonly string[];
}

/** Published: dashboards and alert rules use them. What is read from the store is the same on each gateway of one store. */
export const gauges = {
  mra_outbox_messages: {
    help: 'Messages to a partner that are not settled, by state: waiting, handed_over, held or overdue.',
    labels: ['partner', 'state'],
  },
  mra_outbox_oldest_timestamp_seconds: {
    help: 'When the oldest message that waits to be sent to a partner was sealed.',
    labels: ['partner'],
  },
  mra_outbox_leases: {
    help: 'Messages claimed by a sender, by state: active or expired.',
    labels: ['partner', 'state'],
  },
  mra_inbox_held_lists: { help: 'Lists of a partner that wait for two people.', labels: ['partner'] },
  mra_inbox_rejected_messages: { help: 'Messages of a partner that were rejected in seven days.', labels: ['partner'] },
  mra_list_issued_timestamp_seconds: {
    help: 'When the newest list was issued, by direction: out (the partner holds it of us) or in (we hold it of the partner).',
    labels: ['partner', 'direction'],
  },
  mra_list_due_timestamp_seconds: {
    help: 'When the next list is due, by direction.',
    labels: ['partner', 'direction'],
  },
  mra_list_stale_timestamp_seconds: {
    help: 'When the list that we hold of a partner becomes too old.',
    labels: ['partner'],
  },
  mra_restrictions_unacknowledged: {
    help: 'Suspensions, revocations and ends of consent that a partner has not acknowledged.',
    labels: ['partner'],
  },
  mra_certificate_expiry_timestamp_seconds: {
    help: 'When the certificate of a partner ends that ends last, by use: signing, tls or anchors.',
    labels: ['partner', 'use'],
  },
  mra_key_expiry_timestamp_seconds: { help: 'When the certificate of one of our keys ends.', labels: ['key'] },
  mra_partner_clock_offset_seconds: {
    help: 'By how much the clock of a partner is ahead of ours, as the Date of its last answer shows.',
    labels: ['partner'],
  },
  mra_alarms_open: { help: 'Open alarms, by who must act.', labels: ['who'] },
  mra_store_writable: { help: '1 while the store can be written.', labels: [] },
  mra_disk_free_bytes: { help: 'Free space where the data folder is.', labels: [] },
  mra_broker_ready: { help: '1 while the broker answers and takes messages.', labels: ['broker'] },
  mra_broker_dead_letters: {
    help: 'Messages that could not be taken, by dead-letter queue.',
    labels: ['broker', 'queue'],
  },
} as const satisfies Record<string, Gauge>;

export interface Measure {
  readonly name: keyof typeof gauges;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const measure = (name: Measure['name'], labels: Measure['labels'], value: number): Measure => ({
  name,
  labels,
  value,
});

/** Seconds since 1970 of a moment, as Prometheus has them. */
export const seconds = (moment: string): number => Date.parse(moment) / 1000;
