/** Logs in SARIF 2.1.0 (OASIS), which editors and code hosts read. */

/** One run of lint: what it knows and found, or why it failed. */
interface SarifRun {
  readonly rules?: readonly unknown[];
  readonly results?: readonly unknown[];
  readonly failure?: { readonly code: string; readonly text: string };
}

/** The whole log. A run that failed says so in its invocation (3.20.14, 3.20.21). */
export function sarifLog({ rules = [], results = [], failure }: SarifRun): unknown {
  const notification = failure && {
    descriptor: { id: failure.code },
    level: 'error',
    message: { text: failure.text },
  };
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'mra-adapter-lint', rules } },
        ...(notification && {
          invocations: [{ executionSuccessful: false, toolExecutionNotifications: [notification] }],
        }),
        columnKind: 'utf16CodeUnits',
        results,
      },
    ],
  };
}
