/** Splits SQL into its statements. */

/** Strings, names and executable comments; other comments; a semicolon; any other character. */
const TOKENS =
  /('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|\/\*(?:!|\+|M!).*?\*\/)|(--(?=\s|$)[^\n]*|#[^\n]*|\/\*.*?\*\/)|(;)|./gs;

/** The statements of a MySQL text, without comments and without the semicolons between them. */
export function splitStatements(sql: string): string[] {
  const statements = [''];
  for (const [token, , comment, semicolon] of sql.matchAll(TOKENS)) {
    if (semicolon !== undefined) statements.push('');
    else statements.push(statements.pop() + (comment === undefined ? token : ' '));
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}
