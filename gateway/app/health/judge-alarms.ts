/** What becomes of alarms after an examination: one for each cause, none for what another explains, and none for what passes at once. */

import type { Alarm, Problem } from '../../store/alarms.ts';
import { explains, type Cause } from './causes.ts';
import type { Finding } from './finding.ts';

/** A problem opens its alarm, and its absence closes it, when it was found so often in a row. */
export const rounds = 2;

/** A problem with its cause and whom it concerns, as findings have them; absent `partners`: everybody. */
interface FoundProblem extends Problem {
  readonly cause: Cause;
  readonly partners?: readonly string[] | undefined;
}

interface AlarmChanges {
  readonly opened: readonly Problem[];
  readonly changed: readonly { readonly alarm: Alarm; readonly problem: Problem }[];
  readonly closed: readonly Alarm[];
}

const keyOf = ({ cause, subject }: Pick<Problem, 'cause' | 'subject'>): string => `${cause} ${subject}`;

/** Findings of one cause about the same partners are one problem. */
export function problemsIn(findings: readonly Finding[]): readonly FoundProblem[] {
  const problems = new Map<string, FoundProblem>();
  for (const { cause, result, check, detail, fix = '', partners } of findings) {
    if (cause === undefined || result === 'ok') continue;
    const subject = (partners ?? []).toSorted().join(', ');
    const found = { cause, subject, partners, severity: result, detail: `${check}: ${detail}`, fix };
    const key = keyOf(found);
    const before = problems.get(key);
    if (before === undefined) problems.set(key, found);
    else {
      const severity = before.severity === 'fail' ? 'fail' : result;
      problems.set(key, { ...before, severity, detail: `${before.detail}; ${found.detail}` });
    }
  }
  return [...problems.values()];
}

/** Those that no other problem of the same partners explains. */
function rootsOf(problems: readonly FoundProblem[]): readonly FoundProblem[] {
  const covers = (one: FoundProblem, other: FoundProblem): boolean =>
    one.partners === undefined || (other.partners?.every((code) => one.partners?.includes(code)) ?? false);
  return problems.filter(
    (problem) => !problems.some((other) => explains(other.cause, problem.cause) && covers(other, problem)),
  );
}

/** Keeps how often each problem was found, or was absent, in a row. Another gateway that takes over counts anew. */
export function alarmJudge(): (findings: readonly Finding[], open: readonly Alarm[]) => AlarmChanges {
  let found = new Map<string, number>();
  let absent = new Map<string, number>();
  const counted = (before: ReadonlyMap<string, number>, keys: readonly string[]): Map<string, number> =>
    new Map(keys.map((key) => [key, (before.get(key) ?? 0) + 1]));
  return (findings, open) => {
    const problems = problemsIn(findings);
    const all = new Map(problems.map((problem) => [keyOf(problem), problem]));
    const alarms = new Set(open.map(keyOf));
    const waiting = rootsOf(problems).filter((problem) => !alarms.has(keyOf(problem)));
    found = counted(found, waiting.map(keyOf));
    absent = counted(
      absent,
      open.map(keyOf).filter((key) => !all.has(key)),
    );
    return {
      opened: waiting.filter((problem) => (found.get(keyOf(problem)) ?? 0) >= rounds),
      changed: open.flatMap((alarm) => {
        const problem = all.get(keyOf(alarm));
        return problem === undefined || isSame(alarm, problem) ? [] : [{ alarm, problem }];
      }),
      closed: open.filter((alarm) => (absent.get(keyOf(alarm)) ?? 0) >= rounds),
    };
  };
}

function isSame(alarm: Alarm, { severity, detail, fix }: Problem): boolean {
  return alarm.severity === severity && alarm.detail === detail && alarm.fix === fix;
}
