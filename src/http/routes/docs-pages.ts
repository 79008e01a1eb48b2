/** The HTML of the pages under `/docs`. */

import { PROBLEM_TYPES, type ProblemCode } from '../contract/problem-texts.ts';

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
${body}
</body>
</html>
`;
}

/** Swagger UI on `/openapi.json`. */
export function referencePage(): string {
  return page(
    'Cars API',
    `<main id="reference"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>`,
  );
}

/** The page's script. Without the validator badge, which would send a request to another host. */
export const START_SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
`;

/** What a problem type means and how to fix it. */
export function problemPage(code: ProblemCode): string {
  const { status, title, cause, howToFix } = PROBLEM_TYPES[code];
  return page(
    `${title} (${code})`,
    `<main class="swagger-ui"><div class="wrapper"><div class="info">
<h1 class="title">${title}</h1>
<p><code>${code}</code>, status ${status}</p>
<h2>Cause</h2>
<p>${escapeHtml(cause)}</p>
<h2>How to fix it</h2>
<p>${escapeHtml(howToFix)}</p>
<p><a href="/docs">API reference</a></p>
</div></div></main>`,
  );
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
