/** A certificate authority for tests, and server certificates from it. Needs `openssl`. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Authority {
  /** Its own certificate: what clients are to trust. A file in PEM form. */
  readonly file: string;
  /** Makes a key and a certificate for a server with these names, as files in PEM form. */
  issue(names: readonly string[]): ServerCertificate;
}

export interface ServerCertificate {
  /** The certificate of the authority that gave it. */
  readonly authority: string;
  readonly key: string;
  readonly certificate: string;
}

const NEW_KEY = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];

/** @param folder an existing folder for the files. */
export function createAuthority(folder: string, name: string): Authority {
  const path = (file: string) => join(folder, `${name}-${file}`);
  const file = path('ca.pem');
  openssl('req', '-x509', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', path('ca.key'), '-out', file);
  let issued = 0;
  return {
    file,
    issue(names) {
      issued += 1;
      const [key, request, certificate, extensions] = ['key', 'csr', 'pem', 'ext'].map((end) =>
        path(`${issued}.${end}`),
      ) as [string, string, string, string];
      const alternatives = names.map((each) => (/^[\d.]+$/.test(each) ? `IP:${each}` : `DNS:${each}`));
      writeFileSync(extensions, `subjectAltName=${alternatives.join(',')}\n`);
      openssl('req', ...NEW_KEY.slice(0, 3), '-subj', `/CN=${names[0]}`, '-keyout', key, '-out', request);
      const authority = ['-CA', file, '-CAkey', path('ca.key'), '-CAcreateserial'];
      openssl(
        'x509',
        '-req',
        '-days',
        '2',
        '-in',
        request,
        ...authority,
        '-extfile',
        extensions,
        '-out',
        certificate,
      );
      return { authority: file, key, certificate };
    },
  };
}

function openssl(...args: string[]): void {
  try {
    execFileSync('openssl', args, { stdio: 'pipe' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(
        'these tests make certificates with `openssl`, which is not here: apt-get install openssl',
      );
    }
    throw error;
  }
}
