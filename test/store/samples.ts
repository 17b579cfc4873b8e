/** Invented records, lists and messages for the tests of the store. */

import { createHash } from 'node:crypto';
import type { Position } from '../../gateway/model/list/list.ts';
import type { RawMessage, SealedMessage } from '../../gateway/model/message.ts';
import type { DomesticRecord, ListRecord } from '../../gateway/model/record/record.ts';

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** As large as a list of some 37,000 records. */
export const largeBody = (text: string): Uint8Array => Buffer.alloc(12_500_000, `${text} `);

/** A moment of one day in 2026, by its hour. */
export const hour = (h: number): string => new Date(Date.UTC(2026, 2, 1, h)).toISOString();

export function operator(code: string, changes: Partial<DomesticRecord> = {}): DomesticRecord {
  return {
    code,
    name: { latin: `OPERATOR ${code}`, local: `经营者${code}` },
    address: { city: 'SAMPLE CITY' },
    grade: 'advanced',
    gradeSince: '2020-01-01',
    status: 'active',
    statusSince: '2020-01-01',
    roles: ['exporter'],
    consent: true,
    ...changes,
  };
}

export function listed(identifier: string, changes: Partial<ListRecord> = {}): ListRecord {
  return {
    identifier,
    name: { latin: `COMPANY ${identifier}` },
    address: {},
    grade: 'AEO',
    status: 'active',
    statusSince: '2020-01-01',
    validFrom: '2020-01-01',
    roles: ['exporter'],
    ...changes,
  };
}

export function position(sequence: number, epoch = { no: 1, id: 'e1' }): Position {
  return { epoch, sequence, chain: `chain-${sequence}`, root: `root-${sequence}`, count: sequence };
}

export function sealed(id: string, partner: string, changes: Partial<SealedMessage> = {}): SealedMessage {
  const bytes = bytesOf(`message ${id}`);
  return { id, partner, kind: 'list', contentType: 'application/xml', bytes, digest: digestOf(bytes), ...changes };
}

export function raw(partner: string, text: string, receivedAt = hour(1)): RawMessage {
  return { partner, via: 'https', bytes: bytesOf(text), receivedAt };
}
