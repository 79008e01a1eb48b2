/** How the errors of MySQL and its driver are translated into those of the domain. */

import { describe, expect, it } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import {
  ConnectionFault,
  errnoOf,
  isConnectionFault,
  isConnectionLost,
  toCarError,
} from '../../src/database/mysql/errors.ts';

/** As the driver makes them: an answer of the server has its number. */
const serverError = (errno: number) =>
  Object.assign(new Error('said the server'), { errno, sqlState: 'HY000' });

/**
 * As the driver makes them: an error of the socket has the system's negative number, and is fatal.
 */
const lostConnection = () =>
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, fatal: true });

describe('an error of MySQL', () => {
  it.each([
    1021, 1040, 1044, 1045, 1049, 1053, 1114, 1129, 1130, 1142, 1146, 1203, 1205, 1213, 1226, 1290, 1317,
    1792, 1836, 1927, 1969, 3024, 3169, 3572,
  ])('with the number %i becomes `unavailable`, because nothing was applied', (errno) => {
    const error = serverError(errno);
    expect(toCarError(error)).toEqual(new CarError('unavailable', { cause: error }));
    expect(toCarError(error).cause).toBe(error);
  });

  it.each([1048, 1054, 1062, 1064, 1264, 1366, 1406, 3819])(
    'with the number %i is an internal error',
    (errno) => {
      const error = serverError(errno);
      expect(toCarError(error)).toBe(error);
    },
  );

  it.each([
    ['of the socket', lostConnection()],
    ['of ours, who gave it up', new ConnectionFault('no answer')],
  ])('that lost the connection, %s, becomes `unavailable`', (_, error) => {
    expect(toCarError(error)).toMatchObject({ code: 'unavailable', cause: error });
  });

  it('that is a CarError already is returned as it is', () => {
    const error = new CarError('version-mismatch');
    expect(toCarError(error)).toBe(error);
  });

  it('becomes an Error even if something else was thrown', () => {
    expect(toCarError('oops')).toEqual(new Error('oops'));
  });

  it('has a number only if the server answered', () => {
    expect(errnoOf(serverError(1062))).toBe(1062);
    for (const other of [lostConnection(), new Error('x'), undefined, null, 'x', { errno: 1062 }]) {
      expect(errnoOf(other)).toBeUndefined();
    }
  });

  it('counts as a lost connection only if the driver marks it as fatal', () => {
    expect(isConnectionLost(lostConnection())).toBe(true);
    for (const other of [serverError(1205), new Error('x'), undefined, 'x', { fatal: true }]) {
      expect(isConnectionLost(other)).toBe(false);
    }
  });

  it.each([1053, 1290, 1792, 1836, 1927, 3169])(
    'with the number %i puts its connection in doubt: the server ends, or is no longer the one to write to',
    (errno) => {
      expect(isConnectionFault(serverError(errno))).toBe(true);
      expect(isConnectionFault(toCarError(serverError(errno)))).toBe(true);
    },
  );

  it('retires its connection if the connection was lost, even during a commit', () => {
    expect(isConnectionFault(lostConnection())).toBe(true);
    expect(isConnectionFault(new ConnectionFault('no answer'))).toBe(true);
    expect(isConnectionFault(new CarError('outcome-unknown', { cause: lostConnection() }))).toBe(true);
  });

  it('does not retire its connection if it is about a statement or a row', () => {
    for (const errno of [1062, 1064, 1205, 1213, 1317, 3024, 3572]) {
      expect(isConnectionFault(serverError(errno))).toBe(false);
    }
    expect(isConnectionFault(new CarError('car-not-found'))).toBe(false);
  });
});
