/**
 * Which `traceparent` fields are valid (https://www.w3.org/TR/trace-context/#traceparent-header).
 */

import { expect, it } from 'vitest';
import { parseTraceParent } from '../../src/observability/trace-parent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it.each([
  ['the example of the standard', `00-${TRACE}-${SPAN}-01`, 1],
  ['a trace that is not sampled', `00-${TRACE}-${SPAN}-00`, 0],
  ['a later version with more fields', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, 1],
])('parses %s', (_, field, flags) => {
  expect(parseTraceParent(field)).toEqual({ traceId: TRACE, spanId: SPAN, flags });
});

it.each([
  undefined,
  '',
  'nonsense',
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01-more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `cc-${TRACE}-${SPAN}-01.`,
  `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
  ` 00-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01\n`,
  [`00-${TRACE}-${SPAN}-01`],
])('rejects %j', (field) => {
  expect(parseTraceParent(field)).toBeUndefined();
});
