// Tables of the report: numbers stay numbers until they are written.

export interface Table {
  readonly title: string;
  /** What was done and how to read it. */
  readonly notes: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Three significant digits are more than the noise allows; whole numbers are counts and stay whole. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Number.isInteger(value)) return groupThousands(String(value));
  const size = Math.abs(value);
  return size >= 100 ? groupThousands(value.toFixed(0)) : value.toFixed(size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

function groupThousands(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

const cell = (value: string | number) =>
  (typeof value === 'number' ? formatNumber(value) : value).replaceAll('|', '\\|');

export function renderTable({ title, notes, columns, rows }: Table): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cell).join(' | ')} |`;
  const table = [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)];
  return [`### ${title}`, '', ...notes.flatMap((note) => [note, '']), ...table, ''].join('\n');
}
