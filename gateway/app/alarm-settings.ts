/** Settings of alarms: by which ways people learn of them, beside the log. */

import { secretOf, type Secret } from './credentials.ts';

export interface AlarmSettings {
  /** Where each notice is posted, signed by the rules of Standard Webhooks. */
  readonly webhook?: { readonly url: string; readonly secret: Secret };
  /** `server`: `smtps://user@host:465`, or `smtp:` with STARTTLS; `secret`: the password of the user. */
  readonly mail?: {
    readonly server: string;
    readonly from: string;
    readonly to: readonly string[];
    readonly secret?: Secret;
  };
}

/** With absolute paths, and the values of environment variables. */
export function alarmSettings(
  { webhook, mail }: AlarmSettings,
  base: string,
  environment: NodeJS.ProcessEnv,
): AlarmSettings {
  const resolved = (secret: Secret): Secret => secretOf(secret, base, environment);
  return {
    ...(webhook && { webhook: { ...webhook, secret: resolved(webhook.secret) } }),
    ...(mail && { mail: { ...mail, ...(mail.secret && { secret: resolved(mail.secret) }) } }),
  };
}
