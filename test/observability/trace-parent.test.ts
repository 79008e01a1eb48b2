/** Which `traceparent` is believed (https://www.w3.org/TR/trace-context/#traceparent-header). */

import { expect, it } from 'vitest';
import { parseTraceParent } from '../../src/observability/trace-parent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

it.each([
  ['as the standard shows it', `00-${TRACE}-${SPAN}-01`, 1],
  ['that is not sampled', `00-${TRACE}-${SPAN}-00`, 0],
  ['of a later version, with more behind it', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, 1],
])('takes one %s', (_, field, flags) => {
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
])('begins a trace of its own for %j', (field) => {
  expect(parseTraceParent(field)).toBeUndefined();
});
