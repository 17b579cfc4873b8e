/** Adapters: the folders that there are, the drafts that people work on, and the begin of a new one from a sample. */

import { adapterFolders } from '../../app/adapter-drafts.ts';
import type { DraftChange } from '../../app/adapter-drafts.ts';
import { GatewayError } from '../../model/errors.ts';
import { listAdapterDrafts } from '../../store/adapter-drafts.ts';
import { page, written, type Call, type Section } from '../page.ts';
import { actForm, area, choice, field, html, link, pathOf, state, table, time, type VNode } from '../parts.ts';

/** Of a form with a sample. */
export const mostBytes = 1024 * 1024;
const kinds = ['list', 'reply', 'acknowledgement'] as const;

async function load({ gateway }: Call) {
  const served = [...gateway.partners.values()].map(({ code, adapter }) => ({ partner: code, adapter: adapter.cc }));
  const folders = adapterFolders(gateway).map((each) => {
    return {
      ...each,
      partners: served.filter(({ adapter }) => adapter === each.adapter).map(({ partner }) => partner),
    };
  });
  return { items: folders, drafts: await listAdapterDrafts(gateway.db.sql) };
}

function view({ items: folders, drafts }: Awaited<ReturnType<typeof load>>, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const letters = field({
    name: 'partner',
    label: t('adapters.partner'),
    hint: t('adapters.partner_hint'),
    required: true,
  });
  const form = {
    to: '/adapters',
    needs: 'adapters.draft',
    withFile: true,
    children: html`${letters} ${sampleFields(call)}`,
  } as const;
  return html`<p>${t('adapters.about')}</p>
    ${table(
      t('adapters.drafts'),
      [{ head: t('head.partner') }, { head: t('head.at') }, { head: t('head.person') }],
      drafts.map(({ id, partner, at, person }) => [link(pathOf('adapters', id), partner), time(words, at), person]),
      t('adapters.no_drafts'),
    )}
    <h2>${t('adapters.new')}</h2>
    ${actForm(call, form, [{ text: t('adapters.begin') }])}
    ${table(
      t('adapters.folders'),
      [{ head: t('adapters.folder') }, { head: t('head.state') }, { head: t('nav.partners') }],
      folders.map(({ adapter, certificate, partners }) => [
        html`<code>${adapter}</code>`,
        certificate ? state('good', t('adapters.certified')) : state('none', t('adapters.uncertified')),
        partners.map((code) => html`${link(pathOf('partners', code), code)} `),
      ]),
      t('adapters.none'),
    )}`;
}

/** A file, or its text. */
export function sampleFields({ words }: Call): VNode {
  const { t } = words;
  return html`${choice(
    'kind',
    t('adapters.kind'),
    kinds.map((kind) => [kind, words.code('sample', kind)] as const),
    'list',
  )}
  ${field({ name: 'file', label: t('adapters.file'), hint: t('adapters.file_hint'), type: 'file' })}
  ${area({ name: 'text', label: t('adapters.text') })}`;
}

/** Throws E_REQUEST_INVALID where there is neither a file nor a text. */
export function sampleOf(call: Call): NonNullable<DraftChange['sample']> {
  const { file, form } = call;
  const kind = kinds.find((each) => each === written(call, 'kind')) ?? 'list';
  if (file !== undefined) return { kind, ...file };
  const text = form.get('text') ?? '';
  if (text.trim() !== '') return { kind, name: 'sample', bytes: Uint8Array.from(Buffer.from(text)) };
  throw new GatewayError('E_REQUEST_INVALID', 'there is no sample', {
    at: 'file',
    fix: 'Choose a file, or paste its text.',
  });
}

async function begin(call: Call): Promise<{ to: string; result: object }> {
  const { work, session } = call;
  const sample = sampleOf(call);
  const id = await work.changeDraft({ partner: written(call, 'partner'), sample, person: session.person.id });
  return { to: pathOf('adapters', id), result: { id } };
}

export const adapters: Section = {
  pages: [
    page({ path: '/adapters', needs: 'partners.read', title: ({ words }) => words.t('nav.adapters'), load, view }),
  ],
  acts: [{ path: '/adapters', needs: 'adapters.draft', mostBytes, act: begin }],
};
