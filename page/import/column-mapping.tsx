/** The first rows of a file, and which of its columns is which field. */

import { FIELD_NAMES } from '../api/cars.ts';
import { formatNumber, texts } from '../texts/texts.ts';
import type { Mapping, Table } from './table.ts';

const PREVIEWED = 5;

interface ColumnMappingProps {
  readonly table: Table;
  readonly mapping: Mapping;
  readonly change: (mapping: Mapping) => void;
}

export function ColumnMapping({ table, mapping, change }: ColumnMappingProps) {
  const { import: words, fields } = texts.value;
  return (
    <>
      <p class="file-name">
        <strong>{table.name}</strong>{' '}
        <span class="muted">{words.rows(table.rows.length, formatNumber(table.rows.length))}</span>
      </p>
      <fieldset class="mapping">
        <legend class="visually-hidden">{words.columns}</legend>
        {FIELD_NAMES.map((field) => (
          <label key={field} class="field">
            <span class="label">{fields[field]}</span>
            <select
              class="input"
              aria-label={words.columnFor(fields[field])}
              value={mapping[field] ?? ''}
              onChange={({ currentTarget: { value } }) =>
                change({ ...mapping, [field]: value === '' ? undefined : Number(value) })
              }
            >
              <option value="">{words.notChosen}</option>
              {table.columns.map((name, index) => (
                <option key={index} value={index}>
                  {name.trim() === '' ? `${index + 1}` : name}
                </option>
              ))}
            </select>
          </label>
        ))}
      </fieldset>
      <table class="preview" aria-label={words.preview}>
        <thead>
          <tr>
            <th scope="col">{words.line}</th>
            {FIELD_NAMES.map((field) => (
              <th key={field} scope="col">
                {fields[field]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.slice(0, PREVIEWED).map(({ line, values, fault }) => (
            <tr key={line}>
              <td class="muted">{formatNumber(line)}</td>
              {fault === undefined ? (
                FIELD_NAMES.map((field) => <td key={field}>{show(values, mapping[field])}</td>)
              ) : (
                <td colSpan={FIELD_NAMES.length} class="error-text">
                  {words[fault]}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function show(values: readonly unknown[], column: number | undefined): string {
  const value = column === undefined ? '' : values[column];
  return typeof value === 'string' ? value : JSON.stringify(value ?? '');
}
