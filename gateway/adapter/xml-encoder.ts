/** Turns the plan of an XML template into functions that write messages by joining text: nothing is built but the text itself. */

import { misfit, placed } from './faults.ts';
import { canonicalPlan } from './xml-canonical.ts';
import type { ElementContent, ElementPlan } from './xml-template.ts';

type Writer = (item: unknown) => string;

/** A piece of a message: written once, or once for each item of a list. */
type Step =
  | { readonly is: 'once'; readonly write: Writer }
  | { readonly is: 'each'; readonly name: string; get(item: unknown): readonly unknown[]; readonly write: Writer };

/** Characters in a chunk; large enough that handing it on costs nothing. */
const chunkLength = 65_536;

/** Writes messages after a plan, in chunks. Throws with the place of the value that cannot be written, as a JSON Pointer. */
export function xmlEncoder(plan: ElementPlan): (message: unknown) => Generator<string> {
  const steps = stepsOf(canonicalPlan(plan));
  return function* encode(message) {
    let text = '<?xml version="1.0" encoding="UTF-8"?>';
    for (const step of steps) {
      if (step.is === 'once') {
        text += step.write(message);
        continue;
      }
      const items = step.get(message);
      for (let i = 0; i < items.length; i += 1) {
        text += writeItem(step, items[i], i);
        if (text.length > chunkLength) {
          yield text;
          text = '';
        }
      }
    }
    yield `${text}\n`;
  };
}

// A line for each item: a diff of two lists then shows the records that differ.
function writeItem(step: Step & { is: 'each' }, item: unknown, index: number): string {
  try {
    return `\n${step.write(item)}`;
  } catch (error) {
    throw placed(error, `/${step.name}/${index}`);
  }
}

/** One item of a list as it stands in a message; for showing a single record. */
export function xmlItemWriter(plan: ElementPlan, list: string): Writer | undefined {
  const step = stepsOf(canonicalPlan(plan)).find((each) => each.is === 'each' && each.name === list);
  return step?.write;
}

function stepsOf(plan: ElementPlan): Step[] {
  const { each, content } = plan;
  if (each !== undefined)
    return [{ is: 'each', name: listName(plan), get: (item) => each.get(item), write: elementWriter(plan) }];
  if (content.is === 'text' || !content.children.some(holdsList)) return [onLine(elementWriter(plan))];
  const attributes = attributesWriter(plan);
  const open = openingOf(plan);
  const isPresent = presenceOf(plan);
  return [
    onLine((item) => (isPresent(item) ? `${open}${attributes(item)}>` : '')),
    ...content.children.flatMap(stepsOf),
    onLine((item) => (isPresent(item) ? `</${plan.tag}>` : '')),
  ];
}

function onLine(write: Writer): Step {
  return {
    is: 'once',
    write(item) {
      const text = write(item);
      return text === '' ? '' : `\n${text}`;
    },
  };
}

function holdsList({ each, content }: ElementPlan): boolean {
  return each !== undefined || (content.is === 'elements' && content.children.some(holdsList));
}

function listName({ each }: ElementPlan): string {
  return each?.path ?? '';
}

function elementWriter(plan: ElementPlan): Writer {
  const attributes = attributesWriter(plan);
  const body = contentWriter(plan.content);
  const open = openingOf(plan);
  const close = `</${plan.tag}>`;
  const full: Writer = (item) => `${open}${attributes(item)}>${body(item)}${close}`;
  if (!plan.optional) return full;
  const isPresent = presenceOf(plan);
  return (item) => (isPresent(item) ? full(item) : '');
}

/** Whether anything of an element is there to be written: any of its values, or an item of its lists. */
function presenceOf(plan: ElementPlan): (item: unknown) => boolean {
  if (!plan.optional) return () => true;
  const presences = presencesIn(plan);
  return (item) => presences.some((isPresent) => isPresent(item));
}

function presencesIn({ attributes, content }: ElementPlan): ((item: unknown) => boolean)[] {
  const values = attributes.map(({ value }) => value);
  const own = (content.is === 'text' ? [...values, content.value] : values).filter(
    (value) => typeof value !== 'string',
  );
  const inside = content.is === 'text' ? [] : content.children;
  return [
    ...own.map((hole) => (item: unknown) => hole.isPresent(item)),
    ...inside.flatMap((child) => {
      const { each } = child;
      return each === undefined ? presencesIn(child) : [(item: unknown) => each.get(item).length > 0];
    }),
  ];
}

/** The start tag up to the attributes. */
function openingOf({ tag, declarations }: ElementPlan): string {
  const written = declarations.map(
    ([prefix, namespace]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${escapeAttribute(namespace)}"`,
  );
  return `<${tag}${written.join('')}`;
}

function attributesWriter({ attributes }: ElementPlan): Writer {
  const writers = attributes.map(({ tag, value }): Writer => {
    const open = ` ${tag}="`;
    if (typeof value === 'string') {
      const fixed = `${open}${escapeAttribute(value)}"`;
      return () => fixed;
    }
    return (item) => {
      const text = value.write(item);
      return text === undefined ? '' : `${open}${escapeAttribute(text)}"`;
    };
  });
  return (item) => {
    let text = '';
    for (const write of writers) text += write(item);
    return text;
  };
}

function contentWriter(content: ElementContent): Writer {
  if (content.is === 'elements') {
    const children = content.children.map((child) =>
      child.each === undefined ? elementWriter(child) : eachWriter(child),
    );
    return (item) => {
      let text = '';
      for (const write of children) text += write(item);
      return text;
    };
  }
  const { value } = content;
  if (typeof value === 'string') {
    const fixed = escapeText(value);
    return () => fixed;
  }
  return (item) => {
    const text = value.write(item);
    return text === undefined ? '' : escapeText(text);
  };
}

/** A list inside a record: its places are counted like those of the records. */
function eachWriter(plan: ElementPlan): Writer {
  const write = elementWriter(plan);
  const { each } = plan;
  if (each === undefined) return write;
  return (item) => {
    const items = each.get(item);
    let text = '';
    for (let i = 0; i < items.length; i += 1) {
      try {
        text += write(items[i]);
      } catch (error) {
        throw placed(error, `/${each.path}/${i}`);
      }
    }
    return text;
  };
}

// What may have to be escaped or refused; everything beyond, the scripts of the world, passes untouched.
const special = /[\p{Cc}\p{Cs}<>&"\ufffe\uffff]/u;
const specials = /[\p{Cc}\p{Cs}<>&"\ufffe\uffff]/gu;

/** As canonical XML writes them. Written bare, line ends and, in attributes, blanks would be read back as others. */
const textEscapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '\r': '&#xD;',
  '"': '"',
  '\t': '\t',
  '\n': '\n',
};
const attributeEscapes: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '>',
  '&': '&amp;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

function escapeText(text: string): string {
  return special.test(text) ? escaped(text, textEscapes) : text;
}

function escapeAttribute(text: string): string {
  return special.test(text) ? escaped(text, attributeEscapes) : text;
}

/** Throws E_VALUE_INVALID for characters that XML 1.0, 2.2 does not know. */
function escaped(text: string, escapes: Readonly<Record<string, string>>): string {
  return text.replace(specials, (character) => {
    const written = escapes[character];
    // U+007F to U+009F are control characters that XML 1.0 does know.
    if (written === undefined && character >= '\u007f' && character <= '\u009f') return character;
    if (written === undefined) throw misfit('E_VALUE_INVALID', 'the value holds a character that XML cannot carry');
    return written;
  });
}
