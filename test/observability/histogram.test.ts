/** Histograms as Prometheus reads them: buckets that add up, from whatever was observed. */

import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createHistogram } from '../../src/observability/histogram.ts';

it('counts a value in each bucket whose bound it does not pass, for each series apart', async () => {
  const registry = new Registry();
  const series = createHistogram({ name: 'size', help: 'Sizes.', bounds: [1, 2.5] }, registry);
  const [small, large] = [series({ of: 'small' }), series({ of: 'large' })];
  for (const value of [0, 1, 2]) small.observe(value);
  large.observe(99);
  expect(await registry.metrics()).toBe(`# HELP size Sizes.
# TYPE size histogram
size_bucket{le="1",of="small"} 2
size_bucket{le="2.5",of="small"} 3
size_bucket{le="+Inf",of="small"} 3
size_sum{of="small"} 3
size_count{of="small"} 3
size_bucket{le="1",of="large"} 0
size_bucket{le="2.5",of="large"} 0
size_bucket{le="+Inf",of="large"} 1
size_sum{of="large"} 99
size_count{of="large"} 1
`);
});
