/** Answers without a document: the status of the response, or a header of it. */

import { expect } from 'chai';
import { evidenceOf } from '../../gateway/adapter/conversation/evidence.ts';
import { headReader, headWriter } from '../../gateway/adapter/conversation/response-heads.ts';
import { codeTables } from '../../gateway/adapter/template/code-tables.ts';
import { filledText } from '../../gateway/wire/transport/transport.ts';
import { thrownBy } from '../support/thrown.ts';

const verdict = { applied: 'OK', held: 'WAIT', rejected: 'NO', duplicate: 'DUP' };
const tables = codeTables({ verdict }, () => 'adapter.yaml').tablesOn('2026-01-01');
const none = codeTables({}, () => 'adapter.yaml').tablesOn('2026-01-01');

describe('an answer without a document', () => {
  it('says the verdict by its status, and nothing by another status', () => {
    const read = headReader({ kind: 'status', statuses: { applied: 200, held: 202, duplicate: 409 } }, none, 'x');
    const said = [200, 202, 409, 201].map((status) => read({ status, headers: {} }));
    expect(said).to.deep.equal(['applied', 'held', 'duplicate', undefined]);
    expect(headReader({ kind: 'status' }, none, 'x')({ status: 204, headers: {} })).to.equal('applied');
  });

  it('says it by a code in a header, which is the word of the partner', () => {
    const read = headReader({ kind: 'status', header: 'X-Result' }, tables, 'x');
    const said = ['WAIT', 'DUP', 'ok'].map((word) => read({ status: 200, headers: { 'x-result': word } }));
    expect([...said, read({ status: 200, headers: {} })]).to.deep.equal(['held', 'duplicate', undefined, undefined]);
    expect(headWriter('X-Result', tables, 'x')('rejected')).to.deep.equal(['X-Result', 'NO']);
    const evidence = [{}, { header: 'X-Result' }].map((more) => evidenceOf({ kind: 'status', ...more }, 'https'));
    expect(evidence).to.deep.equal(['transport', 'channel']);
  });

  it('in a header needs a code for each verdict, and no statuses beside it', () => {
    for (const make of [
      () => headReader({ kind: 'status', header: 'X' }, none, 'x'),
      () => headReader({ kind: 'status', header: 'X', statuses: { applied: 200 } }, tables, 'x'),
      () => headWriter('X', codeTables({ verdict: { applied: 'OK' } }, () => 'x').tablesOn('2026-01-01'), 'x'),
    ])
      expect(thrownBy(make).code).to.equal('E_ADAPTER_INVALID');
  });
});

describe('a hole of a request', () => {
  it('fills a number with zeros, and writes a period by a pattern of its parts', () => {
    const values = { 'message.number': '17', 'message.period': '2026-04' };
    expect(filledText('{message.period|date:yyMM}/{message.number|pad:4}-{message.number}', values)).to.equal(
      '2604/0017-17',
    );
    expect(filledText('{message.period|date:MM.yyyy}', values)).to.equal('04.2026');
    expect(filledText('{message.number|pad:4}', {})).to.equal(undefined);
  });
});
