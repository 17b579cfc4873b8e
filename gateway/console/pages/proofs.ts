/** Proofs: the evidence for an answer by its number, or a file with evidence, is verified, and the page says what that proves and what not. */

import { evidenceFor, readEvidence, type ProvenFile } from '../../audit/evidence.ts';
import { evidenceCode } from '../../audit/printed-evidence.ts';
import { placeOfConsultation } from '../../clearance/requests.ts';
import { readConsultationNumber, shownConsultationNumber } from '../../model/clearance/number-form.ts';
import { GatewayError } from '../../model/errors.ts';
import { asked, page, param, written, type Call, type Download, type Section } from '../page.ts';
import {
  actForm,
  facts,
  field,
  html,
  link,
  pathOf,
  rowOf,
  searchForm,
  state,
  time,
  type Content,
  type VNode,
} from '../parts.ts';

/** Evidence has the message of the partner in it up to a mebibyte; base64 makes four bytes of three. */
const mostBytes = 2 * 1024 * 1024;
const needs = 'register.read';

interface Proof {
  readonly number: string;
  readonly outcome: string;
  readonly partner: string;
  readonly identifier: string | null;
  readonly requester: string;
  readonly answered_at: string;
  /** The log that has the answer, its entry there, and the number of entries that the signature covers. */
  readonly log: string;
  readonly entry: number;
  readonly signed_entries: number;
  /** The message of the partner on which the answer rests; null: no list of the partner was in force. */
  readonly message: { readonly id: string; readonly applied_at: string; readonly in_file: boolean } | null;
}

function proofOf({ proven, evidence }: ProvenFile): Proof {
  const { answer, entry, checkpoint, source } = evidence;
  const [log = '', size = ''] = checkpoint.split('\n');
  const message = source && {
    ...{ id: source.entry.ref, applied_at: source.entry.at, in_file: source.bytes !== undefined },
  };
  return {
    ...{ number: proven.number, outcome: proven.outcome, requester: proven.requester },
    ...{ partner: answer.subject.partner, identifier: answer.subject.identifier, answered_at: proven.answeredAt },
    ...{ log, entry: entry.n, signed_entries: Number(size), message: message ?? null },
  };
}

async function evidenceText({ gateway }: Call, number: string): Promise<string> {
  return await evidenceFor(gateway.db.sql, gateway.sealer, await placeOfConsultation(gateway, number));
}

async function loadOne(call: Call): Promise<Proof> {
  const key = await call.gateway.sealer.verifierKey();
  return proofOf(readEvidence(await evidenceText(call, param(call, 'number')), key));
}

/** What is proven and what not, a sentence for each part of it. */
function sentences(proof: Proof, { words, gateway }: Call): readonly Content[] {
  const { t } = words;
  const { message, partner, requester } = proof;
  const outcome = words.code('outcome', proof.outcome);
  const values = { outcome, partner, requester, at: words.moment(proof.answered_at) };
  const entries = { entry: words.number(proof.entry), size: words.number(proof.signed_entries), log: proof.log };
  const own = proof.log.startsWith(`mra-gateway/${gateway.home.country}/`);
  return [
    proof.identifier === null
      ? t('proofs.answer_unnamed', values)
      : t('proofs.answer', { ...values, identifier: proof.identifier }),
    t('proofs.entry', entries),
    message === null
      ? t('proofs.no_message', { partner })
      : t('proofs.message', { partner, id: message.id, at: words.moment(message.applied_at) }),
    message !== null && t(message.in_file ? 'proofs.bytes' : 'proofs.no_bytes'),
    t('proofs.not_now'),
    !own && t('proofs.other_log'),
  ];
}

/** Only a verifier can say so, and no paper. */
function validView(proof: Proof, call: Call): VNode {
  return html`<p>${state('good', call.words.t('proofs.good'))}</p>
    ${proofView(proof, call)}`;
}

function proofView(proof: Proof, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  return html`<ul>
      ${sentences(proof, call).map((text) => text !== false && html`<li>${text}</li>`)}
    </ul>
    ${facts([
      [t('check.number'), html`<strong>${shownConsultationNumber(proof.number)}</strong>`],
      [t('head.outcome'), words.code('outcome', proof.outcome)],
      [t('head.identifier'), proof.identifier ?? undefined],
      [t('head.partner'), proof.partner],
      [t('check.requester'), proof.requester],
      [t('head.at'), time(words, proof.answered_at)],
      [t('audit.log'), html`<code>${proof.log}</code>`],
      [t('head.message'), proof.message === null ? undefined : html`<code>${proof.message.id}</code>`],
    ])}`;
}

