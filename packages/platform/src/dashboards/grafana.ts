import type { Dashboard, Panel, PanelQuery } from './dashboard.ts';

/** Version of Grafana's own format for dashboards; newer ones read it. */
const schemaVersion = 39;
/** Width of a dashboard, in its own grid. */
const gridWidth = 24;
const panelSize = { w: 8, h: 8 };
const datasource = { type: 'prometheus', uid: '${datasource}' };

/** The dashboard as Grafana imports it; which Prometheus it reads is chosen there. */
export function grafanaDashboard({ name, title, description, rows }: Dashboard): object {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: rowAt(y),
    });
    y += 1;
    for (const [index, panel] of row.panels.entries()) panels.push(panelAt(panel, panels.length + 1, index, y));
    y += Math.ceil(row.panels.length / perLine) * panelSize.h;
  }
  return {
    uid: `reeve-${name}`,
    title,
    description,
    tags: ['reeve'],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    annotations: { list: [] },
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {}, hide: 0 },
      ],
    },
    panels,
  };
}

const perLine = gridWidth / panelSize.w;

function rowAt(y: number) {
  return { x: 0, y, w: gridWidth, h: 1 };
}

function panelAt({ title, description, unit, queries }: Panel, id: number, index: number, y: number): object {
  const gridPos = {
    x: (index % perLine) * panelSize.w,
    y: y + Math.floor(index / perLine) * panelSize.h,
    ...panelSize,
  };
  return {
    id,
    type: 'timeseries',
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(targetOf),
  };
}

function targetOf({ expression, legend }: PanelQuery, index: number): object {
  const refId = String.fromCharCode('A'.charCodeAt(0) + index);
  return { refId, datasource, expr: expression, legendFormat: legend, range: true };
}
