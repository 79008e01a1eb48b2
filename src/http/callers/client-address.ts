/** Identifies clients: by name, or by the address that a request came from. */

import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { callerOf } from './caller.ts';

/** Identifies the client of a request, once access control has decided. */
export type ClientOf = (request: FastifyRequest) => string;

/** No caller's name has a blank, so no name equals an address. */
export function addressOf(request: FastifyRequest, proxies: number): string {
  return `address ${clientAddress(request.raw, proxies)}`;
}

export function createClientOf(proxies: number): ClientOf {
  return (request) => callerOf(request).name || addressOf(request, proxies);
}

/**
 * An IPv4 address, or the /64 network of an IPv6 address: one customer gets a whole network, with 2^64 addresses.
 * @param proxies how many proxies append to X-Forwarded-For the address they received the request from. That many
 * entries from the right can be trusted; a client can forge the others.
 */
export function clientAddress({ headers, socket }: IncomingMessage, proxies: number): string {
  const field = proxies === 0 ? '' : String(headers['x-forwarded-for'] ?? '');
  const [forwarded = ''] = field.split(',').slice(-proxies);
  return networkOf(withoutPort(forwarded.trim())) ?? networkOf(socket.remoteAddress ?? '') ?? 'unknown';
}

/** Some proxies append the port as well. */
function withoutPort(text: string): string {
  const [, v4, v6] = /^(?:([\d.]+)(?::\d+)?|\[(.+)\](?::\d+)?)$/.exec(text) ?? [];
  return v4 ?? v6 ?? text;
}

/** Undefined if the text is no address. */
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
