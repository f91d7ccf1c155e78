/** Units as Grafana calls them: requests and counts per second, a share 0..1, seconds, bytes, a plain number. */
export type PanelUnit = 'reqps' | 'cps' | 'percentunit' | 's' | 'bytes' | 'short';

export interface PanelQuery {
  /** PromQL over the metrics of `/metrics`. */
  readonly expression: string;
  /** Of each line; `{{label}}` stands for the value of a label. */
  readonly legend: string;
}

/** One question, and the lines that answer it. */
export interface Panel {
  readonly title: string;
  /** What to read from it. */
  readonly description: string;
  readonly unit: PanelUnit;
  readonly queries: readonly PanelQuery[];
}

export interface PanelRow {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  /** Also names its file and its address in Grafana. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly rows: readonly PanelRow[];
}
