/** All pages of the console but sign-in, each section in a file of its own. */

import type { Section } from './page.ts';
import { account } from './pages/account.ts';
import { adapterDrafts } from './pages/adapter-drafts.ts';
import { adapters } from './pages/adapters.ts';
import { alarms } from './pages/alarms.ts';
import { audit } from './pages/audit.ts';
import { carriedFiles, ownFiles } from './pages/carried-files.ts';
import { card } from './pages/card.ts';
import { checkDesk } from './pages/check-desk.ts';
import { clients } from './pages/clients.ts';
import { consultations } from './pages/consultations.ts';
import { exposure } from './pages/exposure.ts';
import { held } from './pages/held.ts';
import { imports } from './pages/imports.ts';
import { keys } from './pages/keys.ts';
import { messages } from './pages/messages.ts';
import { identifierSuggestions } from './pages/identifier-suggestions.ts';
import { missedBenefits } from './pages/missed-benefits.ts';
import { outcomes } from './pages/outcomes.ts';
import { operators } from './pages/operators.ts';
import { partnerAdding } from './pages/partner-adding.ts';
import { partnerDecisions } from './pages/partner-decisions.ts';
import { partners } from './pages/partners.ts';
import { people } from './pages/people.ts';
import { proofs } from './pages/proofs.ts';
import { register } from './pages/register.ts';
import { schedule } from './pages/schedule.ts';
import { today } from './pages/today.ts';

export const sections: readonly Section[] = [
  // Its addresses are beside those of partners.
  ...[partnerAdding],
  ...[today, alarms, schedule, partners, card, partnerDecisions, carriedFiles, ownFiles, messages, held],
  ...[
    adapters,
    adapterDrafts,
    checkDesk,
    consultations,
    identifierSuggestions,
    exposure,
    missedBenefits,
    register,
    operators,
    imports,
    proofs,
    outcomes,
    keys,
    clients,
    people,
    audit,
    account,
  ],
];
