/** Schemas: what compiles, and how a fault is told. */

import { globSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { schemas } from '../../gateway/app/adapter-tools.ts';
import { checkTree, jsonValidator, loadSchema, type Schema } from '../../gateway/wire/xsd/schema.ts';
import { readXmlTree } from '../../gateway/wire/xml/xml-tree.ts';
import { refusal, refusalCode } from '../support/expect-code.ts';
import { messageText, messageXsd } from '../support/forged-xml.ts';
import { temporaryFolder } from '../support/pki.ts';

interface Check {
  readonly partner: string;
}

describe('schemas', () => {
  const folder = temporaryFolder();
  const file = (name: string, content: unknown): string => {
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
    return path.join(folder, name);
  };
  const check = (text: string, schema: Schema): void => {
    const tree = readXmlTree(Buffer.from(text));
    try {
      checkTree(tree, schema, undefined);
    } finally {
      tree.dispose();
    }
  };

  it('an XSD may import a file of its folder', async () => {
    file('words.xsd', messageXsd);
    const main = file(
      'main.xsd',
      `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:test:box" xmlns:m="urn:test:msg">
      <xs:import namespace="urn:test:msg" schemaLocation="words.xsd"/>
      <xs:element name="Box"><xs:complexType><xs:sequence><xs:element ref="m:Msg"/></xs:sequence></xs:complexType></xs:element>
      </xs:schema>`,
    );
    const schema = loadSchema(main);
    const box = (inner: string): string => `<b:Box xmlns:b="urn:test:box">${inner}</b:Box>`;
    check(box(messageText), schema);
    const error = await refusal(() => {
      check(box(messageText.replace('VALID', 'x')), schema);
    });
    expect([error.code, error.at]).to.deep.equal(['E_SCHEMA_INVALID', 'line 1, /b:Box/m:Msg/m:Record/m:Status']);
  });

  it('an XSD that imports a file elsewhere, or is broken, does not compile', async () => {
    const elsewhere = messageXsd.replace('<xs:element', '<xs:include schemaLocation="../words.xsd"/><xs:element');
    expect(await refusalCode(() => loadSchema(file('elsewhere.xsd', elsewhere)))).to.equal('E_ADAPTER_INVALID');
    expect(await refusalCode(() => loadSchema(file('broken.xsd', '<xs:schema')))).to.equal('E_ADAPTER_INVALID');
    const undefinedType = messageXsd.replace('xs:string', 'xs:strong');
    expect(await refusalCode(() => loadSchema(file('undefined.xsd', undefinedType)))).to.equal('E_ADAPTER_INVALID');
  });

  it('the schema location in a message is not used', () => {
    const schema = loadSchema(file('located.xsd', messageXsd));
    const located = messageText.replace(
      '<m:Msg',
      '<m:Msg xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:test:msg http://127.0.0.1:9/x.xsd"',
    );
    check(located, schema);
  });

  it('a message of one format does not follow a schema of another', async () => {
    const schema = loadSchema(file('form.xsd', messageXsd));
    const value = { format: 'json', value: {} } as const;
    expect(await refusalCode(() => checkTree(value, schema, undefined))).to.equal('E_SCHEMA_INVALID');
  });

  it('faults of a JSON Schema have pointer, code and allowed values', () => {
    const schema = file('check.schema.json', {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      required: ['partner'],
      additionalProperties: false,
      properties: {
        partner: { $ref: 'words.schema.json#/$defs/country' },
        role: { enum: ['exporter', 'importer'] },
        kind: { const: 'check' },
        at: { type: 'string', format: 'date-time' },
        name: { type: 'string', maxLength: 3 },
        count: { type: 'integer', minimum: 1 },
        list: { type: 'array', items: { type: 'string' }, minItems: 1 },
      },
    });
    file('words.schema.json', { $defs: { country: { type: 'string', pattern: '^[A-Z]{2}$' } } });
    const read = jsonValidator<Check>(schema);
    expect(read({ partner: 'XA' })).to.deep.equal({ ok: true, value: { partner: 'XA' } });
    const faults = (value: unknown): unknown[] => {
      const verdict = read(value);
      return verdict.ok ? [] : verdict.errors.map(({ pointer, code, allowed }) => [pointer, code, ...(allowed ?? [])]);
    };
    expect(faults({})).to.deep.equal([['/partner', 'REQUIRED']]);
    expect(faults([])).to.deep.equal([['', 'TYPE']]);
    expect(faults({ partner: 'xa' })).to.deep.equal([['/partner', 'PATTERN']]);
    expect(faults({ partner: 'XA', identifer: 1 })).to.deep.equal([['/identifer', 'UNKNOWN_MEMBER']]);
    expect(faults({ partner: 'XA', 'a/b c': 1 })).to.deep.equal([['', 'UNKNOWN_MEMBER']]);
    expect(faults({ partner: 'XA', role: 'x' })).to.deep.equal([['/role', 'ENUM', 'exporter', 'importer']]);
    expect(faults({ partner: 'XA', kind: 'x' })).to.deep.equal([['/kind', 'ENUM', 'check']]);
    expect(faults({ partner: 'XA', at: '2026-02-30T00:00:00Z' })).to.deep.equal([['/at', 'FORMAT']]);
    expect(faults({ partner: 'XA', name: 'long' })).to.deep.equal([['/name', 'LENGTH']]);
    expect(faults({ partner: 'XA', count: 0 })).to.deep.equal([['/count', 'RANGE']]);
    expect(faults({ partner: 'XA', list: [] })).to.deep.equal([['/list', 'COUNT']]);
    expect(faults({ partner: 'XA', list: ['a', 1] })).to.deep.equal([['/list/1', 'TYPE']]);
    expect(faults({ partner: 'XA', list: Array(50).fill(1) })).to.have.length(20);
  });

  it('the schemas of the program follow the rules of strict mode', () => {
    // The alternatives of stream-answer name members of the whole.
    for (const name of globSync('*.schema.json', { cwd: schemas, exclude: ['stream-answer.schema.json'] }))
      expect(loadSchema(path.join(schemas, name)).format, name).to.equal('json');
  });

  it('a JSON Schema with a misspelt keyword, or a reference to nothing, does not compile', async () => {
    const misspelt = file('misspelt.schema.json', { type: 'string', maxLenght: 3 });
    expect(await refusalCode(() => loadSchema(misspelt))).to.equal('E_ADAPTER_INVALID');
    const nowhere = file('nowhere.schema.json', { $ref: '#/$defs/none' });
    expect(await refusalCode(() => loadSchema(nowhere))).to.equal('E_ADAPTER_INVALID');
    expect(await refusalCode(() => jsonValidator(nowhere))).to.equal('E_CONFIG_INVALID');
    const missing = file('missing.schema.json', { $ref: 'none.schema.json' });
    expect(await refusalCode(() => loadSchema(missing))).to.equal('E_ADAPTER_INVALID');
  });
});
