/**
 * An agency at home, to which our operators are shown under a memorandum: adapter.yaml with `kind: agency`. Everything but what stands here
 * treats it as a partner that sends no lists.
 */

import type { Sourced } from '../model/arrangement.ts';
import type { Memorandum, MemorandumData } from '../model/memorandum.ts';
import { invalid } from './faults.ts';
import type { IdentifierData } from './identifiers.ts';
import type { Manifest } from './manifest.ts';
import type { ListFormat } from './adapter.ts';
import type { Checked } from './tools.ts';

/** adapter.yaml as written: an agency has a memorandum, and neither an arrangement nor identifiers of its own. */
export type WrittenManifest =
  | (Manifest & { readonly memorandum?: undefined })
  | (Omit<Manifest, 'arrangement' | 'identifiers' | 'memorandum'> & {
      readonly memorandum: MemorandumData;
      readonly identifiers: { readonly ours: IdentifierData & Sourced };
    });

/** With the terms of a memorandum where those of an arrangement stand: no direction and no role on an entry earns anything. */
export function withTerms(checked: Checked<WrittenManifest>): Checked<Manifest> {
  if (!checked.ok) return checked;
  const { value: written } = checked;
  if (written.memorandum === undefined) return { ok: true, value: written };
  const { title, inForce, purpose, grades, fields, benefits, maxAgeSeconds, bands } = written.memorandum;
  const value = {
    ...written,
    arrangement: {
      ...{ title, inForce, benefits, maxAgeSeconds },
      programme: { ...purpose, theirs: title, ours: title },
      grades: { ...grades, theirs: grades.value, ours: grades.value },
      directions: { ...fields, value: [] },
      entryRoles: { ...fields, value: [] },
      bands: { ...bands, theirs: bands.value, ours: bands.value },
    },
    identifiers: { theirs: written.identifiers.ours, ours: written.identifiers.ours },
  };
  return { ok: true, value };
}

export function memorandumOf({ memorandum }: Manifest): Memorandum | undefined {
  if (memorandum === undefined) return undefined;
  const { purpose, fields, retentionDays, statusQueries } = memorandum;
  return {
    ...{ purpose: purpose.value, fields: fields.value, retentionDays: retentionDays.value },
    statusQueries: statusQueries?.value ?? false,
  };
}

/** Values that a template carries and the memorandum does not name; none where there is no memorandum. */
export function fieldsNotAgreed({ carries }: Pick<ListFormat, 'carries'>, { memorandum }: Manifest): readonly string[] {
  return memorandum === undefined ? [] : carries.filter((path) => !memorandum.fields.value.includes(path));
}

/** The format, if it carries only what may leave; E_ADAPTER_INVALID otherwise. */
export function requireAgreedFields(format: ListFormat, manifest: Manifest): ListFormat {
  const [path] = fieldsNotAgreed(format, manifest);
  if (path === undefined) return format;
  throw invalid(
    `the template carries ${path}, which the memorandum does not name`,
    format.template,
    'Take it out of the template, or agree it and name it under memorandum/fields.',
  );
}
