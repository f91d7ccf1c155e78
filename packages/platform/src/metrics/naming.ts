/** How a metric is named: `reeve_<area>_<what>_<unit>`; a counter ends in `_total`. */
export interface MetricName {
  /** The module it belongs to, such as `hub` or `http`. */
  readonly area: string;
  /** snake_case; of a counter what was counted (`leases_granted`), of anything else what is measured (`queue_wait`). */
  readonly what: string;
}

/** Base units of Prometheus, and countable things (`tasks`, `connections`); never `ms`, `percent` or `kb`. */
export type MetricUnit = 'seconds' | 'bytes' | 'ratio' | 'dollars' | (string & {});

const part = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const derivedUnits = new Set([
  'ms',
  'milliseconds',
  'microseconds',
  'minutes',
  'percent',
  'kb',
  'mb',
  'kilobytes',
  'megabytes',
]);

/** @throws Error for a name that breaks the rule: it would be found only when someone looks for it in vain. */
export function metricName({ area, what }: MetricName, unit: MetricUnit): string {
  for (const name of [area, what, unit])
    if (!part.test(name)) throw new Error(`metric part "${name}" must be snake_case in lower case`);
  if (derivedUnits.has(unit) || derivedUnits.has(what.slice(what.lastIndexOf('_') + 1)))
    throw new Error(
      `metric reeve_${area}_${what}_${unit} must use a base unit: seconds, bytes, ratio, or what it counts`,
    );
  return `reeve_${area}_${what}_${unit}`;
}
