/**
 * End of the first story, for a partner that answers in files: each answer file is read once it has stopped changing, and settles its
 * message.
 */

import type { Gateway, Partner } from '../gateway.ts';
import { unansweredFiles } from '../store/sent-files.ts';
import type { FileExchange } from '../wire/transport/transport.ts';
import { takeAnswer } from './take-answer.ts';

/** Reads the answers to the lists we wrote. A file that cannot be read, or has no answer yet, is skipped until it changes. */
export async function fetchAnswers(gateway: Gateway, partner: Partner, files: FileExchange): Promise<void> {
  const stages = partner.adapter.exchange.send?.stages ?? [];
  if (stages.every(({ answerFile }) => answerFile === undefined)) return;
  for (const message of await unansweredFiles(gateway.db.sql, partner.code)) {
    for (const [stage, { answerFile }] of stages.entries()) {
      if (answerFile === undefined || message.file === undefined) continue;
      const answer = await files.answer(answerFile.of(message.file));
      if (answer.kind === 'failed')
        gateway.log.warn('the answer could not be fetched', {
          ...{ partner: partner.code, messageId: message.id, evidence: answer.evidence },
        });
      if (answer.kind !== 'file') continue;
      const came = { by: 'file', id: message.id, stage } as const;
      if (await takeAnswer(gateway, { partner: partner.code, bytes: answer.bytes, came })) await answer.finish();
      else answer.leave();
    }
  }
}
