/** Runs experiments one after the other, and says of each how it ended. */

import type { Experiment } from './experiment.ts';
import type { FileExperiment, FileWorld } from './files.ts';
import type { EngineName, Outcome, Prepared, Way } from './world.ts';

export interface Numbered extends Experiment {
  readonly no: number;
}

export interface Place {
  readonly engine: EngineName;
  readonly way: Way;
}

export interface Result extends Outcome, Place {
  readonly no: number;
  readonly fault: string;
}

/** The bar for each recovery, from the end of the cause. */
export const mostRecoverySeconds = 20;

export const isGood = ({ recoverySeconds, faults }: Result): boolean =>
  faults.length === 0 && recoverySeconds <= mostRecoverySeconds;

export async function runExperiments(
  place: Place,
  prepared: Prepared,
  experiments: readonly Numbered[],
  report: (result: Result) => void,
): Promise<void> {
  for (const { no, fault, run } of experiments) {
    const { world, settled, end } = await prepared.begin();
    const outcome = await run(world)
      .then(settled)
      .catch((error: unknown): Outcome => ({ recoverySeconds: Infinity, faults: [String(error)] }))
      .finally(end);
    const result = { no, fault, ...place, ...outcome };
    print(result);
    report(result);
  }
}

/** The same for those with files, in one world. */
export async function runFileExperiments(
  { run }: FileWorld,
  experiments: readonly (FileExperiment & { readonly no: number })[],
  report: (result: Result) => void,
): Promise<void> {
  for (const experiment of experiments) {
    const outcome = await run(experiment).catch((error: unknown): Outcome => ({
      recoverySeconds: Infinity,
      faults: [String(error)],
    }));
    const { no, fault } = experiment;
    const result = { no, fault, engine: 'SQLite', way: 'SFTP', ...outcome } as const;
    print(result);
    report(result);
  }
}

function print(result: Result): void {
  const { no, fault, engine, way, recoverySeconds, faults } = result;
  const mark = isGood(result) ? 'ok  ' : 'FAIL';
  console.log(`${mark} ${String(no).padStart(3)} ${engine} ${way}: ${fault}: ${recoverySeconds.toFixed(1)} s`);
  for (const each of faults) console.log(`         ${each}`);
}
