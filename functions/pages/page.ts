import type { Reply } from '../api/route.ts';
import { type Html, html } from './html.ts';
import { style, styleSource } from './style.ts';

export interface Page {
  readonly title: string;
  readonly main: Html;
  readonly statusCode?: number;
  readonly cookies?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Its form leads on to another program's address, which a browser would otherwise not follow. */
  readonly leadsAway?: boolean;
}

/**
 * Nothing is kept, framed or loaded from elsewhere. The referrer is told to this origin alone: with none at all, a
 * browser would not say where a form comes from, which is what `sentByThisSite` looks at.
 */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

function policy(formAction: string): string {
  return [
    "default-src 'none'",
    `style-src ${styleSource}`,
    'img-src data:',
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(formAction === '' ? [] : [`form-action ${formAction}`]),
  ].join('; ');
}

/** A page of the platform, as a route's answer. It needs no script. */
export function page({
  title,
  main,
  statusCode = 200,
  cookies = [],
  headers,
  leadsAway,
}: Page): Reply<string> {
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Windsock</title>
<link rel="icon" href="data:,">
`;
  return {
    statusCode,
    cookies,
    headers: {
      ...pageHeaders,
      'content-security-policy': policy(leadsAway === true ? '' : "'self'"),
      ...headers,
    },
    body: `${text.text}<style>${style}</style>
</head>
<body>
<header>Windsock</header>
<main>
${main.text}
</main>
</body>
</html>
`,
  };
}

/** Leads the browser on, with a GET. */
export function leadTo(location: string, cookies: readonly string[] = []): Reply<string> {
  return {
    statusCode: 303,
    body: '',
    cookies,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' },
  };
}
