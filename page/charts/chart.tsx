/** A chart, drawn by Chart.js, with a table that shows the same. */

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  type ChartConfiguration,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from 'chart.js';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatNumber, language, texts } from '../texts/texts.ts';
import { colourOf, schemeChanges } from './colours.ts';

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

type Kind = 'bar' | 'line';

export interface Drawing {
  readonly type: Kind;
  readonly data: ChartConfiguration<Kind, number[], string>['data'];
  readonly isHorizontal?: boolean;
}

interface ChartPanelProps {
  readonly title: string;
  readonly class?: string;
  readonly drawing: Drawing;
  /** Called with the index of a bar that is clicked. */
  readonly select?: (index: number) => void;
  readonly table: ComponentChildren;
}

export function ChartPanel({ title, class: name = '', drawing, select, table }: ChartPanelProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { chart: words } = texts.value;
  const scheme = schemeChanges.value;

  useEffect(() => {
    if (canvas.current === null) return;
    const chart = new Chart(canvas.current, configure(drawing, select));
    return () => chart.destroy();
  }, [drawing, scheme, language.value]);

  return (
    <section class={`chart ${name}`}>
      <h2>{title}</h2>
      {select !== undefined && <p class="hint">{words.select}</p>}
      <div class="canvas">
        <canvas ref={canvas} role="img" aria-label={title} />
      </div>
      <details>
        <summary>{words.asTable}</summary>
        <div class="chart-table">{table}</div>
      </details>
    </section>
  );
}

function configure(
  { type, data, isHorizontal = false }: Drawing,
  select: ((index: number) => void) | undefined,
): ChartConfiguration<Kind, number[], string> {
  const [text, muted, line, raised] = ['--text', '--muted', '--line', '--raised'].map(colourOf);
  const values = {
    beginAtZero: true,
    border: { display: false },
    grid: { color: line },
    ticks: { color: muted, precision: 0, maxTicksLimit: 6 },
  };
  const names = {
    border: { color: line },
    grid: { display: false },
    ticks: { color: muted, autoSkip: !isHorizontal, maxRotation: 0 },
  };
  return {
    type,
    data,
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      locale: language.peek(),
      indexAxis: isHorizontal ? 'y' : 'x',
      interaction: { mode: 'index', intersect: false, axis: isHorizontal ? 'y' : 'x' },
      scales: isHorizontal ? { x: values, y: names } : { x: names, y: values },
      onClick: (_event, [element]) => element && select?.(element.index),
      onHover: ({ native }, elements) => {
        if (native?.target instanceof HTMLElement)
          native.target.style.cursor = select !== undefined && elements.length > 0 ? 'pointer' : 'default';
      },
      plugins: {
        legend: {
          display: data.datasets.length > 1,
          position: 'bottom',
          labels: { color: text, usePointStyle: true, pointStyle: 'line', boxWidth: 24, padding: 16 },
        },
        tooltip: {
          backgroundColor: raised,
          titleColor: text,
          bodyColor: text,
          borderColor: line,
          borderWidth: 1,
          padding: 10,
          itemSort: (a, b) => Number(b.raw) - Number(a.raw),
          callbacks: { label: ({ dataset, raw }) => ` ${dataset.label}: ${formatNumber(Number(raw))}` },
        },
      },
    },
  };
}
