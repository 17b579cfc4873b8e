/** Damages XML in the ways in which two readers of it might come to differ. Always the same for the same seed. */

import type { SeededRandom } from '../../gateway/model/seeded-random.ts';

/** Bytes that mean something to one reader or another. */
const pieces: readonly (string | readonly number[])[] = [
  ...['<!-- -->', '<![CDATA[x]]>', '<?p i?>', ']]>', '<', '>', '&', '"', "'", ' ', '\t', '\n', '\r', '\r\n', '/', '='],
  ...[
    '&lt;',
    '&gt;',
    '&amp;',
    '&quot;',
    '&apos;',
    '&#xD;',
    '&#xd;',
    '&#13;',
    '&#x9;',
    '&#xA;',
    '&#10;',
    '&#65;',
    '&#0;',
  ],
  ...[
    '\u0001',
    '\u007f',
    '\u0085',
    '\u2028',
    '\ufffe',
    '\uffff',
    '\ufffd',
    '\ufeff',
    '\u{10ffff}',
    'é',
    'e\u0301',
    '示',
  ],
  ...['0', '9', '-', 'A', 'z', '.', ':', '00', '\u0660', 'x'.repeat(513), 'x'.repeat(70_000)],
  ...[' Id="m1"', ' id="m1"', ' a="1"', ' b="2" a="1"', ' a="1" b="2"', ' a="&gt;"', ' a=">"', " a='1'", ' a="\t"'],
  ...[' xml:id="m1"', ' xml:space="preserve"', ' xml:lang="en"', ' xsi:nil="true"', ' xmlns=""', ' xmlns="urn:q"'],
  ...[
    ' xmlns:q="urn:q"',
    ' xmlns:q="urn:q" q:a="1"',
    ' xmlns:q="q" q:a="1"',
    ' xmlns:q="" q:a="1"',
    ' xmlns:xml="urn:q"',
  ],
  ...[' xmlns:a="urn:q" xmlns:b="urn:q" a:x="1" b:x="2"', ' xmlns:a="urn:q" a:x="1"', ' xmlns:b="urn:z" a:x="1"'],
  ...['<x></x>', '<x/>', '<q:x xmlns:q="urn:q"></q:x>', '<x xmlns="urn:q"></x>', '<x>', '</x>', '<x >', '</x >'],
  ...['<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"></ds:Signature>', '<?xml version="1.0"?>'],
  ...[[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0x80], [0], [0xef, 0xbf, 0xbe], [0xe5]],
];

/** The bytes with one to three damages; half of them where markup starts or ends. */
export function damaged(bytes: Buffer, random: SeededRandom): Buffer {
  let result = bytes;
  for (let i = random.below(3); i >= 0; i -= 1) result = damagedOnce(result, random);
  return result;
}

function damagedOnce(bytes: Buffer, random: SeededRandom): Buffer {
  const at = placeIn(bytes, random);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  const length = 1 + random.below(random.next() < 0.7 ? 4 : 60);
  switch (random.below(8)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 1:
      return Buffer.concat([before, after.subarray(length)]);
    case 2:
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 3:
      return replaced(bytes, random);
    default: {
      const piece = pieces[random.below(pieces.length)] ?? '';
      const inserted = typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece);
      return Buffer.concat([before, inserted, after.subarray(random.next() < 0.3 ? length : 0)]);
    }
  }
}

function placeIn(bytes: Buffer, random: SeededRandom): number {
  const at = random.below(bytes.length);
  if (random.next() < 0.4) return at;
  const mark = bytes.indexOf(['<', '>', ' ', '"', '</'][random.below(5)] ?? '<', at);
  return mark < 0 ? at : mark + random.below(2);
}

const replacements: readonly (readonly [from: RegExp, to: string])[] = [
  [/ ([\w:]+="[^"]*") ([\w:]+="[^"]*")/u, ' $2 $1'],
  [/="([^"]*)"/u, "='$1'"],
  [/><\/[\w:]+>/u, '/>'],
  [/<([\w:]+)>([^<]*)<\/[\w:]+>/u, '<$1>$2</$1 >'],
  [/<([\w:]+)>([^<]*)<\/[\w:]+>/u, '<$1></$1>'],
  [/<([\w:]+)>([^<]*)<\/[\w:]+>/u, '<$1> $2 </$1>'],
  [/<([\w:]+)>([^<]*)<\/[\w:]+>/u, '$&$&'],
  [/<([\w:]+)>([^<]*)<\/[\w:]+>/u, ''],
  [/<([\w:]+)>([^<]*)<\/[\w:]+>\n?<([\w:]+)>([^<]*)<\/[\w:]+>/u, '<$3>$4</$3><$1>$2</$1>'],
  [/<([\w]+):([\w]+)>([^<]*)<\/[\w:]+>/u, '<q:$2 xmlns:q="urn:q">$3</q:$2>'],
  [/ (xmlns(?::\w+)?)="([^"]*)"/u, ' $1="$2x"'],
  [/\n</u, '\r\n<'],
  [/\n</u, '<'],
  [/>([^<]+)</u, '>&#$&<'],
];

/** One of the changes of form above, at the first place after a random one where it can be made. */
function replaced(bytes: Buffer, random: SeededRandom): Buffer {
  const [from, to] = replacements[random.below(replacements.length)] ?? [/^/u, ''];
  const text = bytes.toString('latin1');
  const at = random.below(text.length);
  return Buffer.from(text.slice(0, at) + text.slice(at).replace(from, to), 'latin1');
}
