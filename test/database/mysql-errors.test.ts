/** How the errors of MySQL and its driver are translated into those of the domain. */

import { describe, expect, it } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import {
  errnoOf,
  isConnectionFault,
  isConnectionLost,
  isHarmless,
  mayBeApplied,
  NoAnswerError,
  toCarError,
} from '../../src/database/mysql/errors.ts';

/** As the driver makes them: an answer of the server has its number and its SQLSTATE. */
const serverError = (errno: number, sqlState = 'HY000') =>
  Object.assign(new Error('said the server'), { errno, sqlState });

/**
 * As the driver makes them: an error of the socket has the system's negative number, and is fatal.
 */
const lostConnection = () =>
  Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', errno: -104, fatal: true });

describe('an error of MySQL', () => {
  it.each([
    // Listed ones whose SQLSTATE has the class of a wrong statement.
    [1044, '42000'],
    [1045, '28000'],
    [1049, '42000'],
    [1130, 'HY000'],
    [1142, '42000'],
    [1143, '42000'],
    [1146, '42S02'],
    [1203, '42000'],
    [1226, '42000'],
    [1227, '42000'],
    // The server's state, by their SQLSTATE.
    [1020, 'HY000'],
    [1021, 'HY000'],
    [1026, 'HY000'],
    [1030, 'HY000'],
    [1040, '08004'],
    [1041, 'HY000'],
    [1047, '08S01'],
    [1053, '08S01'],
    [1105, 'HY000'],
    [1114, 'HY000'],
    [1129, 'HY000'],
    [1180, 'HY000'],
    [1205, 'HY000'],
    [1206, 'HY000'],
    [1213, '40001'],
    [1290, 'HY000'],
    [1297, 'HY000'],
    [1317, '70100'],
    [1412, 'HY000'],
    [1637, 'HY000'],
    [1792, '25006'],
    [1836, 'HY000'],
    [1927, '70100'],
    [1969, '70100'],
    [3024, 'HY000'],
    [3032, 'HY000'],
    [3100, 'HY000'],
    [3101, '40000'],
    [3169, 'HY000'],
    [3572, 'HY000'],
    [9001, 'HY000'],
    // One that nobody has thought of.
    [65_000, 'HY000'],
    [65_000, 'XX123'],
  ])('with the number %i and the SQLSTATE %s becomes `unavailable`', (errno, sqlState) => {
    const error = serverError(errno, sqlState);
    expect(toCarError(error)).toEqual(new CarError('unavailable', { cause: error }));
    expect(toCarError(error).cause).toBe(error);
  });

  it.each([
    [1048, '23000'],
    [1054, '42S22'],
    [1062, '23000'],
    [1064, '42000'],
    [1136, '21S01'],
    [1153, '08S01'],
    [1264, '22003'],
    [1265, '01000'],
    [1366, 'HY000'],
    [1366, '22007'],
    [1406, '22001'],
    [1644, '45000'],
    [3819, 'HY000'],
    [4025, '23000'],
    [65_000, '42999'],
  ])('with the number %i and the SQLSTATE %s is an internal error', (errno, sqlState) => {
    const error = serverError(errno, sqlState);
    expect(toCarError(error)).toBe(error);
  });

  it.each([
    ['of the socket', lostConnection()],
    ['of ours, who gave it up', new NoAnswerError(1500, false)],
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
    expect(errnoOf(serverError(1062, '23000'))).toBe(1062);
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

  it.each([1047, 1053, 1290, 1792, 1836, 1927, 3032, 3100, 3169])(
    'with the number %i puts its connection in doubt: the server ends, or is no longer the one to write to',
    (errno) => {
      expect(isConnectionFault(serverError(errno))).toBe(true);
      expect(isConnectionFault(toCarError(serverError(errno)))).toBe(true);
    },
  );

  it('retires its connection if the connection was lost, even during a commit', () => {
    expect(isConnectionFault(lostConnection())).toBe(true);
    expect(isConnectionFault(new NoAnswerError(1500, false))).toBe(true);
    expect(isConnectionFault(new NoAnswerError(60, true))).toBe(false);
    expect(isConnectionFault(new CarError('outcome-unknown', { cause: lostConnection() }))).toBe(true);
  });

  it('does not retire its connection if it is about a statement or a row', () => {
    for (const errno of [1062, 1064, 1205, 1213, 1317, 3024, 3572]) {
      expect(isConnectionFault(serverError(errno))).toBe(false);
    }
    expect(isConnectionFault(new CarError('car-not-found'))).toBe(false);
  });

  it.each([
    ['harmless', 1062, '23000', true],
    ['harmless', 1205, 'HY000', true],
    ['harmless', 1213, '40001', true],
    ['harmless', 1264, '22003', true],
    ['harmless', 3024, 'HY000', true],
    ['a reason to retire its connection', 1030, 'HY000', false],
    ['a reason to retire its connection', 1064, '42000', false],
    ['a reason to retire its connection', 1180, 'HY000', false],
    ['a reason to retire its connection', 65_000, 'XX123', false],
  ])('is %s if its number is %i', (_, errno, sqlState, expected) => {
    expect(isHarmless(serverError(errno, sqlState))).toBe(expected);
    expect(isHarmless(toCarError(serverError(errno, sqlState)))).toBe(expected);
  });

  it.each([
    [1180, 'HY000', true],
    [1317, '70100', true],
    [65_000, 'XX123', true],
    [1047, '08S01', false],
    [1062, '23000', false],
    [1142, '42000', false],
    [1205, 'HY000', false],
    [1213, '40001', false],
    [1290, 'HY000', false],
    [3100, 'HY000', false],
    [3101, '40000', false],
  ])(
    'with the number %i and the SQLSTATE %s during the commit means that the write may have been applied: %s',
    (errno, sqlState, may) => {
      expect(mayBeApplied(serverError(errno, sqlState), true)).toBe(may);
      expect(mayBeApplied(serverError(errno, sqlState), false)).toBe(false);
    },
  );

  it('that lost the connection leaves open whether the write was applied, whatever was sent', () => {
    expect(mayBeApplied(lostConnection(), false)).toBe(true);
  });
});
