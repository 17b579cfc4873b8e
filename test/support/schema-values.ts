/** Values that follow a JSON Schema, and values that nearly do, for fast-check. Only the keywords that the schemas of the border door use. */

import fc from 'fast-check';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** `root`: the document in which references point. */
export function valuesOf(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  const of = (inner: unknown): fc.Arbitrary<unknown> => valuesOf((inner ?? {}) as JsonSchema, root);
  const { $ref, enum: listed, const: only, type, anyOf, oneOf } = schema;
  if (typeof $ref === 'string') return of(at(root, $ref));
  if (Array.isArray(listed)) return fc.constantFrom(...(listed as unknown[]));
  if (only !== undefined) return fc.constant(only);
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return fc.oneof(...choices.map(of));
  switch (type) {
    case 'string':
      return textsOf(schema);
    case 'integer':
      return fc.integer({ min: Number(schema['minimum'] ?? -9), max: Number(schema['maximum'] ?? 99) });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(of(schema['items']), { minLength: Number(schema['minItems'] ?? 0), maxLength: 3 });
    case 'object':
      return objectsOf(schema, of);
    default:
      return fc.jsonValue();
  }
}

/** Also with one member that is missing, of another kind, or unknown. */
export function nearlyValuesOf(schema: JsonSchema, root: JsonSchema): fc.Arbitrary<unknown> {
  const values = valuesOf(schema, root);
  const spoilt = fc.tuple(values, fc.nat(), fc.jsonValue(), fc.constantFrom('drop', 'replace', 'add')).map(spoil);
  return fc.oneof({ weight: 4, arbitrary: values }, { weight: 3, arbitrary: spoilt }, fc.jsonValue());
}

function spoil([value, place, other, how]: [unknown, number, unknown, string]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return other;
  const members = Object.entries(value);
  const [name = 'x', member] = members[place % Math.max(1, members.length)] ?? [];
  // Mostly deeper: an entry is one member that has all others.
  if (typeof member === 'object' && member !== null && place % 4 > 0)
    return { ...value, [name]: spoil([member, place >> 2, other, how]) };
  if (how === 'drop') return Object.fromEntries(members.filter(([each]) => each !== name));
  return { ...value, [how === 'add' ? 'unknown' : name]: other };
}

function textsOf({ pattern, format, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc
      .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern, 'u'));
  const length = { minLength: Number(minLength), maxLength: Math.min(Number(maxLength), 40) };
  return fc.oneof(fc.string(length), fc.string({ ...length, unit: 'grapheme' }));
}

function objectsOf(schema: JsonSchema, of: (inner: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const members = Object.fromEntries(
    Object.entries(properties as JsonSchema).map(([name, inner]) => [name, of(inner)]),
  );
  const fixed = fc.record(members, { requiredKeys: required as string[] });
  if (typeof additionalProperties !== 'object') return fixed;
  const keys = fc.string({ minLength: 1, maxLength: 20 });
  return fc.dictionary(keys, of(additionalProperties), { minKeys: Number(schema['minProperties'] ?? 0), maxKeys: 3 });
}

function at(root: JsonSchema, reference: string): JsonSchema {
  let found: unknown = root;
  for (const step of reference.slice(2).split('/')) found = (found as JsonSchema)[step.replaceAll('~1', '/')];
  return found as JsonSchema;
}
