/** Compiles the templates of acknowledgements: the exchange of messages and answers with a partner of another make. */

import type { Acknowledgement } from '../../model/message.ts';
import type { Exchange, MessageFormat } from '../adapter.ts';
import { messageFormat, type TemplateSource, type TemplateTools } from '../format.ts';
import type { MessageData } from '../message-data.ts';
import { acknowledgementFields } from '../template/message-fields.ts';
import type { TransformContext } from '../template/transforms.ts';
import type { ReceiveData, SendData } from './answers.ts';

interface ExchangeTools {
  load(data: MessageData): Promise<TemplateSource>;
  readonly context: TransformContext;
  readonly readers: TemplateTools;
}

/** Throws E_ADAPTER_INVALID. */
export async function exchangeOf(
  { send, receive }: { readonly send?: SendData; readonly receive?: ReceiveData },
  tools: ExchangeTools,
): Promise<Exchange> {
  const compiled = new Map<string, MessageFormat<Acknowledgement>>();
  const compile = async (data: MessageData): Promise<MessageFormat<Acknowledgement>> => {
    const source = await tools.load(data);
    const format = compiled.get(source.file) ?? acknowledgementFormat(source, tools.context, tools.readers);
    compiled.set(source.file, format);
    return format;
  };
  return {
    ...(send && { send: { ...send, answer: send.answer.kind === 'status' ? 'status' : await compile(send.answer) } }),
    ...(receive && {
      receive: {
        ...receive,
        answer: await compile(receive.answer),
        publish: receive.answer.publish,
        statuses: { applied: 200, held: 202, rejected: 422, ...receive.answer.statuses },
      },
    }),
  };
}

/** Acknowledgements travel on connections of their own, so that their type need not be distinguished from others. */
export function acknowledgementFormat(
  source: TemplateSource,
  context: TransformContext,
  readers: TemplateTools,
): MessageFormat<Acknowledgement> {
  return messageFormat({ type: 'acknowledgement', ...source }, acknowledgementFields, context, readers);
}

/** The formats of both directions; one where both have the same template. */
export function acknowledgementsOf({ send, receive }: Exchange): readonly MessageFormat<Acknowledgement>[] {
  const formats = [send?.answer, receive?.answer].filter((each) => each !== undefined && each !== 'status');
  return [...new Set(formats)];
}
