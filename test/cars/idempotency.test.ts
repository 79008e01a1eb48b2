/** The rule of the idempotency key: which keys are equal, and which cars. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarError } from '../../src/cars/car-error.ts';
import { replay, storedKey } from '../../src/cars/idempotency.ts';

const stored = { brand: 'Volkswagen', id: 7, model: 'Golf', version: 1, year: 2018 };

describe('a key that was used before', () => {
  it('returns the first answer for the same car', () => {
    const fields = { year: 2018, model: 'Golf', brand: 'Volkswagen' };
    expect(replay(stored, fields)).toEqual({ car: stored, replayed: true });
  });

  it.each([{ brand: 'volkswagen' }, { model: 'Golf ' }, { year: 2019 }])(
    'is refused for a car with %j',
    (other) => {
      const { brand, model, year } = { ...stored, ...other };
      expect(() => replay(stored, { brand, model, year })).toThrow(new CarError('idempotency-key-reused'));
    },
  );
});

describe('two keys', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'A', ' ', '0', '\\', ':'), maxLength: 3 });
  const key = fc.record({ caller: part, key: part });

  it('are stored as one only if both the client and the key are equal', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const equal = one.caller === other.caller && one.key === other.key;
        expect(storedKey(one) === storedKey(other)).toBe(equal);
      }),
      { seed: 1886, numRuns: 2000 },
    );
  });
});
