/** The log has no field for data of an operator. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decodeText } from '../../gateway/adapter/check/message-text.ts';
import { loadAdapter } from '../../gateway/adapter/load.ts';
import { programFolder } from '../../gateway/app/config.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { faultFields, makeLog } from '../../gateway/wire/log.ts';
import { parseXml } from '../../gateway/wire/xml/libxml.ts';
import { adapterTools } from '../support/adapter-tools.ts';
import { thrownBy } from '../support/thrown.ts';

describe('the log', () => {
  const written: Record<string, unknown>[] = [];
  const write = (line: string): void => void written.push(JSON.parse(line) as Record<string, unknown>);
  const log = makeLog({ level: 'info', destination: { write } });

  beforeEach(() => {
    written.length = 0;
  });

  it('writes a JSON line for each event, with its time', () => {
    log.info('message applied', { partner: 'XA', count: 3 });
    log.debug('below the level');
    expect(written).to.have.length(1);
    expect(written[0]).to.include({ msg: 'message applied', partner: 'XA', count: 3, level: 30 });
    expect(written[0]?.['time']).to.match(/^\d{4}-.*Z$/);
  });

  it('counts further lines of one event, code and partner in a minute, in one line, and writes those of others', async () => {
    const ended = Promise.withResolvers<undefined>();
    const destination = {
      write(line: string): void {
        write(line);
        if (line.includes('lines left out')) ended.resolve(undefined);
      },
    };
    const few = makeLog({ level: 'info', destination, linesPerMinute: 3, minuteMs: 20 });
    for (let i = 0; i < 10; i += 1)
      few.warn('message rejected', { partner: 'XA', code: 'E_XML_MALFORMED', digest: `${i}` });
    few.warn('message rejected', { partner: 'XB', code: 'E_XML_MALFORMED' });
    few.warn('message rejected', { partner: 'XA', code: 'E_SIGNER_UNKNOWN' });
    few.error('border request failed', { host: '192.0.2.1', code: 'E_BUSY' });
    expect(written.filter(({ digest }) => digest !== undefined)).to.have.length(3);
    expect(written).to.have.length(6);
    await ended.promise;
    const [, , , , , , summary] = written;
    expect(summary).to.include({
      partner: 'XA',
      kind: 'message rejected',
      code: 'E_XML_MALFORMED',
      count: 7,
      level: 40,
    });
    few.warn('message rejected', { partner: 'XA', code: 'E_XML_MALFORMED' });
    expect(written).to.have.length(8);
  });

  it('keeps a limit where callers have ever new addresses', () => {
    const few = makeLog({ level: 'info', destination: { write }, linesPerMinute: 3 });
    for (let i = 0; i < 5_000; i += 1) few.error('border request failed', { host: `2001:db8::${i}`, code: 'E_BUSY' });
    expect(written.length).to.be.within(1_000, 1_010);
  });

  it('has no field for a name or an identifier: writing one does not compile', () => {
    // @ts-expect-error -- no such field
    log.info('event', { identifier: 'AEO0001' });
    // @ts-expect-error -- no such field
    log.info('event', { name: 'EXAMPLE TRADING' });
    expect(JSON.stringify(written)).to.not.match(/AEO0001|EXAMPLE/);
  });

  it('drops an unknown field of an object', () => {
    const record = { partner: 'XA', name: 'EXAMPLE TRADING' };
    log.warn('event', record);
    expect(written[0]).to.include({ partner: 'XA' }).and.not.have.property('name');
  });

  it('has code, place and origin of an error, and not what a parser or driver quotes', () => {
    const cause = Object.assign(new Error('bad value "EXAMPLE TRADING"\n    at "AEO0001"'), { code: '22P02' });
    const fields = faultFields(new GatewayError('E_STORE_UNREACHABLE', 'no connection', { at: 'store', cause }));
    expect(fields).to.include({
      code: 'E_STORE_UNREACHABLE',
      detail: 'no connection',
      at: 'store',
      cause: 'Error 22P02',
    });
    expect(fields.stack).to.include('log.test.ts');
    expect(JSON.stringify(fields)).to.not.match(/AEO0001|EXAMPLE/);
  });

  const broken = [
    '<a>&SECRET;</a>',
    '<a><SECRET></OTHER></a>',
    '<a><x:SECRET/></a>',
    '<a SECRET="1" SECRET="2"/>',
    '<a SECRET/>',
    '<SECRET>',
    '<a xmlns:SECRET=""/>',
    '<a><?SECRET',
    '<a xmlns="SECRET URI"><b/></a>',
    '<a xml:id="SECRET 1"/>',
    '<a><![CDATA[SECRET',
  ];
  for (const text of broken) {
    it(`has no piece of a name where XML is not well-formed: ${text}`, () => {
      const error = thrownBy(() => parseXml(Buffer.from(text)));
      expect(error.code).to.equal('E_XML_MALFORMED');
      expect(JSON.stringify([error.detail, error.at, faultFields(error)])).to.not.match(/SECRET|OTHER/u);
    });
  }

  it('has no name of an element or member that was not agreed, and the place above it', () => {
    const unknown = new GatewayError('E_ELEMENT_UNKNOWN', 'the template does not show it', {
      at: '/List/One[3]/SECRET',
    });
    expect(faultFields(unknown)).to.include({ code: 'E_ELEMENT_UNKNOWN', at: '/List/One[3]/' });
    const invalid = new GatewayError('E_SCHEMA_INVALID', 'no; /SECRET: additional', { at: '/records/3/SECRET' });
    expect(JSON.stringify(faultFields(invalid)))
      .to.include('/records/3/')
      .and.to.not.include('SECRET');
    const line = new GatewayError('E_SCHEMA_INVALID', "Element 'SECRET'", { at: 'line 7, /a/SECRET' });
    expect(faultFields(line)).to.include({ at: 'line 7' });
    expect(JSON.stringify(faultFields(line))).to.not.include('SECRET');
  });

  it('has no code that is in no table: a name may stand in its place', async () => {
    const adapter = await loadAdapter(join(programFolder, 'adapters/hk'), adapterTools);
    const sample = readFileSync(join(programFolder, 'adapters/hk/samples/list-full/2-list.xml'), 'utf8');
    const changed = sample.replace(/mode="\w+"/u, 'mode="SECRET"');
    const error = thrownBy(() => decodeText(adapter.list, changed, adapterTools));
    expect([error.code, error.detail.includes('SECRET')]).to.deep.equal(['E_CODE_UNKNOWN', true]);
    expect(faultFields(error)).to.include({ code: 'E_CODE_UNKNOWN', at: error.at });
    expect(JSON.stringify(faultFields(error))).to.not.include('SECRET');
  });
});