function oneView(proof: Proof, call: Call): VNode {
  const { t } = call.words;
  const { number } = proof;
  return html`${validView(proof, call)}
  ${rowOf([
    link(pathOf('proofs', number, 'print'), t('proofs.print')),
    link(pathOf('proofs', number, 'evidence'), t('proofs.download')),
    link(pathOf('answers', number), t('check.show')),
    link('/proofs', t('proofs.another')),
  ])}`;
}

interface Printed extends Proof {
  /** The text of the QR code. */
  readonly code: string;
  /** Of the QR code, as SVG; null where it would be too long. */
  readonly svg: string | null;
}

async function loadPrinted(call: Call): Promise<Printed> {
  const text = await evidenceText(call, param(call, 'number'));
  const { text: code, svg = null } = evidenceCode(text);
  return { ...proofOf(readEvidence(text, await call.gateway.sealer.verifierKey())), code, svg };
}

function printedView(printed: Printed, call: Call): VNode {
  const { t } = call.words;
  const { code, svg } = printed;
  return html`${proofView(printed, call)}
    <p>${t('proofs.code_hint')}</p>
    ${
      svg === null
        ? html`<p>${t('proofs.no_code')}</p>`
        : html`<figure
            class="code"
            role="img"
            aria-label=${t('proofs.code')}
            dangerouslySetInnerHTML=${{ __html: svg }}
          />`
    }
    <p><code>${code}</code></p>`;
}

function formsView({ key }: { readonly key: string }, call: Call): VNode {
  const { words } = call;
  const { t } = words;
  const fields = html`${field({ name: 'file', label: t('proofs.file'), type: 'file', required: true })}
  ${field({ name: 'key', label: t('proofs.key'), hint: t('proofs.key_hint') })}`;
  return html`<p>${t('proofs.about')}</p>
    <h2>${t('proofs.by_number')}</h2>
    ${searchForm(words, '/proofs/find', field({ name: 'number', label: t('check.number'), required: true }), 'proofs.button')}
    <h2>${t('proofs.by_file')}</h2>
    ${actForm(call, { to: '/proofs', needs, children: fields, withFile: true }, [{ text: t('proofs.button') }])}
    <h2>${t('proofs.our_key')}</h2>
    <p>${t('proofs.our_key_hint')}</p>
    <p><code>${key}</code></p>`;
}

/** The file of the form; programs send its text as `evidence`. */
function sentEvidence({ file, form }: Call): string {
  const text = file === undefined ? form.get('evidence') : Buffer.from(file.bytes).toString('utf8');
  if (text !== null) return text;
  throw new GatewayError('E_REQUEST_INVALID', 'no file was sent', {
    at: 'file',
    fix: 'Choose a file that mra evidence get wrote, or that another administration sent.',
  });
}

const evidenceFile: Download = {
  ...{ path: '/proofs/:number/evidence', needs },
  async load(call) {
    const number = param(call, 'number');
    const bytes = Buffer.from(await evidenceText(call, number));
    return { name: `${readConsultationNumber(number)}.json`, contentType: 'application/json', bytes };
  },
};

export const proofs: Section = {
  pages: [
    page({
      ...{ path: '/proofs', needs, view: formsView },
      title: ({ words }) => words.t('nav.proofs'),
      load: async ({ gateway }) => ({ key: await gateway.sealer.verifierKey() }),
    }),
    page({
      ...{ path: '/proofs/find', needs, view: oneView },
      title: ({ words }) => words.t('nav.proofs'),
      load: (call) => loadOne({ ...call, params: { number: asked(call, 'number') ?? '' } }),
    }),
    page({
      ...{ path: '/proofs/:number', needs, load: loadOne, view: oneView },
      title: ({ words }, { number }) => words.t('proofs.title', { number: shownConsultationNumber(number) }),
    }),
    page({
      ...{ path: '/proofs/:number/print', needs, load: loadPrinted, view: printedView },
      title: ({ words }, { number }) => words.t('check.title', { number: shownConsultationNumber(number) }),
    }),
  ],
  acts: [
    {
      ...{ path: '/proofs', needs, mostBytes },
      async act(call) {
        const key = written(call, 'key') || (await call.gateway.sealer.verifierKey());
        const result = proofOf(readEvidence(sentEvidence(call), key, 'file'));
        return { title: call.words.t('nav.proofs'), view: validView(result, call), result };
      },
    },
  ],
  downloads: [evidenceFile],
};
