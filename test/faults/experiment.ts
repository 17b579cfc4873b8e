/** What an experiment is: one fault, in a world with traffic both ways. */

import type { EngineName, Way, World } from './world.ts';

export interface Experiment {
  /** What happens, as the page says it. */
  readonly fault: string;
  /** Absent: both. */
  readonly engines?: readonly EngineName[];
  readonly ways?: readonly Way[];
  /** Lets the fault happen while lists travel. Both sides serve at the end, and `causeEnded` was called. */
  run(world: World): Promise<void>;
}
