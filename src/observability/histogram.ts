/**
 * Histograms for the registry of prom-client, whose series are held by whoever observes. Its own look a series up by a text made of its
 * labels, for each value anew: more work than all else that is done to watch a request.
 */

import type { Metric, Registry } from 'prom-client';

export interface Series {
  observe(value: number): void;
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds of the buckets, ascending, without infinity. */
  readonly bounds: readonly number[];
}

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName: string;
}

/** Returns what makes a series; labels must come from closed sets, and each set of labels once only. */
export function createHistogram(
  { name, help, bounds }: HistogramOptions,
  registry: Registry,
): (labels: Labels) => Series {
  const all: (() => Sample[])[] = [];
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: async () => ({ name, help, type: 'histogram', values: all.flatMap((samples) => samples()) }),
  };
  // All that the registry asks of a metric; its types want the library's own classes.
  registry.registerMetric(metric as unknown as Metric);

  return (labels) => {
    /** How many values fell into each bucket; the last has no bound. */
    const counts = new Array<number>(bounds.length + 1).fill(0);
    let sum = 0;
    all.push(() => {
      let below = 0;
      const buckets = counts.map((count, index): Sample => {
        below += count;
        return {
          labels: { le: bounds[index] ?? '+Inf', ...labels },
          value: below,
          metricName: `${name}_bucket`,
        };
      });
      return [
        ...buckets,
        { labels, value: sum, metricName: `${name}_sum` },
        { labels, value: below, metricName: `${name}_count` },
      ];
    });
    return {
      observe(value) {
        let bucket = 0;
        while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
        counts[bucket] = (counts[bucket] as number) + 1;
        sum += value;
      },
    };
  };
}
