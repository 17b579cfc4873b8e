/** Lint of every layout by example messages: they follow its schema, identifiers fit, and they can be sealed and read back. */

import type { ListRecord } from '../../model/record/record.ts';
import { seededRandom } from '../../model/seeded-random.ts';
import type { GatewayError } from '../../model/errors.ts';
import type { Adapter, ListFormat, MessageFormat } from '../adapter.ts';
import { longestMatch } from '../template/longest-text.ts';
import { differenceOf, refusalIn, refusalOf, failurePlace } from './failures.ts';
import { exampleList, inventReply } from './generate.ts';
import { lintFinding, type LintFinding, type LintSubject } from './lint-rules.ts';
import { decodedMessage, decodeText, encodeText, type CheckTools } from './message-text.ts';

type LayoutSubject = LintSubject & { readonly adapter: Adapter; readonly tools: CheckTools };

export async function lintLayouts(subject: LayoutSubject): Promise<LintFinding[]> {
  const { adapter } = subject;
  const formats = adapter.periods.map((day) => adapter.formatsOn(day));
  const misfits = [...new Set(formats.map(({ list }) => list))].flatMap((list) => lintIdentifiers(list, subject));
  return misfits.length > 0 ? misfits.slice(0, 1) : lintSealing(subject);
}

/** Identifiers of both sides, the longest possible ones too, encoded in a layout and compared with its schema. */
function lintIdentifiers(format: ListFormat, subject: LayoutSubject): LintFinding[] {
  const { adapter, manifest, place } = subject;
  const tried = (['theirs', 'ours'] as const).flatMap((side) => {
    const form = adapter.identifiers[side];
    const code = longestMatch(manifest.identifiers[side].code);
    const [grade = ''] = side === 'ours' ? adapter.arrangement.grades : adapter.otherSide.grades;
    const identifiers = new Set([form.example, code === undefined ? form.example : form.toIdentifier(code)]);
    return [...identifiers].map((identifier) => {
      const list = listWith(format, { identifier, grade }, adapter);
      return {
        side,
        identifier,
        refusal: refusalOf(() => subject.tools.checkSchema(encodeText(format, list), format)),
      };
    });
  });
  const [first] = tried;
  if (first?.refusal?.code === 'E_ADAPTER_INVALID') return [schemaUnfit(format, first.refusal)];
  if (first?.refusal?.code === 'E_SCHEMA_INVALID' && tried.every(({ refusal }) => refusal?.code === 'E_SCHEMA_INVALID'))
    return [
      lintFinding(
        'schema_unfit',
        format.schema,
        `it refuses every message of the template: ${refusalText(first.refusal)}`,
      ),
    ];
  return tried.flatMap(({ side, identifier, refusal }) => {
    if (refusal === undefined) return [];
    const detail = `an identifier of ${identifier.length} characters, ${identifier}, does not fit: ${refusalText(refusal)}`;
    const fix = 'Agree a longer element or another form with the partner; an identifier is never truncated.';
    return [lintFinding('identifier_unfit', place(`/identifiers/${side}/code`), detail, fix)];
  });
}

/** A schema that does not compile. */
function schemaUnfit({ schema }: Pick<ListFormat, 'schema'>, refusal: GatewayError): LintFinding {
  return lintFinding('schema_unfit', schema, refusalText(refusal));
}

function refusalText({ detail, at }: GatewayError): string {
  return at === undefined ? detail : `${detail} at ${at}`;
}

function listWith(
  format: ListFormat,
  { identifier, grade }: Pick<ListRecord, 'identifier' | 'grade'>,
  adapter: Adapter,
) {
  const { partner } = adapter;
  const [text, since] = ['Example', '2026-01-01'];
  const record: ListRecord = {
    ...{ identifier, grade, status: 'active', statusSince: since, validFrom: since, validTo: '2030-01-01', roles: [] },
    name: { local: text, latin: text },
    address: { local: text, latin: text, city: text, postcode: '10000' },
  };
  const departures = [{ identifier, reason: 'left' as const, since }];
  return exampleList(format, { records: [record], departures }, [partner, partner], adapter);
}

/** A list and a reply of every layout, sealed with a key made for the check, verified, and compared with what was written. */
async function lintSealing({ adapter, place, tools }: LayoutSubject): Promise<LintFinding[]> {
  const { identifiers, arrangement, seal } = adapter;
  const unread = (fault: string): LintFinding =>
    lintFinding('seal_unfit', place('/seal'), `a message cannot be sealed and read back: ${fault}`);
  const record = { identifier: identifiers.ours.example, grade: arrangement.grades[0] ?? '' };
  const faultOf = async <T>(
    format: MessageFormat<T>,
    message: Parameters<typeof encodeText<T>>[1],
  ): Promise<LintFinding[]> => {
    try {
      const content = await tools.sealAndVerify(encodeText(format, message), format, seal);
      const difference = differenceOf(decodedMessage(format, message), decodeText(format, content, tools));
      return difference === undefined ? [] : [unread(failurePlace(difference))];
    } catch (error) {
      const refusal = refusalIn(error);
      return [refusal.code === 'E_ADAPTER_INVALID' ? schemaUnfit(format, refusal) : unread(refusalText(refusal))];
    }
  };
  const faults: LintFinding[] = [];
  for (const { list, reply } of new Set(adapter.periods.map((day) => adapter.formatsOn(day)))) {
    faults.push(...(await faultOf(list, listWith(list, record, adapter))));
    if (reply !== undefined) faults.push(...(await faultOf(reply, inventReply(adapter, seededRandom(1), reply))));
  }
  return faults.slice(0, 1);
}
