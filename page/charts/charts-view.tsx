/** Charts of the cars that the filter allows. */

import { useEffect, useMemo, useState } from 'preact/hooks';
import { isAbort } from '../api/problem.ts';
import { pause } from '../api/send.ts';
import { deletionCount } from '../edit/deletions.ts';
import { reloads } from '../list/car-list.ts';
import { LoadingError, NoMatch } from '../list/list-view.tsx';
import { filterBy, filterKey, view } from '../state/view.ts';
import { isolate } from '../texts/isolate.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import { StateMessage } from '../ui/state-message.tsx';
import { ChartPanel, type Drawing } from './chart.tsx';
import { type ChartData, readChartData } from './chart-data.ts';
import { colourOf, SERIES, schemeChanges } from './colours.ts';

export function ChartsView() {
  const words = texts.value;
  const { data, isStale, error, retry } = useChartData();
  if (error !== undefined) return <LoadingError error={error} retry={retry} />;
  if (data === undefined) return <div class="starting" role="status" aria-label={words.loading} />;
  if (data.years.length === 0) {
    if (filterKey.value !== '') return <NoMatch />;
    return <StateMessage icon="charts" title={words.chart.none} />;
  }
  return <Charts data={data} isStale={isStale} />;
}

/** Longer names would leave no room for a chart. Its table shows them. */
const MAX_NAME = 20;

function shortName(name: string): string {
  const characters = [...name];
  return isolate(characters.length > MAX_NAME ? `${characters.slice(0, MAX_NAME - 1).join('')}…` : name);
}

/** Milliseconds without a change, after which charts are read again. */
const SETTLED = 500;

function useChartData() {
  const [loaded, setLoaded] = useState<{ readonly data: ChartData; readonly version: string }>();
  const [error, setError] = useState<unknown>();
  const [attempt, setAttempt] = useState(0);
  /** Differs whenever other cars may match. */
  const version = `${reloads.value} ${deletionCount.value} ${filterKey.value}`;
  useEffect(() => {
    const abort = new AbortController();
    setError(undefined);
    // Several changes in a row, such as deletions, are read once.
    pause(loaded === undefined ? 0 : SETTLED, abort.signal)
      .then(() => readChartData(view.peek().filter, abort.signal))
      .then(
        (data) => setLoaded({ data, version }),
        (reason: unknown) => {
          if (!isAbort(reason)) setError(reason);
        },
      );
    return () => abort.abort();
  }, [version, attempt]);
  return {
    data: loaded?.data,
    isStale: loaded?.version !== version,
    error,
    retry: () => setAttempt(attempt + 1),
  };
}

function Charts({ data: { brands, years, trend }, isStale }: { data: ChartData; isStale: boolean }) {
  const { chart: words, fields } = texts.value;
  const scheme = schemeChanges.value;
  const yearNames = years.map(({ value }) => String(value));
  const selectBrand = (index: number) =>
    filterBy({ brand: brands.slice(index, index + 1).map(({ value }) => String(value)) });
  const selectYear = (index: number) =>
    filterBy({
      year: years.slice(index, index + 1).map(({ value }) => value),
      yearMin: undefined,
      yearMax: undefined,
    });

  const drawings = useMemo(() => {
    const bars = (names: string[], counts: number[], isHorizontal: boolean): Drawing => ({
      type: 'bar',
      isHorizontal,
      data: {
        labels: names.map(shortName),
        datasets: [
          {
            label: words.count,
            data: counts,
            backgroundColor: colourOf('--accent'),
            borderRadius: 3,
            maxBarThickness: 28,
          },
        ],
      },
    });
    const lines: Drawing = {
      type: 'line',
      data: {
        labels: yearNames,
        datasets: trend.map(({ brand, counts }, index) => {
          const colour = colourOf(SERIES[index] ?? '--text');
          return {
            label: shortName(brand),
            data: [...counts],
            borderColor: colour,
            backgroundColor: colour,
            borderWidth: 2,
            pointRadius: years.length > 1 ? 0 : 4,
            tension: 0.25,
          };
        }),
      },
    };
    return {
      brands: bars(
        brands.map(({ value }) => String(value)),
        brands.map(({ cars }) => cars),
        true,
      ),
      years: bars(
        yearNames,
        years.map(({ cars }) => cars),
        false,
      ),
      trend: lines,
    };
  }, [brands, years, trend, scheme, words]);

  return (
    <div class={`charts ${isStale ? 'stale' : ''}`} aria-busy={isStale}>
      <ChartPanel
        title={words.brands}
        class="tall"
        drawing={drawings.brands}
        select={selectBrand}
        table={<CountTable name={fields.brand} rows={brands} select={selectBrand} />}
      />
      <ChartPanel
        title={words.years}
        drawing={drawings.years}
        select={selectYear}
        table={<CountTable name={fields.year} rows={years} select={selectYear} />}
      />
      <ChartPanel
        title={words.trend}
        drawing={drawings.trend}
        table={
          <table>
            <thead>
              <tr>
                <th scope="col">{fields.year}</th>
                {trend.map(({ brand }) => (
                  <th key={brand} scope="col">
                    {brand}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {years.map(({ value }, index) => (
                <tr key={value}>
                  <th scope="row">{value}</th>
                  {trend.map(({ brand, counts }) => (
                    <td key={brand}>{formatNumber(counts[index] ?? 0)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        }
      />
    </div>
  );
}

interface CountTableProps {
  readonly name: string;
  readonly rows: readonly { readonly value: string | number; readonly cars: number }[];
  readonly select: (index: number) => void;
}

function CountTable({ name, rows, select }: CountTableProps) {
  const { chart: words, filter } = texts.value;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{name}</th>
          <th scope="col">{words.count}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ value, cars }, index) => (
          <tr key={value}>
            <th scope="row">
              <button
                type="button"
                class="link"
                aria-label={filter.use(String(value))}
                onClick={() => select(index)}
              >
                {value}
              </button>
            </th>
            <td>{formatNumber(cars)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
