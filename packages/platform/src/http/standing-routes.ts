import { errorCatalogue, NotFound } from '@reeve/kernel';
import type { Metrics } from '../metrics/index.ts';
import { errorPage } from '../api/errors-page.ts';
import { apiPageRoutes } from './api-page/routes.ts';
import type { Health } from './health.ts';
import type { RawRoute } from './route.ts';

export interface StandingComponents {
  readonly health: Health;
  readonly metrics: Metrics;
  /** The OpenAPI document as JSON text; asked for when somebody first wants it. */
  readonly openApi: () => string;
}

/** What every server answers besides its operations. */
export function standingRoutes({ health, metrics, openApi }: StandingComponents): RawRoute[] {
  return [
    ...apiPageRoutes(),
    {
      // Only that the loop runs: a process that cannot reach its database is not helped by a restart.
      name: 'health.live',
      method: 'GET',
      path: '/health/live',
      access: 'open',
      handle: (_request, reply) => reply.type('application/json').send('{"live":true}'),
    },
    {
      name: 'health.ready',
      method: 'GET',
      path: '/health/ready',
      access: 'open',
      async handle(_request, reply) {
        const { ready, reasons } = await health.look();
        return reply
          .code(ready ? 200 : 503)
          .type('application/json')
          .send(JSON.stringify({ ready, reasons }));
      },
    },
    {
      name: 'metrics.scrape',
      method: 'GET',
      path: '/metrics',
      access: 'public',
      handle: async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
    },
    {
      name: 'openapi.show',
      method: 'GET',
      path: '/openapi.json',
      access: 'public',
      handle: (_request, reply) => reply.type('application/json').send(openApi()),
    },
    {
      name: 'errors.show',
      method: 'GET',
      path: '/errors/{code}',
      access: 'public',
      handle(request, reply) {
        const { code } = request.params as { code: string };
        const kind = errorCatalogue().find((entry) => entry.code === code);
        if (!kind) throw NotFound.error(`there is no error with the code ${JSON.stringify(code)}`);
        return reply.type('text/markdown; charset=utf-8').send(errorPage(kind));
      },
    },
  ];
}
