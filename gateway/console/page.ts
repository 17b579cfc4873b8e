/**
 * What a page of the console is: data that is loaded, and a view of it. The same data is the answer of the API at /office/v1 and the path of
 * the page. An act changes something: a form posts it, and so may a script.
 */

import type { VNode } from 'preact';
import type { OpenGateway } from '../app/composition.ts';
import type { LongWork } from '../app/long-work.ts';
import { GatewayError } from '../model/errors.ts';
import type { OfficeReply, Visit } from '../doors/office.ts';
import type { Permission } from '../people/roles.ts';
import type { Session } from '../people/sessions.ts';
import type { Words } from './words.ts';

export interface Call extends Visit {
  readonly gateway: OpenGateway;
  readonly work: LongWork;
  readonly session: Session;
  readonly words: Words;
}

export interface Page<Data> {
  /** As express reads it: `/partners/:partner`. */
  readonly path: string;
  readonly needs: Permission | 'signed_in';
  /** It keeps itself up to date where scripts run. */
  readonly live?: boolean;
  /** The page that takes the place of this one in a browser, if one does. */
  goTo?(call: Call): string | undefined;
  title(call: Call, data: Data): string;
  /** What programs receive as JSON: published members, in the form of other published JSON. */
  load(call: Call): Promise<Data>;
  view(data: Data, call: Call): VNode;
}

/** A page whose data nobody else needs to know. */
export interface AnyPage extends Pick<Page<unknown>, 'path' | 'needs' | 'live' | 'goTo'> {
  data(call: Call): Promise<unknown>;
  show(call: Call): Promise<{ readonly title: string; readonly view: VNode }>;
}

export function page<Data>({ title, load, view, ...about }: Page<Data>): AnyPage {
  return {
    ...about,
    data: load,
    async show(call) {
      const data = await load(call);
      return { title: title(call, data), view: view(data, call) };
    },
  };
}

export interface Act {
  readonly path: string;
  readonly needs: Permission | 'signed_in';
  /** How many bytes its form with a file may have. */
  readonly mostBytes?: number;
  /** Bytes are its answer, also for programs. */
  readonly gives?: 'file';
  act(call: Call): Promise<Done>;
}

type GivenFile = Omit<Extract<OfficeReply, { kind: 'file' }>, 'kind'>;

/** `to`: the page that shows what changed, or a page of its own for what is shown once; `result`: the same for programs. */
export type Done =
  | ({ readonly result: object } & ({ readonly to: string } | { readonly title: string; readonly view: VNode }))
  | { readonly file: GivenFile };

/** Bytes that a page links to. */
export interface Download {
  readonly path: string;
  readonly needs: Permission;
  load(call: Call): Promise<GivenFile>;
}

/** The pages, acts and downloads of one file. */
export interface Section {
  readonly pages: readonly AnyPage[];
  readonly acts?: readonly Act[];
  readonly downloads?: readonly Download[];
}

/** A part of the path, as it was matched. */
export function param({ params }: Call, name: string): string {
  return params[name] ?? '';
}

/** A value of the query; undefined where it is absent or empty. */
export function asked({ query }: Call, name: string): string | undefined {
  const value = query.get(name)?.trim();
  return value === '' ? undefined : value;
}

/** A whole number of the form; undefined where the field is empty. Throws E_REQUEST_INVALID. */
export function writtenNumber(call: Pick<Call, 'form'>, name: string, least: number): number | undefined {
  const text = written(call, name);
  if (text === '') return undefined;
  if (/^\d{1,6}$/u.test(text) && Number(text) >= least) return Number(text);
  throw new GatewayError('E_REQUEST_INVALID', `it is no whole number of at least ${least}`, { at: name });
}

/** A value of the form; empty where it is absent. */
export function written({ form }: Pick<Call, 'form'>, name: string): string {
  return form.get(name)?.trim() ?? '';
}
