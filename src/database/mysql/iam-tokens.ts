/**
 * Tokens of AWS IAM, which replace the password. Each is signed in this process, without a request
 * to the database or to IAM. All connections share one, because RDS limits the rate of logins with
 * different ones (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html).
 */

import { TIMING } from './timing.ts';

export interface IamToken {
  readonly text: string;
  /** By the monotonic clock of this process, in milliseconds. */
  readonly signedAt: number;
}

export interface IamTokens {
  /** Returns the current token, or a new one. Rejects without AWS credentials. */
  get(): Promise<IamToken>;
  /** Makes `get` sign a new one, because the server rejected this one. */
  discard(token: IamToken): void;
}

/** Who signs in where: a token is valid for that only. */
export interface IamUser {
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly region: string;
}

/** @param sign signs a new token; by default with the credentials that AWS's SDK finds. */
export function createIamTokens(user: IamUser, sign = signWithSdk): IamTokens {
  let current: Promise<IamToken> | undefined;
  let signedAt = Number.NEGATIVE_INFINITY;

  function renew(): Promise<IamToken> {
    signedAt = performance.now();
    const at = signedAt;
    const renewed = sign(user).then((text) => ({ text, signedAt: at }));
    renewed.catch(() => {
      if (current === renewed) current = undefined;
    });
    current = renewed;
    return renewed;
  }

  return {
    get: () => {
      const isOld = performance.now() - signedAt > TIMING.token;
      return current === undefined || isOld ? renew() : current;
    },
    discard: (token) => {
      if (token.signedAt === signedAt) current = undefined;
    },
  };
}

/** The signer is loaded only when it is used, because it is large. */
async function signWithSdk(user: IamUser): Promise<string> {
  const { Signer } = await import('@aws-sdk/rds-signer');
  return new Signer(user).getAuthToken();
}
