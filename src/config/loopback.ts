/** Addresses and names that lead to this machine only. */

/** Names of this machine (RFC 6761, section 6.3), with any port: another one may be forwarded to ours. */
const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])(?::\d*)?$/i;

/** @param host an address to listen on, an IPv6 address without brackets. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Whether a request names this machine. Without authentication, listening on loopback keeps other
 * machines out, but not a page in a browser here: its site can resolve its own name to 127.0.0.1
 * (DNS rebinding). The browser then still sends that name.
 * @param host the Host header, with or without a port.
 */
export function namesThisMachine(host: string): boolean {
  if (LOOPBACK.test(host)) return true;
  // Another way to write an IPv6 address.
  const url = host.startsWith('[') ? URL.parse(`http://${host}`) : null;
  return url?.hostname === '[::1]';
}
