/** The log has no field for data of an operator. */

import { expect } from 'chai';
import { GatewayError } from '../../gateway/model/errors.ts';
import { faultFields, makeLog } from '../../gateway/wire/log.ts';

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
});
