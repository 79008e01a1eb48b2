/** Icons, drawn with lines in the colour of the text. */

const PATHS = {
  add: 'M12 5v14M5 12h14',
  ascending: 'M12 19V5m-6 6 6-6 6 6',
  charts: 'M4 20V4m0 16h16M9 16v-5m5 5V7m5 9v-7',
  close: 'M6 6l12 12M18 6 6 18',
  delete: 'M4 7h16M9 7V4h6v3m-8 0 1 13h8l1-13M10 11v5m4-5v5',
  descending: 'M12 5v14m-6-6 6 6 6-6',
  download: 'M12 4v11m-5-4 5 5 5-5M5 20h14',
  edit: 'M4 20h4L19 9l-4-4L4 16v4Zm9-13 4 4',
  filter: 'M4 5h16l-6 8v6l-4-2v-4L4 5Z',
  history: 'M4 12a8 8 0 1 0 3-6.2M4 4v4h4m4 0v4l3 2',
  keyboard: 'M3 7h18v10H3V7Zm4 3h.01M11 10h.01M15 10h.01M17.5 10h.01M8 14h8',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
  more: 'M12 6h.01M12 12h.01M12 18h.01',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-8 8c1-4 5-5 8-5s7 1 8 5',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4 4',
  undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  upload: 'M12 16V5m-5 5 5-5 5 5M5 20h14',
  warning: 'M12 4 2.5 20h19L12 4Zm0 6v4m0 3h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
