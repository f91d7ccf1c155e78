import { readFileSync } from 'node:fs';
import type { RawRoute } from '../route.ts';

/** Nothing from elsewhere, nothing inline, no frame around it: the page holds a key while it is open. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const parts = [
  { path: '/docs', file: 'page.html', type: 'text/html; charset=utf-8' },
  { path: '/docs/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { path: '/docs/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
] as const;

/** `GET /docs`: the operations of this server to read, search and try, made in the browser from `/openapi.json`. */
export function apiPageRoutes(): RawRoute[] {
  return parts.map(({ path, file, type }) => {
    let text: string | undefined;
    return {
      name: 'docs.show',
      method: 'GET',
      path,
      access: 'public',
      handle(_request, reply) {
        text ??= readFileSync(new URL(file, import.meta.url), 'utf8');
        return reply
          .type(type)
          .header('Content-Security-Policy', policy)
          .header('Referrer-Policy', 'no-referrer')
          .header('Cache-Control', 'no-cache')
          .send(text);
      },
    };
  });
}
