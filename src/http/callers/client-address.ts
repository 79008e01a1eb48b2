/** The address from which a request came: what callers without a name are told apart by. */

import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';

/**
 * An IPv4 address, or the /64 network of an IPv6 address, which is what one customer gets: counted singly, its 2^64
 * addresses would be as many callers.
 * @param proxies how many proxies add to X-Forwarded-For. Each appends whom it heard from, so from the right the entries of
 * ours can be trusted, and whatever stands left of them anybody can have made up.
 */
export function clientAddress({ headers, socket }: IncomingMessage, proxies: number): string {
  const field = proxies === 0 ? '' : String(headers['x-forwarded-for'] ?? '');
  const [told = ''] = field.split(',').slice(-proxies);
  return networkOf(withoutPort(told.trim())) ?? networkOf(socket.remoteAddress ?? '') ?? 'unknown';
}

/** Some proxies append the port as well. */
function withoutPort(text: string): string {
  const [, v4, v6] = /^(?:([\d.]+)(?::\d+)?|\[(.+)\](?::\d+)?)$/.exec(text) ?? [];
  return v4 ?? v6 ?? text;
}

/** Undefined for what is no address. */
function networkOf(text: string): string | undefined {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return undefined;
  const [before = [], after = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...after];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
