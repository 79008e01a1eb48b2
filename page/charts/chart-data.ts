/** What the charts show, counted by the service: the cars that the filter allows, by brand and by year. */

import { type Count, countBy, type Filter } from '../api/cars.ts';

/** Brands in the first chart, and lines in the third. */
const BRANDS = 15;
const LINES = 6;

/** The most that the service counts in one request. */
const ALL = 1000;

export interface ChartData {
  readonly brands: readonly Count[];
  /** Without gaps. */
  readonly years: readonly Count<number>[];
  /** Of the brands with the most cars, the cars of each of the years. */
  readonly trend: readonly { readonly brand: string; readonly counts: readonly number[] }[];
}

/** One request at a time. */
export async function readChartData(filter: Filter, signal: AbortSignal): Promise<ChartData> {
  const brands = await countBy('brand', filter, BRANDS, signal);
  const years = fillGaps(await countYears(filter, signal));
  const trend: { brand: string; counts: number[] }[] = [];
  for (const { value } of brands.slice(0, LINES)) {
    const brand = String(value);
    const counts = new Map(
      (await countYears({ ...filter, brand: [brand] }, signal)).map(({ value, cars }) => [value, cars]),
    );
    trend.push({ brand, counts: years.map((year) => counts.get(year.value) ?? 0) });
  }
  return { brands, years, trend };
}

async function countYears(filter: Filter, signal: AbortSignal): Promise<Count<number>[]> {
  const counts = await countBy('year', filter, ALL, signal);
  return counts.map(({ value, cars }) => ({ value: Number(value), cars })).sort((a, b) => a.value - b.value);
}

/** A year without cars has a place on the axis too. */
function fillGaps(counts: readonly Count<number>[]): Count<number>[] {
  const [first, last] = [counts[0]?.value ?? 0, counts.at(-1)?.value ?? -1];
  const cars = new Map(counts.map(({ value, cars: count }) => [value, count]));
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    value: first + index,
    cars: cars.get(first + index) ?? 0,
  }));
}
