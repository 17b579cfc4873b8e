/** Addresses of servers that stand for one another: `scheme://user@host:1,host:2/rest`, as libpq writes them. */

/** One address for each host, in the order of the text; of a text with one host, that text. */
export function addressesOf(url: string): readonly [string, ...string[]] {
  const [, before = '', hosts = '', after = ''] = /^([a-z]+:\/\/(?:[^@/?#]*@)?)([^/?#]*)(.*)$/su.exec(url) ?? [];
  const [first, ...others] = hosts.split(',').map((host) => before + host + after);
  return first === undefined || others.length === 0 ? [url] : [first, ...others];
}
