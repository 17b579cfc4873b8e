/** Sends a mail by SMTP. */

import { createTransport } from 'nodemailer';
import { GatewayError } from '../../model/errors.ts';

export interface MailServer {
  /** `smtps://user@host:465`: TLS at once; `smtp://user@host:587`: STARTTLS, which is required but on the loopback interface. */
  readonly server: string;
  readonly password?: string | undefined;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

const answerMs = 10_000;

/** Throws E_DELIVERY_FAILED unless the server took it for every receiver. */
export async function sendMail({ server, password }: MailServer, { from, to, subject, text }: Mail): Promise<void> {
  const { protocol, hostname, port, username } = new URL(server);
  const secure = protocol === 'smtps:';
  const transport = createTransport({
    ...{ host: hostname, port: Number(port === '' ? (secure ? 465 : 587) : port), secure },
    requireTLS: !secure && !/^(127\.|localhost$|\[::1\]$)/u.test(hostname),
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: password ?? '' } }),
    ...{ connectionTimeout: answerMs, greetingTimeout: answerMs, socketTimeout: answerMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const { rejected } = await transport.sendMail({ from, to: [...to], subject, text });
    if (rejected.length > 0)
      throw new GatewayError('E_DELIVERY_FAILED', `the mail server refused ${rejected.length} receivers`, {
        at: hostname,
      });
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('E_DELIVERY_FAILED', 'the mail server did not take the mail', { at: hostname, cause });
  } finally {
    transport.close();
  }
}
