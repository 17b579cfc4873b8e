/** What is examined of the border door: whether it knows who asks, and whether it recognised operators that were suspended by then. */

import { exposureIn } from '../../clearance/exposure.ts';
import { later, momentOf } from '../../model/day.ts';
import { allClients } from '../../store/clients.ts';
import type { OpenGateway } from '../composition.ts';
import { newsReceivers } from '../border-settings.ts';
import { receiverStates } from '../news.ts';
import { dayMs, ok, warn, type Finding } from './finding.ts';

const check = 'border callers';

export async function examineCallers({ db, config, now }: OpenGateway): Promise<Finding> {
  if (config.border.unauthenticated === true) {
    const fix = 'Add clients (mra client add), and take border.unauthenticated out of the settings.';
    return warn(check, 'everybody on this machine may ask at the border, and proofs do not say who asked', fix);
  }
  const { clients, credentials } = await allClients(db.sql);
  const active = [...clients.values()].filter(({ state }) => state === 'active');
  const moment = momentOf(now());
  const usable = new Set(
    [...credentials.values()]
      .filter(({ untilAt }) => untilAt === undefined || untilAt > moment)
      .map(({ client }) => client),
  );
  const without = active.filter(({ name }) => !usable.has(name)).map(({ name }) => name);
  if (without.length > 0)
    return warn(
      check,
      `no token of ${without.join(', ')} counts any more`,
      'mra client rotate NAME, or mra client revoke NAME.',
    );
  const others = config.border.oauth2 === undefined ? '' : ', and those with access tokens';
  if (active.length > 0 || others !== '') return ok(check, `${active.length} clients may ask at the border${others}`);
  return ok(check, 'nobody may ask at the border yet: mra client add NAME --scope check');
}

const exposureDays = 7;

/** Restrictions of the last days that came too late for some answers. */
export async function examineExposure(gateway: OpenGateway): Promise<Finding> {
  const name = 'answers before restrictions';
  const now = gateway.now();
  const from = momentOf(new Date(now.getTime() - exposureDays * dayMs));
  const { exposures } = await exposureIn(gateway, { from, to: later(momentOf(now), 1), limit: 100 });
  if (exposures.length === 0) return ok(name, `none in ${exposureDays} days`);
  const answers = exposures.reduce((sum, each) => sum + each.answers.length, 0);
  const partners = [...new Set(exposures.map(({ change }) => change.partner))];
  const detail = `answers that recognised operators suspended or gone by then: ${answers}; such operators: ${exposures.length}`;
  const fix = 'mra exposure names them: decide about the entries.';
  return { ...warn(name, detail, fix, 'answers_exposed'), partners };
}

const failingMs = 15 * 60 * 1000;

/** Receivers of changes that have not taken one for a while. */
export async function examineNews(gateway: OpenGateway): Promise<Finding> {
  const name = 'webhooks';
  const receivers = newsReceivers(gateway.config.border);
  const failing = (await receiverStates(gateway, receivers)).filter(({ failingSince }) => failingSince !== undefined);
  const late = failing.find(({ failingSince = '' }) => gateway.now().getTime() - Date.parse(failingSince) > failingMs);
  if (late === undefined)
    return ok(name, `${Object.keys(receivers).length} receivers, ${failing.length} are tried again`);
  const detail = `${late.name} has taken nothing after change ${late.n} since ${late.failingSince}: ${late.fault}`;
  return warn(name, detail, 'Mend the receiver, or let it go on: mra news skip NAME.', 'news_not_taken');
}
