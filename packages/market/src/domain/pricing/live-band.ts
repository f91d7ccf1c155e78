/** What a node took in and how busy it was: as a replay says, or as it is. */
export interface LiveFigures {
  readonly revenuePerHourMicroUsd: bigint;
  /** 0..1 */
  readonly utilisation: number;
}

/** Which figure is further from the prediction than so many percent of it, in words; undefined when none is. */
export function outOfBand(predicted: LiveFigures, live: LiveFigures, bandPercent: number): string | undefined {
  const [was, is] = [Number(predicted.revenuePerHourMicroUsd), Number(live.revenuePerHourMicroUsd)];
  if (isOutside(was, is, bandPercent)) return `revenue of ${is} micro-USD an hour, predicted were ${was}`;
  if (!isOutside(predicted.utilisation, live.utilisation, bandPercent)) return undefined;
  return `utilisation of ${percent(live.utilisation)}, predicted were ${percent(predicted.utilisation)}`;
}

function isOutside(predicted: number, live: number, bandPercent: number): boolean {
  return Math.abs(live - predicted) * 100 > predicted * bandPercent;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
