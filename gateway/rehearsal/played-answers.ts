/** Answers that a simulated partner gives beside the one that its gateway queues: that a message arrived, and a line in a log. */

import { sha256 } from '../model/canonical-json.ts';
import { momentOf } from '../model/day.ts';
import { isGatewayError } from '../model/errors.ts';
import type { Gateway, Partner } from '../gateway.ts';
import type { ReceiveResult } from '../inbound/verdicts.ts';
import type { Acknowledgement, RawMessage, SealedMessage } from '../model/message.ts';
import { present } from '../model/present.ts';
import type { AnswerStage, MessageFormat } from '../adapter/adapter.ts';
import { joinChunks } from '../adapter/format.ts';
import { readAcknowledgement } from '../outbound/read-acknowledgement.ts';
import { findStream } from '../store/streams.ts';
import { checkUnsigned } from '../wire/signature/seal.ts';
import { written } from '../model/byte-writer.ts';

/** The result with what its response says first, where the verdict follows. Answers that are messages of their own are sent. */
export async function answerFirst(
  gateway: Gateway,
  partner: Partner,
  raw: RawMessage,
  result: ReceiveResult,
): Promise<ReceiveResult> {
  const { arrival, written: words } = partner.adapter.exchange.receive ?? {};
  const { verdict, receipt } = result;
  if (receipt === undefined) return result;
  if (words?.line !== undefined && raw.file !== undefined && words.file !== undefined && verdict === 'applied') {
    const stream = await findStream(gateway.db.sql, partner.code, 'in');
    const line = words.line({ verdict, taken: stream?.position.count ?? 0, refused: 0 }) ?? '';
    await sendAnswer(gateway, partner, Buffer.from(`${line}\n`), {
      file: words.file.of(raw.file),
      contentType: 'text/plain',
    });
  }
  if (arrival?.format === undefined) return result;
  const first = arrivalOf(gateway, partner, raw, { stage: arrival, format: arrival.format, result });
  if (arrival.mode === 'sync') return { ...result, arrived: first };
  await partner.transport?.send(first);
  return result;
}

interface Arrival {
  readonly stage: AnswerStage;
  readonly format: MessageFormat<Acknowledgement>;
  readonly result: ReceiveResult;
}

/** Says that the message arrived, or that it was refused, about the message that the answer after it names. */
function arrivalOf(
  gateway: Gateway,
  partner: Partner,
  { file }: RawMessage,
  { stage, format, result: { verdict, receipt } }: Arrival,
): SealedMessage {
  const { answer } = partner.adapter.exchange.receive ?? {};
  const { number, period } =
    answer === undefined || receipt === undefined ? {} : readAcknowledgement(partner, answer, receipt.bytes);
  const subject = receipt?.subject;
  const [id, issuedAt] = [gateway.newId(), momentOf(gateway.now())];
  const about = present({ id, issuedAt, subject, number, period });
  const said =
    verdict === 'rejected' ? verdict : canSay(format, { ...about, verdict: 'received' }) ? 'received' : 'applied';
  using draft = checkUnsigned(format.encode({ ...about, verdict: said }), format, partner.schemaOf(format));
  const bytes = Buffer.from(written(draft.content));
  const beside = file === undefined ? undefined : stage.answerFile?.of(file);
  const { contentType } = format;
  return {
    ...messageOf(gateway, partner, bytes, { contentType, ...present({ file: beside }) }),
    ...present({ subject }),
  };
}

/** The table of verdicts may have no word for it. */
function canSay(format: MessageFormat<Acknowledgement>, ack: Acknowledgement): boolean {
  try {
    joinChunks(format.encode(ack));
    return true;
  } catch (error) {
    if (isGatewayError(error) && error.code === 'E_CODE_UNKNOWN') return false;
    throw error;
  }
}

type Carrying = Pick<SealedMessage, 'contentType' | 'file'>;

function messageOf(gateway: Gateway, partner: Partner, bytes: Buffer, carrying: Carrying): SealedMessage {
  return { id: gateway.newId(), partner: partner.code, kind: 'receipt', bytes, digest: sha256(bytes), ...carrying };
}

async function sendAnswer(gateway: Gateway, partner: Partner, bytes: Buffer, carrying: Carrying): Promise<void> {
  await partner.transport?.send(messageOf(gateway, partner, bytes, carrying));
}
