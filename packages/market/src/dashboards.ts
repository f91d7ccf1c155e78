import type { PanelRow } from '@reeve/platform';

/** What the gateway is looked at for by those whose requests it serves. */
export const marketBusinessPanels: readonly PanelRow[] = [
  {
    title: 'Models',
    panels: [
      {
        title: 'Requests by model',
        description: 'Answered within the hour before; the ten models that are asked most.',
        unit: 'short',
        queries: [
          { expression: 'topk(10, sum by (model) (increase(reeve_gateway_requests_total[1h])))', legend: '{{model}}' },
        ],
      },
      {
        title: 'Requests served',
        description: 'Share of the requests to each model that got their whole answer.',
        unit: 'percentunit',
        queries: [
          {
            expression:
              'sum by (model) (increase(reeve_gateway_requests_total{outcome="served"}[1h])) / (sum by (model) (increase(reeve_gateway_requests_total[1h])) > 0)',
            legend: '{{model}}',
          },
        ],
      },
      {
        title: 'First chunk of an answer',
        description: 'From the request to the first chunk of its stream.',
        unit: 's',
        queries: [0.5, 0.95].map((quantile) => ({
          expression: `histogram_quantile(${quantile}, sum by (le) (rate(reeve_gateway_first_chunk_seconds_bucket[5m])))`,
          legend: `P${quantile * 100}`,
        })),
      },
    ],
  },
];
