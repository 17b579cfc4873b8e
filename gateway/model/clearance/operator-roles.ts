/**
 * Which operators may stand in a role on an entry, by the roles their own administration lists them with: a customs broker is no consignor.
 * An arrangement states it for the roles it covers; for the others the table here holds.
 */

import type { Arrangement, EntryRole, FittingRoles } from '../arrangement.ts';
import type { Role } from '../record/record.ts';

const goods: readonly Role[] = ['exporter', 'importer', 'manufacturer', 'warehouse', 'forwarder'];
const makers: readonly Role[] = ['manufacturer', 'exporter', 'importer'];
const agents: readonly Role[] = ['broker', 'forwarder'];

/** The meaning of each party is that of the WCO Data Model; which operators fit it is an assumption until it is agreed. */
function assumed(value: readonly Role[], meaning: string): FittingRoles {
  return { value, source: `WCO Data Model: ${meaning}`, confidence: 'assumed' };
}

const assumedRoles: Readonly<Record<EntryRole, FittingRoles>> = {
  consignor: assumed(goods, 'consigns the goods as the transport contract states'),
  consignee: assumed(goods, 'the goods are consigned to it'),
  exporter: assumed(goods, 'makes the export declaration, or it is made on its behalf'),
  importer: assumed(goods, 'makes the import declaration, or it is made on its behalf'),
  seller: assumed(goods, 'sells the goods'),
  buyer: assumed(goods, 'buys the goods'),
  manufacturer: assumed(makers, 'makes the goods'),
  carrier: assumed(['carrier', 'forwarder'], 'transports the goods or is responsible for it'),
  declarant: assumed(agents, 'lodges the declaration'),
  agent: assumed(agents, 'acts for another before customs'),
  CS: assumed(['forwarder', 'warehouse', 'carrier'], 'consolidates consignments (class 16C)'),
  FW: assumed(agents, 'forwards the goods (class 16C)'),
  MF: assumed(makers, 'makes the goods (class 16C)'),
  WH: assumed(['warehouse', 'terminal', 'forwarder'], 'keeps the goods in a warehouse (class 16C)'),
};

/** The roles of an operator that fit a role on an entry under an arrangement. */
export function fittingRoles({ operatorRoles }: Pick<Arrangement, 'operatorRoles'>, role: EntryRole): FittingRoles {
  return operatorRoles?.[role] ?? assumedRoles[role];
}

/** An operator listed without roles fits: its administration states none. */
export function fits({ value }: FittingRoles, listed: readonly string[]): boolean {
  return listed.length === 0 || value.some((role) => listed.includes(role));
}
